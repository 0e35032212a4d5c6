"""The table for people: a line a set, ours beside the baselines and the goal."""

import statistics
from collections.abc import Callable, Sequence

from benchmarks.own_sounds.measured import Measured
from benchmarks.own_sounds.sets import ROWS

_BASELINES = {
    "svm": "segments + SVM",
    "logistic": "log-mel + logistic",
    "forest": "random forest",
}
_MARGIN, _HIGH = 0.03, 0.92
_HEAD = """\
# Own sounds: the untouched default beside fixed baselines

Written by `python -m benchmarks.own_sounds`; [own_sounds.csv](own_sounds.csv) has a row a run.
Balanced accuracy by recording, of recordings of just one label whose speakers, performers or
sources were not learned from: mean over folds and seeds ± standard deviation over seeds and, in
brackets, over folds.
"""
_EXPLAINED = """\
The baselines learn from what trains and what validates ("learned"). **Segments + SVM**: mean and
standard deviation of 20 MFCCs over five equal segments, scaled, `SVC(C=10)`. **Log-mel +
logistic**: mean of 64 bands in dB, scaled, `LogisticRegression`. **Random forest**: 500 trees on
the features of the first. All hear 16 kHz, mono; the rest is librosa's and scikit-learn's default.
**Commonest**: always the label that most recordings have.

**Goal**: three points above the best baseline, or a third of its errors where that has .92 or more.
**Named**: share of the test recordings, the mean over labels, of which the listener says the right
label at least once and no other. **False/h**: events an hour of labels that a recording has not,
over all test recordings. Seconds are wall time, of the stage that trains and of all five: an upper
bound, where the machine did other work beside. **Code**: digest of `src/auricle` and `conf`.
"""


def in_short(run: Measured) -> str:
    """Return a run in a line."""
    others = ", ".join(f"{label} {getattr(run, name):.3f}" for name, label in _BASELINES.items())
    return f"ours {run.ours:.3f}, {others} ({run.total_s:.0f} s)"


def page(runs: Sequence[Measured]) -> str:
    """Return the page: the table, what it counts, and what each set is."""
    sets = {run.set for run in runs}
    about = [f"- `{name}`: {row.about}" for name, row in ROWS.items() if name in sets]
    return "\n".join([_HEAD, *table(runs), "", _EXPLAINED, *about, ""])


def table(runs: Sequence[Measured]) -> list[str]:
    """Return the lines of the table; of each set, those of the code that was measured last."""
    head = ["set", "learned / tested", "ours", *_BASELINES.values(), "commonest", "goal"]
    head += ["reached", "named", "false/h", "train s", "all s", "folds x seeds", "code"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name in ROWS:
        mine = [run for run in runs if run.set == name]
        if mine := [run for run in mine if run.version == mine[-1].version]:
            lines.append(f"| {' | '.join(_cells(mine))} |")
    return lines


def _cells(runs: Sequence[Measured]) -> list[str]:
    wanted = goal(max(_mean(runs, name) for name in _BASELINES))
    return [
        runs[0].set,
        f"{_mean(runs, 'learned'):.0f} / {_mean(runs, 'tested'):.0f}",
        *(_spread(runs, name) for name in ("ours", *_BASELINES)),
        f"{_mean(runs, 'commonest'):.3f}",
        f"{wanted:.3f}",
        "yes" if _mean(runs, "ours") >= wanted - 1e-9 else "no",
        _spread(runs, "named"),
        *(f"{_mean(runs, name):.0f}" for name in ("false_per_h", "train_s", "total_s")),
        f"{len({run.fold for run in runs})} x {len({run.seed for run in runs})}",
        runs[0].version,
    ]


def goal(best: float) -> float:
    """Return what ours must reach beside the best baseline."""
    return best + _MARGIN if best < _HIGH else 1 - (1 - best) / 3


def _spread(runs: Sequence[Measured], name: str) -> str:
    """Return mean ± standard deviation over seeds (and over folds), where there are several."""
    seeds = _deviation(runs, name, lambda run: run.seed)
    folds = _deviation(runs, name, lambda run: run.fold)
    return (
        f"{_mean(runs, name):.3f}"
        + ("" if seeds is None else f" ± {seeds:.3f}")
        + ("" if folds is None else f" ({folds:.3f})")
    )


def _deviation(
    runs: Sequence[Measured], name: str, by: Callable[[Measured], object]
) -> float | None:
    values = [_mean([run for run in runs if by(run) == one], name) for one in {*map(by, runs)}]
    return statistics.stdev(values) if len(values) > 1 else None


def _mean(runs: Sequence[Measured], name: str) -> float:
    return statistics.fmean(getattr(run, name) for run in runs)
