"""The comparison as a page of Markdown: a table a set, the honest figure first."""

import shlex
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence

from auricle.experiments.comparison.measurements import Row, current
from auricle.experiments.comparison.systems import (
    AS_EVALUATED,
    HONEST,
    Comparison,
    Line,
    Recordings,
)
from auricle.experiments.cross_validation import SCORES

_HEAD = """\
# Results: systems side by side on real recordings

Written by `auricle results`, which measures what is missing, was configured otherwise or was
measured on other recordings. `conf/results/default.yaml` says what is compared,
[results.csv](results.csv) has a row a job. Balanced accuracy, counted as
[evaluation.md](evaluation.md) says: mean over test folds of the mean over seeds and, in brackets,
the standard deviation over folds. The fold after the test fold validates, the others train: nothing
is trained, tuned or stopped on what tests. The design of the finer network is older than this table
and was chosen in [a study](study.md) that had the free recordings of music and speech, and ESC-50's
fold 3, in view; how long it trains here was set once and not tuned.

**As it was evaluated** stands apart: windows (recordings, where a window is a whole one) are dealt
to the sides at random, whoever made them, and where an original validated on its test set, so does
this. Mean and standard deviation over as many such splits as there are seeds. It is not to be had
on other recordings, and it learns from more of them: 70 to 80 % of all, where an honest line learns
from all folds but two. Where an original was judged otherwise than so, its claim below says it.
`conf/experiment/` says what was mended, and why.
"""


def page_of(settings: Comparison, rows: Sequence[Row]) -> str:
    """Give the page of what was measured; what was not is said, with what it needs."""
    parts = [_HEAD]
    by_set: dict[str, list[Line]] = defaultdict(list)
    for line in settings.lines():
        by_set[line.of].append(line)
    for of, lines in by_set.items():
        parts.append(_section(of, lines[0].recordings, lines, rows))
    claims = [
        f"- **{system.title}**: {system.claim}."
        for system in settings.each_system.values()
        if system.claim
    ]
    parts.append("\n".join(["## What the originals claim", "", *claims, ""]))
    return "\n".join(parts)


def _section(of: str, recordings: Recordings, lines: Sequence[Line], rows: Sequence[Row]) -> str:
    found = {(line.name, line.protocol): current(line, rows) for line in lines}
    text = [f"## {_upper(recordings.title)}", "", recordings.says]
    if honest := [line for line in lines if line.protocol == HONEST and found[line.name, HONEST]]:
        text[-1] += f" {_counted(found[honest[0].name, HONEST])}"
        text += ["", *_table(recordings.level, honest, found)]
    if missing := [line for line in lines if not found[line.name, line.protocol]]:
        unknown = {line.name for line in missing if line.protocol == HONEST}
        systems = "; ".join(
            line.system.title + ("" if line.protocol == HONEST else f" {AS_EVALUATED}")
            for line in missing
            if line.protocol == HONEST or line.name not in unknown
        )
        lacking = "not measured yet" if honest else f"needs {recordings.title}"
        command = (
            f"{recordings.remedy} && {shlex.join(['auricle', 'results', f'results.only=[{of}]'])}"
        )
        text += ["", f"{systems}: {lacking}: `{command}`"]
    return "\n".join([*text, ""])


def _table(
    level: str, honest: Sequence[Line], found: Mapping[tuple[str, str], Sequence[Row]]
) -> list[str]:
    """Give a line a system, the best first by what is compared on this set."""
    levels = list(dict.fromkeys((level, *SCORES)))
    head = ["system", *(f"by {name}" for name in levels), "as it was evaluated", "parameters"]
    table = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for line in sorted(honest, key=lambda line: -_score(found[line.name, HONEST], level)[0]):
        rows = found[line.name, HONEST]
        cells = [line.system.title, *(_cell(rows, name) for name in levels)]
        cells += [_cell(found.get((line.name, AS_EVALUATED), []), level)]
        table.append(f"| {' | '.join(cells)} | {rows[0].parameters:,} |")
    return table


def _counted(rows: Sequence[Row]) -> str:
    folds = sorted({row.split for row in rows}, key=lambda fold: (len(fold), fold))
    seeds = len({row.seed for row in rows})
    return f"Folds {', '.join(folds)}, {seeds} seed{'s' * (seeds > 1)} each."


def _score(rows: Sequence[Row], level: str) -> tuple[float, float | None]:
    """Mean over splits of the mean over seeds, and standard deviation over splits, if several."""
    by_split: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        by_split[row.split].append(getattr(row, level))
    means = [statistics.fmean(values) for values in by_split.values()]
    return statistics.fmean(means), statistics.stdev(means) if len(means) > 1 else None


def _cell(rows: Sequence[Row], level: str) -> str:
    if not rows:
        return ""
    mean, sd = _score(rows, level)
    return f"{mean:.3f}" if sd is None else f"{mean:.3f} ({sd:.3f})"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
