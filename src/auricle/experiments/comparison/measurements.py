"""Measuring lines of the comparison: a sweep each, a row a job in a table that is kept."""

import csv
import dataclasses
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auricle.core.compose import compose, quoted, to_plain
from auricle.core.csv_table import write_table
from auricle.core.errors import AuricleError
from auricle.core.project import ProjectPaths
from auricle.datasets.clips import read_clips
from auricle.experiments.comparison.systems import HONEST, Comparison, Line
from auricle.experiments.cross_validation import VERBS, crossed, side_by_side, value_of
from auricle.experiments.sweep import sweep
from auricle.pipeline.window_cache import listed

# What is configured and decides a line's figures; where the recordings lie does not.
_GROUPS = ("dataset", "preprocess", "features", "augment", "network", "train")


@dataclass(frozen=True)
class Row:
    """What one job gave: balanced accuracy by window, second and clip of one fold and seed."""

    set: str
    system: str
    protocol: str
    configuration: str
    recordings: str
    split: str
    seed: int
    window: float
    second: float
    clip: float
    parameters: int
    seconds: int


_COLUMNS = {field.name: field.type for field in dataclasses.fields(Row)}


def read_rows(path: Path) -> list[Row]:
    """Read the table; there is none before the first line is measured.

    Raises
    ------
    AuricleError
        It is not such a table.
    """
    if not path.is_file():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [
                Row(**{name: kind(row[name]) for name, kind in _COLUMNS.items()})  # type: ignore[operator]
                for row in csv.DictReader(file)
            ]
    except (KeyError, TypeError, ValueError) as error:
        raise AuricleError(f"{path} is damaged ({error!r}): restore or remove it") from error


def save_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write the table whole, sorted, so that a line's new figures change no other."""
    ordered = sorted(rows, key=lambda row: (row.set, row.system, row.protocol, row.split, row.seed))
    write_table(path, list(_COLUMNS), [dataclasses.astuple(row) for row in ordered])


def current(line: Line, rows: Sequence[Row]) -> list[Row]:
    """Rows of a line that were measured as it is configured now."""
    key = (line.of, line.name, line.protocol)
    mine = [row for row in rows if (row.set, row.system, row.protocol) == key]
    # Composing takes longer than all the rest: not for lines that were never measured.
    configuration = configuration_of(line) if mine else ""
    return [row for row in mine if row.configuration == configuration]


def configuration_of(line: Line) -> str:
    """Short hash of what is configured and decides a line's figures, besides seeds and folds."""
    composed = to_plain(compose("config", line.overrides))
    return _short_hash([composed[group] for group in _GROUPS])


def measure(settings: Comparison, more: Sequence[str]) -> list[str]:
    """Measure the lines that are wanted and not known yet; give what went wrong, a line each.

    A line is known where all its jobs are, with this configuration and these recordings. `more` are
    overrides of how it is done (tracking, say), which change no figure.
    """
    path, failed = Path(settings.table), []
    for line in settings.lines():
        if not settings.wanted(line) or line.recordings.place is None:
            continue
        name = f"{line.recordings.title}, {line.system.title}, {line.protocol}"
        try:
            rows = read_rows(path)
            found = _measured(line, rows, settings.jobs, more, name)
        except AuricleError as error:
            failed.append(f"{name}: {error}")
            continue
        except SystemExit:  # Hydra's, which has said why
            failed.append(f"{name}: its jobs could not be run")
            continue
        if found:
            key = (line.of, line.name, line.protocol)
            others = [row for row in rows if (row.set, row.system, row.protocol) != key]
            save_rows(path, [*others, *found])
    return failed


def _measured(
    line: Line, rows: Sequence[Row], jobs: int, more: Sequence[str], name: str
) -> list[Row]:
    """Rows of a line's jobs, which are run; none where all of them are known."""
    recordings = line.recordings
    place, key = recordings.place, recordings.place_key
    where = [f"{key}={quoted(place)}"] if key and place else []
    overrides = [*line.overrides, *where, *more]
    clips = read_clips(listed(compose("config", overrides), ProjectPaths(Path())))
    heard = _short_hash(sorted([clip.sha256, clip.fold, *clip.labels] for clip in clips))
    if line.protocol == HONEST:
        cross = [f"cross_validation.seeds={recordings.seeds}", f"cross_validation.jobs={jobs}"]
        swept, wanted = crossed([*overrides, *cross])
    else:
        dealt = "dataset.split_seed=" + ",".join(map(str, recordings.seeds))
        swept = [*overrides, *side_by_side(overrides, jobs), dealt]
        wanted = len(recordings.seeds)
    known = [row for row in current(line, rows) if row.recordings == heard]
    if {row.seed for row in known} == set(recordings.seeds) and len(known) == wanted:
        return []
    sys.stderr.write(f"results: {name}\n")
    done = sweep(f"results {line.of} {line.name}", VERBS, swept)
    if done.failed or len(done.rows) < wanted:
        reason = done.failed[0]["error"] if done.failed else "some jobs did not end"
        raise AuricleError(f"{reason} ({done.folder})")
    configuration = configuration_of(line)
    return [_row(line, configuration, heard, row) for row in done.rows]


def _row(line: Line, configuration: str, recordings: str, job: dict[str, Any]) -> Row:
    if line.protocol == HONEST:
        (fold,) = value_of(job, "dataset.test_folds")
        split, seed = str(getattr(fold, "text", fold)), value_of(job, "train.seed")
    else:
        seed = value_of(job, "dataset.split_seed")
        split = str(seed)
    numbers = job["numbers"]
    return Row(
        line.of,
        line.name,
        line.protocol,
        configuration,
        recordings,
        split,
        seed,
        round(numbers["window"], 4),
        round(numbers["second"], 4),
        round(numbers["clip"], 4),
        int(numbers["parameters"]),
        round(job["seconds"]),
    )


def _short_hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
