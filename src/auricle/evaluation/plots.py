"""The charts of an evaluation."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle.evaluation.cases import LEVELS
from auricle.evaluation.metrics import confusion
from auricle.evaluation.results import Results
from auricle.evaluation.selective_prediction import COVERAGES
from auricle.report.charts import LINE, MUTED, SERIES, axes, legend, plain

# More lines than this cannot be told apart; the labels that are ranked worst are drawn.
MOST_LINES = 6
_LARGE = (4.8, 3.2)  # inches, of the charts that stand in two columns
_WIDEST = 7.0  # inches of a confusion matrix; one that would be wider has no numbers in it
# Name of each sweep's files, and what is along its axis.
SWEEPS = {
    "level_db": ("level", "change of level, dB"),
    "snr_db": ("snr", "signal to noise, dB"),
    "bandwidth_hz": ("bandwidth", "bandwidth, Hz"),
}
BOTH_AXIS = "recording above what it is mixed with, dB"


def shown_labels(results: Results) -> list[str]:
    """Labels that the charts draw: all, or the worst where there are many."""
    ranked = results.rankings["second"]
    order = sorted(ranked, key=lambda label: ranked[label].average_precision.value)
    kept = order[:MOST_LINES]
    return [label for label in results.test_set.labels if label in kept]


def confusion_shares(results: Results, level: str) -> npt.NDArray[np.float64]:
    """Share of each class's cases (rows) that each label was the answer to (columns)."""
    cases = results.test_set.one_label(level)
    counts = confusion(cases.truth, cases.answer, len(results.test_set.classes))
    shares: npt.NDArray[np.float64] = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    return shares


def draw_confusion(results: Results) -> Any:
    """Confusion matrices of the three levels side by side."""
    from matplotlib.figure import Figure

    labels = [plain(label) for label in results.test_set.classes]
    side = min(0.7, _WIDEST / len(labels)) * len(labels)
    figure = Figure(figsize=(len(LEVELS) * (1.1 + side), 2.2 + side), layout="constrained")
    panels = figure.subplots(1, len(LEVELS), sharey=True)
    for axis, level in zip(panels, LEVELS, strict=True):
        shares = confusion_shares(results, level)
        axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (row, column), value in np.ndenumerate(shares if side < _WIDEST else shares[:0]):
            colour = "white" if value > 0.5 else "black"
            axis.text(column, row, f"{value:.3f}", ha="center", va="center", color=colour)
        axis.set_title(f"{level}\n{len(results.test_set.one_label(level))} cases")
        axis.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
        axis.set_yticks(range(len(labels)), labels)
    panels[0].set_ylabel("truth")
    panels[1].set_xlabel("answer")
    return figure


def draw_roc(results: Results, curves: dict[str, dict[str, Any]]) -> Any:
    """Share of right and false windows that are named, over all thresholds."""
    figure, axis = axes("false positive rate", "true positive rate", *_LARGE)
    axis.plot([0, 1], [0, 1], color=LINE, linewidth=1)
    _lines(axis, results, curves, "false_positive_rate", "true_positive_rate", "lower right")
    return figure


def draw_precision_recall(results: Results, curves: dict[str, dict[str, Any]]) -> Any:
    """Precision against recall, over all thresholds."""
    figure, axis = axes("recall", "precision", *_LARGE)
    _lines(axis, results, curves, "recall", "precision", "lower left")
    return figure


def draw_reliability(results: Results) -> Any:
    """Share that has a label against what was said of it, in bins of the probability."""
    figure, axis = axes("probability that was given", "share that has the label", *_LARGE)
    axis.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    labels, handles = shown_labels(results), []
    for i, label in enumerate(labels):
        found = results.reliability[label]
        filled = found.cases > 0
        sizes = 12 + 130 * np.sqrt(found.cases[filled] / found.cases.sum())
        colour = SERIES[i]
        axis.scatter(found.mean[filled], found.frequency[filled], sizes, colour, alpha=0.75)
        handles += axis.plot(
            found.mean[filled], found.frequency[filled], color=colour, linewidth=1.2
        )
    legend(axis, handles, labels, loc="upper left")
    _unit(axis)
    return figure


def draw_risk_coverage(results: Results) -> Any:
    """Risk of what is answered, against how much is."""
    figure, axis = axes("share of cases answered", "share of answers wrong", *_LARGE)
    handles = []
    for colour, (_level, found) in zip(SERIES, results.risk.items(), strict=False):
        x = np.array(COVERAGES)
        axis.fill_between(
            x, [r.low for r in found.risks], [r.high for r in found.risks],
            color=colour, alpha=0.13, linewidth=0,
        )  # fmt: skip
        handles += axis.plot(x, [r.value for r in found.risks], color=colour)
    axis.set_xlim(0, 1)
    axis.set_ylim(bottom=0)
    legend(axis, handles, list(results.risk), loc="upper left")
    return figure


def draw_sweep(results: Results, kind: str) -> Any:
    """Balanced accuracy under each change, beside that of the sound as it is."""
    figure, axis = axes(SWEEPS[kind][1], "balanced accuracy")
    swept = results.sweep(kind)
    x = np.array([each.condition.value for each in swept])
    lowest = 1 / len(results.test_set.labels)
    handles = []
    for colour, level in zip(SERIES, ("window", "second"), strict=False):
        found = [each.balanced[level] for each in swept]
        axis.fill_between(
            x, [i.low for i in found], [i.high for i in found],
            color=colour, alpha=0.13, linewidth=0,
        )  # fmt: skip
        handles += axis.plot(x, [i.value for i in found], color=colour, marker="o")
        axis.axhline(
            results.balanced[level].value, color=colour, linewidth=1, linestyle=(0, (2, 3))
        )
        lowest = min(lowest, *(i.low for i in found))
    if kind == "bandwidth_hz":
        axis.set_xscale("log", base=2)
        axis.set_xticks(x, [f"{value:g}" for value in x])
        axis.minorticks_off()
    if kind == "snr_db":
        axis.invert_xaxis()
    axis.set_ylim(max(0, lowest - 0.02), 1.01)
    legend(axis, handles, ["window", "second"], loc="best")
    return figure


def draw_past(results: Results) -> Any:
    """Balanced accuracy of windows against the seconds each answer is made from."""
    figure, axis = axes("seconds heard, the window of the answer included", "balanced accuracy")
    x = np.array([seen.context_s for seen in results.context_lengths])
    found = [seen.balanced for seen in results.context_lengths]
    axis.fill_between(
        x, [i.low for i in found], [i.high for i in found],
        color=SERIES[0], alpha=0.13, linewidth=0,
    )  # fmt: skip
    axis.plot(x, [i.value for i in found], color=SERIES[0], marker="o")
    axis.set_xscale("log", base=2)
    axis.set_xticks(x, [f"{value:g}" for value in x])
    axis.minorticks_off()
    axis.set_ylim(max(0, min(i.low for i in found) - 0.02), 1.01)
    return figure


def draw_both(results: Results) -> Any:
    """Share of the mixtures in which both labels are named, and recall, by ratio."""
    figure, axis = axes(BOTH_AXIS, "share of windows")
    handles = []
    mixed = sorted(results.mixtures, key=lambda each: each.ratio_db)
    x = [each.ratio_db for each in mixed]
    for colour, found in zip(
        SERIES, ([each.named for each in mixed], [each.recall for each in mixed]), strict=False
    ):
        axis.fill_between(
            x, [i.low for i in found], [i.high for i in found],
            color=colour, alpha=0.13, linewidth=0,
        )  # fmt: skip
        handles += axis.plot(x, [i.value for i in found], color=colour, marker="o")
    axis.set_ylim(-0.02, 1.02)
    legend(axis, handles, ["both named", "recall"], loc="best")
    return figure


def draw_trade_off(results: Results) -> Any:
    """Draw false events against time named, test as a full line, validation as a dotted one."""
    figure, axis = axes("share of its time that is named", "false events an hour", *_LARGE)
    labels, handles = (
        [label for label in shown_labels(results) if label in results.threshold_curves],
        [],
    )
    for colour, label in zip(SERIES, labels, strict=False):
        found = results.threshold_curves[label]
        _, events, named = zip(*found.test, strict=True)
        handles += axis.plot(named, events, color=colour)
        if found.validation:
            _, events, named = zip(*found.validation, strict=True)
            axis.plot(named, events, color=colour, linewidth=1.2, linestyle=(0, (2, 3)))
        axis.plot(
            [found.named.value], [found.per_hour.value], color=colour, marker="o", clip_on=False
        )
    axis.set_xlim(-0.02, 1.02)
    axis.set_ylim(bottom=0)
    legend(axis, handles, labels, loc="upper left")
    return figure


def _lines(
    axis: Any, results: Results, curves: dict[str, dict[str, Any]], x: str, y: str, where: str
) -> None:
    labels: Sequence[str] = [label for label in shown_labels(results) if label in curves]
    handles = []
    for i, label in enumerate(labels):
        step = {"drawstyle": "steps-post"} if y == "precision" else {}
        handles += axis.plot(curves[label][x], curves[label][y], color=SERIES[i], **step)
    legend(axis, handles, labels, loc=where)
    _unit(axis)


def _unit(axis: Any) -> None:
    axis.set_xlim(-0.02, 1.02)
    axis.set_ylim(-0.02, 1.02)
