"""The tables and pictures of an evaluation, for `dvc plots`, MLflow and whoever reads CSV."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from auricle.core.csv_table import write_table
from auricle.evaluation import plots
from auricle.evaluation.cases import LEVELS
from auricle.evaluation.metrics import Interval
from auricle.evaluation.reliability import BINS
from auricle.evaluation.results import Results
from auricle.evaluation.selective_prediction import COVERAGES
from auricle.evaluation.subgroups import Subgroup
from auricle.report.charts import save_png

_BOUNDS = ("", "_low", "_high")


def write_plots(
    results: Results,
    curves: dict[str, dict[str, Any]],
    charts: dict[str, Any],
    folder: Path,
) -> None:
    """Fill a folder with a CSV a question, and the charts as PNG."""
    _confusion(results, folder / "confusion.csv")
    for name, x, y in (
        ("roc", "false_positive_rate", "true_positive_rate"),
        ("precision_recall", "recall", "precision"),
    ):
        rows = [
            (label, *map(_short, point))
            for label, found in curves.items()
            for point in zip(found[x], found[y], strict=True)
        ]
        write_table(folder / f"{name}.csv", ("label", x, y), rows)
    write_table(
        folder / "reliability.csv",
        ("label", "bin_low", "bin_high", "cases", "mean_probability", "frequency"),
        (
            (label, i / BINS, (i + 1) / BINS, found.cases[i], *map(_short, pair))
            for label, found in results.reliability.items()
            for i, pair in enumerate(zip(found.mean, found.frequency, strict=True))
            if found.cases[i]
        ),
    )
    write_table(
        folder / "risk_coverage.csv",
        ("coverage", *_bounded(results.risk)),
        (
            (coverage, *_values(curve.risks[i] for curve in results.risk.values()))
            for i, coverage in enumerate(COVERAGES)
        ),
    )
    for kind, (name, _) in plots.SWEEPS.items():
        write_table(
            folder / f"{name}.csv",
            (kind, *_bounded(("window", "second"))),
            (
                (
                    f"{swept.condition.value:g}",
                    *_values(swept.balanced[level] for level in ("window", "second")),
                )
                for swept in results.sweep(kind)
            ),
        )
    write_table(
        folder / "past.csv",
        ("context_s", *_bounded(("window",))),
        ((f"{seen.context_s:g}", *_values((seen.balanced,))) for seen in results.context_lengths),
    )
    _both(results, folder / "both.csv")
    _trade_off(results, folder / "trade_off.csv")
    _false_events(results, folder / "false_events.csv")
    for name, parts in (
        ("class", results.classes),
        ("source", results.sources),
        ("group", results.groups),
    ):
        _parts(folder / f"by_{name}.csv", name, parts)
    _ranking(results, folder / "ranking.csv")
    _worst(results, folder / "worst.csv")
    for name, figure in charts.items():
        stem = {**plots.SWEEPS, "both_db": ("both", "")}.get(name, (name, ""))[0]
        save_png(figure, folder / f"{stem}.png")
    save_png(plots.draw_confusion(results), folder / "confusion.png")


def _confusion(results: Results, path: Path) -> None:
    """One row a window, as `dvc plots` wants its confusion matrix."""
    cases, labels = results.test_set.one_label("window"), results.test_set.classes
    rows = [(labels[t], labels[a]) for t, a in zip(cases.truth, cases.answer, strict=True)]
    write_table(path, ("actual", "predicted"), rows)


def _both(results: Results, path: Path) -> None:
    write_table(
        path,
        ("both_db", *_bounded(("named", "recall"))),
        ((f"{each.ratio_db:g}", *_values((each.named, each.recall))) for each in results.mixtures),
    )


def _trade_off(results: Results, path: Path) -> None:
    """Write the test's curve and validation's one below the other; both have the same grid."""
    write_table(
        path,
        ("label", "split", "threshold", "false_events_per_hour", "named"),
        (
            (label, split, *map(_short, point))
            for label, found in results.threshold_curves.items()
            for split, points in (("test", found.test), ("validation", found.validation))
            for point in points
        ),
    )


def _false_events(results: Results, path: Path) -> None:
    write_table(
        path,
        ("labels", "source", "recordings", "hours", "label", *_bounded(("per_hour",))),
        (
            (
                found.labels,
                found.source,
                found.recordings,
                _short(found.hours),
                label,
                *_values((value,)),
            )
            for found in results.false_events
            for label, value in found.per_hour.items()
        ),
    )


def _parts(path: Path, name: str, parts: Iterable[Subgroup]) -> None:
    write_table(
        path,
        (name, "labels", "clips", "groups", "windows", *_bounded(LEVELS)),
        (
            (
                part.name,
                part.labels,
                part.clips,
                part.groups,
                part.windows,
                *(text for level in LEVELS for text in part.bounded(level)),
            )
            for part in parts
        ),
    )


def _ranking(results: Results, path: Path) -> None:
    write_table(
        path,
        ("level", "label", *_bounded(("average_precision", "roc_auc"))),
        (
            (level, label, *_values((found.average_precision, found.roc_auc)))
            for level, ranked in results.rankings.items()
            for label, found in ranked.items()
        ),
    )


def _worst(results: Results, path: Path) -> None:
    write_table(
        path,
        ("path", "group", "labels", "clip_answer", "belief", "start_s", "end_s"),
        (
            (w.path, w.group, w.labels, w.answer, _short(w.belief), w.start_s, w.end_s)
            for w in results.hardest
        ),
    )


def _bounded(names: Iterable[str]) -> list[str]:
    return [f"{name}{bound}" for name in names for bound in _BOUNDS]


def _values(intervals: Iterable[Interval]) -> list[str]:
    return [_short(value) for i in intervals for value in (i.value, i.low, i.high)]


def _short(value: float) -> str:
    return f"{value:.6g}"
