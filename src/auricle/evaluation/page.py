"""The report of an evaluation: one page, for a person."""

import json
from pathlib import Path
from typing import Any

from auricle.evaluation import figures, words
from auricle.evaluation.abstention import COVERAGES
from auricle.evaluation.counting import LEVELS
from auricle.evaluation.files import write_plots
from auricle.evaluation.naive import Pair
from auricle.evaluation.others import STILL_NAMED
from auricle.evaluation.parts import Part
from auricle.evaluation.ranking import curves
from auricle.evaluation.results import Results
from auricle.evaluation.worst import Worst, excerpt
from auricle.files import whole_folder, write_text
from auricle.metrics import Interval
from auricle.report.charts import svg
from auricle.report.page import Chart, Table, render
from auricle.report.sound import audio_uri
from auricle.report.words import percent

_PARTS_SHOWN = 10


def write_report(results: Results, dataset: Path, folder: Path) -> list[Path]:
    """Write `report.html` and `plots/` into a folder; give the paths of all files.

    Parameters
    ----------
    dataset
        What preparation told of the data; it may be missing.
    """
    drawn = {
        label: found
        for i, label in enumerate(results.judged.labels)
        if (found := curves(results.judged.cases["second"], i))
    }
    charts = {
        "roc": figures.draw_roc(results, drawn),
        "precision_recall": figures.draw_precision_recall(results, drawn),
        "reliability": figures.draw_reliability(results),
        "risk_coverage": figures.draw_risk_coverage(results),
        **{
            kind: figures.draw_sweep(results, kind)
            for kind in figures.SWEEPS
            if results.sweep(kind)
        },
    }
    if results.past:
        charts["past"] = figures.draw_past(results)
    if results.both:
        charts["both_db"] = figures.draw_both(results)
    if results.traded:
        charts["trade_off"] = figures.draw_trade_off(results)
    with whole_folder(folder / "plots") as plots:
        write_plots(results, drawn, charts, plots)
    about = _dataset(dataset)
    text = render(
        Path(__file__).with_name("page.html"),
        results=results,
        bundle=results.judged.bundle,
        words=words,
        levels=LEVELS,
        pair=results.pair if isinstance(results.pair, Pair) else None,
        charts={name: _chart(results, name, figure) for name, figure in charts.items()},
        shares={level: figures.confusion_shares(results, level) for level in LEVELS},
        tables=_tables(results) | _data(about),
        worst=[(clip, _audio(clip, results)) for clip in results.worst],
        dataset=about,
    )
    write_text(folder / "report.html", text)
    return [folder / "report.html", *sorted((folder / "plots").iterdir())]


def _chart(results: Results, name: str, figure: Any) -> Chart:
    title, sentence = words.of_chart(results, name)
    return Chart(name, title, sentence, svg(figure, name), _numbers(results, name))


def _numbers(results: Results, name: str) -> list[Table]:
    """Give what a chart shows as a table, where it is short enough to be read."""
    if name in figures.SWEEPS:
        rows = [
            [f"{each.condition.value:g}", *(str(each.balanced[level]) for level in each.balanced)]
            for each in results.sweep(name)
        ]
        rows.append(["as it is", *(str(results.balanced[n]) for n in ("window", "second"))])
        return [Table("Balanced accuracy", [figures.SWEEPS[name][1], "window", "second"], rows)]
    if name == "past":
        seen = [[f"{each.context_s:g}", str(each.balanced)] for each in results.past]
        return [Table("Balanced accuracy of windows", ["seconds heard", "balanced accuracy"], seen)]
    if name == "both_db":
        return [_both(results)]
    if name == "risk_coverage":
        rows = [
            [f"{coverage:.0%}", *(str(curve.at(coverage)) for curve in results.risk.values())]
            for coverage in (1.0, 0.9, 0.8, 0.5)
            if coverage in COVERAGES
        ]
        rows.append(["mean over all", *(str(curve.area) for curve in results.risk.values())])
        return [Table("Share of answers wrong", ["answered", *results.risk], rows)]
    return []


def _both(results: Results) -> Table:
    leading = [label for label in results.judged.labels if label in results.both[0].leading]
    return Table(
        "Windows of mixtures, at the bundle's thresholds",
        ["dB", "both named", "recall", *(f"both, {label} above the other" for label in leading)],
        [
            [
                words.signed(each.ratio_db),
                str(each.named),
                str(each.recall),
                *(str(each.leading[label]) for label in leading),
            ]
            for each in sorted(results.both, key=lambda each: each.ratio_db)
        ],
    )


def _traded(results: Results) -> Table:
    return Table(
        "False events per hour of sound without the label, and its own time that is named",
        ["label", "from", "asked for", "validation, per hour", "test, per hour", "named"],
        [
            [
                label,
                f"{found.threshold:.2f}",
                words.asked_for(found),
                words.promised(found),
                f"{words.rate(found.per_hour)} in {found.hours:.2g} h",
                str(found.named),
            ]
            for label, found in results.traded.items()
        ],
    )


def _named(results: Results) -> Table:
    """Both numbers in one row: what should not be named, and what still is."""
    rest, labels = results.others, results.judged.labels
    rows = [
        ("at the bundle's thresholds", rest.named),
        (f"where {percent(STILL_NAMED)} of each label are named", rest.still_named),
        ("as the listener says it", rest.told),
    ]
    return Table(
        "Windows without any label that are named, and windows of one label that are given it",
        ["", *(f"{label} from" for label in labels), "none of them, named", *labels],
        [
            [
                name,
                *(f"{row.thresholds[label]:.2f}" if row.thresholds else "" for label in labels),
                str(row.falsely),
                *(str(row.rightly[label]) if label in row.rightly else "" for label in labels),
            ]
            for name, row in rows
            if row
        ],
    )


def _false_events(results: Results) -> Table:
    labels = results.judged.labels
    return Table(
        "False events per hour, by what the recordings have",
        ["recordings of", "source", "recordings", "hours", *labels],
        [
            [
                found.labels,
                found.source or "all",
                str(found.recordings),
                f"{found.hours:.2g}",
                *(
                    words.rate(found.per_hour[label]) if label in found.per_hour else "its own"
                    for label in labels
                ),
            ]
            for found in results.false_events
        ],
        names=2,
    )


def _tables(results: Results) -> dict[str, Table]:
    judged, found = results.judged, {}
    rankings = [results.rankings["second"].get(label) for label in judged.labels]
    calibrations = [results.calibrated[label] for label in judged.labels]
    found["labels"] = Table(
        "Over every test window, whatever the threshold",
        ["label", "average precision", "area under ROC", "calibration error", "Brier score"],
        [
            [
                label,
                _text(ranked.average_precision if ranked else None),
                _text(ranked.roc_auc if ranked else None),
                str(calibrated.expected_calibration_error),
                str(calibrated.brier),
            ]
            for label, ranked, calibrated in zip(judged.labels, rankings, calibrations, strict=True)
        ],
    )
    found["thresholds"] = Table(
        "Over every test window, at the bundle's thresholds",
        ["label", "from", "precision", "recall", "F1"],
        [
            [label, f"{judged.bundle.thresholds[label]:.2f}", *map(str, at.values())]
            for label, at in results.at_threshold.items()
        ],
    )
    if results.said:
        found["said"] = Table(
            "What the listener says, over every test window",
            ["label", "precision", "recall", "F1"],
            [
                [label, *map(str, results.said.label[i].values())]
                for i, label in enumerate(judged.labels)
            ],
        )
    if results.traded:
        found["traded"] = _traded(results)
    if results.false_events:
        found["false_events"] = _false_events(results)
    rest = results.others
    if rest.none:
        found["named"] = _named(results)
    if rest.average_precision:
        found["others"] = Table(
            "Windows with none of the labels or several",
            ["label", "average precision", "F1 at the threshold"],
            [
                [label, str(rest.average_precision[label]), str(rest.f1[label])]
                for label in rest.average_precision
            ],
        )
    found["classes"] = _parts(
        "Share of each class answered rightly", "class", results.classes, labels=False
    )
    found["sources"] = _parts("By source of the recordings", "source", results.sources)
    found["groups"] = _parts(
        "By group, balanced accuracy",
        "group",
        [part for part in results.groups if part.balanced],
    )
    return found


def _data(about: dict[str, Any]) -> dict[str, Table]:
    """List recordings, groups and windows of each split, as preparation counted them."""
    if not about:
        return {}
    return {
        "dataset": Table(
            f"{about['dataset']['name']}, fingerprint {about['dataset']['fingerprint'][:12]}",
            ["split", "recordings by label", "recordings", "groups", "windows"],
            [
                [
                    split,
                    ", ".join(f"{name} {n}" for name, n in row["clips_by_labels"].items()),
                    *(str(row[name]) for name in ("clips", "groups", "windows")),
                ]
                for split, row in about["splits"].items()
            ],
            names=2,
        )
    }


def _parts(caption: str, name: str, parts: list[Part], labels: bool = True) -> Table:
    shown = _PARTS_SHOWN if labels else len(parts)
    if len(parts) > shown:
        caption += f": the {shown} worst by second of {len(parts)}, all are in plots/by_{name}.csv"
    return Table(
        caption,
        [name, *(["labels"] if labels else []), "recordings", "groups", *LEVELS],
        [
            [
                part.name,
                *([part.labels] if labels else []),
                str(part.clips),
                str(part.groups),
                *(part.text(level) for level in LEVELS),
            ]
            for part in parts[:shown]
        ],
        names=2 if labels else 1,
    )


def _text(interval: Interval | None) -> str:
    return str(interval) if interval else "all or none have it"


def _audio(clip: Worst, results: Results) -> str:
    rate = results.judged.bundle.preprocess.sample_rate_hz
    return audio_uri(excerpt(clip, rate), rate)


def _dataset(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return content
