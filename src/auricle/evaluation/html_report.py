"""The report of an evaluation: one page, for a person."""

import json
from pathlib import Path
from typing import Any

from auricle.core.files import whole_folder, write_text
from auricle.evaluation import plots, sentences
from auricle.evaluation.cases import LEVELS
from auricle.evaluation.hardest_clips import HardClip, excerpt
from auricle.evaluation.leakage import LeakagePair
from auricle.evaluation.metrics import Interval
from auricle.evaluation.open_set import STILL_NAMED
from auricle.evaluation.plot_files import write_plots
from auricle.evaluation.ranking import curves
from auricle.evaluation.results import Results
from auricle.evaluation.selective_prediction import COVERAGES
from auricle.evaluation.subgroups import Subgroup
from auricle.report.audio_player import audio_uri
from auricle.report.charts import svg
from auricle.report.page import Chart, Table, render
from auricle.report.wording import percent

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
        for i, label in enumerate(results.test_set.labels)
        if (found := curves(results.test_set.cases["second"], i))
    }
    charts = {
        "roc": plots.draw_roc(results, drawn),
        "precision_recall": plots.draw_precision_recall(results, drawn),
        "reliability": plots.draw_reliability(results),
        "risk_coverage": plots.draw_risk_coverage(results),
        **{kind: plots.draw_sweep(results, kind) for kind in plots.SWEEPS if results.sweep(kind)},
    }
    if results.context_lengths:
        charts["past"] = plots.draw_past(results)
    if results.mixtures:
        charts["both_db"] = plots.draw_both(results)
    if results.threshold_curves:
        charts["trade_off"] = plots.draw_trade_off(results)
    with whole_folder(folder / "plots") as building:
        write_plots(results, drawn, charts, building)
    about = _dataset(dataset)
    text = render(
        Path(__file__).with_name("html_report.html"),
        results=results,
        bundle=results.test_set.bundle,
        sentences=sentences,
        levels=LEVELS,
        pair=results.pair if isinstance(results.pair, LeakagePair) else None,
        charts={name: _chart(results, name, figure) for name, figure in charts.items()},
        shares={level: plots.confusion_shares(results, level) for level in LEVELS},
        tables=_tables(results) | _data(about),
        worst=[(clip, _audio(clip, results)) for clip in results.hardest],
        dataset=about,
    )
    write_text(folder / "report.html", text)
    return [folder / "report.html", *sorted((folder / "plots").iterdir())]


def _chart(results: Results, name: str, figure: Any) -> Chart:
    title, sentence = sentences.of_chart(results, name)
    return Chart(name, title, sentence, svg(figure, name), _numbers(results, name))


def _numbers(results: Results, name: str) -> list[Table]:
    """Give what a chart shows as a table, where it is short enough to be read."""
    if name in plots.SWEEPS:
        rows = [
            [f"{each.condition.value:g}", *(str(each.balanced[level]) for level in each.balanced)]
            for each in results.sweep(name)
        ]
        rows.append(["as it is", *(str(results.balanced[n]) for n in ("window", "second"))])
        return [Table("Balanced accuracy", [plots.SWEEPS[name][1], "window", "second"], rows)]
    if name == "past":
        seen = [[f"{each.context_s:g}", str(each.balanced)] for each in results.context_lengths]
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
    leading = [label for label in results.test_set.labels if label in results.mixtures[0].leading]
    return Table(
        "Windows of mixtures, at the bundle's thresholds",
        ["dB", "both named", "recall", *(f"both, {label} above the other" for label in leading)],
        [
            [
                sentences.signed(each.ratio_db),
                str(each.named),
                str(each.recall),
                *(str(each.leading[label]) for label in leading),
            ]
            for each in sorted(results.mixtures, key=lambda each: each.ratio_db)
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
                sentences.asked_for(found),
                sentences.promised(found),
                f"{sentences.rate(found.per_hour)} in {found.hours:.2g} h",
                str(found.named),
            ]
            for label, found in results.threshold_curves.items()
        ],
    )


def _named(results: Results) -> Table:
    """Both numbers in one row: what should not be named, and what still is."""
    rest, labels = results.open_set, results.test_set.labels
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
    labels = results.test_set.labels
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
                    sentences.rate(found.per_hour[label]) if label in found.per_hour else "its own"
                    for label in labels
                ),
            ]
            for found in results.false_events
        ],
        names=2,
    )


def _tables(results: Results) -> dict[str, Table]:
    test_set, found = results.test_set, {}
    rankings = [results.rankings["second"].get(label) for label in test_set.labels]
    calibrations = [results.reliability[label] for label in test_set.labels]
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
            for label, ranked, calibrated in zip(
                test_set.labels, rankings, calibrations, strict=True
            )
        ],
    )
    found["thresholds"] = Table(
        "Over every test window, at the bundle's thresholds",
        ["label", "from", "precision", "recall", "F1"],
        [
            [label, f"{test_set.bundle.thresholds[label]:.2f}", *map(str, at.values())]
            for label, at in results.at_threshold.items()
        ],
    )
    if results.events:
        found["said"] = Table(
            "What the listener says, over every test window",
            ["label", "precision", "recall", "F1"],
            [
                [label, *map(str, results.events.label[i].values())]
                for i, label in enumerate(test_set.labels)
            ],
        )
    if results.threshold_curves:
        found["traded"] = _traded(results)
    if results.false_events:
        found["false_events"] = _false_events(results)
    rest = results.open_set
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
    cut = about["windows"]
    return {
        "dataset": Table(
            f"{about['dataset']['name']}, fingerprint {about['dataset']['fingerprint'][:12]}; "
            f"windows of {cut['window_s']:g} s, one each {cut['hop_s']:g} s ({cut['why']})",
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


def _parts(caption: str, name: str, parts: list[Subgroup], labels: bool = True) -> Table:
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


def _audio(clip: HardClip, results: Results) -> str:
    rate = results.test_set.bundle.preprocess.sample_rate_hz
    return audio_uri(excerpt(clip, rate), rate)


def _dataset(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return content
