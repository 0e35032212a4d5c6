"""The charts of a dataset."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle.explore.shortcuts import Threshold
from auricle.explore.survey import Survey
from auricle.report.charts import INK, MUTED, SERIES, axes, plain
from auricle.report.words import counted

# More rows than this are hard to read on a phone: the outermost are drawn.
MOST_ROWS = 12
_BINS = 40
_WIDE = 20  # times the smallest value from which an axis is logarithmic

Values = npt.NDArray[np.float64]


def outermost(numbers: Mapping[str, float]) -> list[str]:
    """Names with the smallest and the largest numbers, in order of the numbers."""
    order = sorted(numbers, key=lambda name: (numbers[name], name))
    half = MOST_ROWS // 2
    return order if len(order) <= MOST_ROWS else order[:half] + order[-half:]


def draw_balance(survey: Survey) -> Any:
    """Minutes of each class as bars, groups and recordings beside them."""
    names = outermost(survey.minutes)
    figure, axis = axes("minutes", "", height=0.9 + 0.36 * len(names))
    rows = range(len(names))
    values = [survey.minutes[name] for name in names]
    axis.barh(rows, values, height=0.62, color=SERIES[0])
    for row, name in zip(rows, names, strict=True):
        text = f" {counted(survey.groups[name], 'group')}, {len(survey.classes[name])} rec."
        axis.text(survey.minutes[name], row, text, va="center", color=MUTED, fontsize=9)
    axis.set_xlim(0, 1.75 * max(values))
    axis.grid(axis="y", visible=False)
    _name_rows(axis, names)
    return figure


def draw_spread(
    values: Mapping[str, Values], x: str, threshold: Threshold | None = None, least: float = 0.0
) -> Any:
    """How a number is spread over the recordings of each class: a row of its own, a line a median.

    A threshold that tells more than `least` is drawn as a dashed line.
    """
    names = outermost({name: float(np.median(of)) for name, of in values.items()})
    drawn = np.concatenate([values[name] for name in names])
    positive = drawn[drawn > 0]
    logarithmic = len(positive) == len(drawn) and drawn.max() > _WIDE * drawn.min()
    figure, axis = axes(x, "", height=0.9 + 0.42 * len(names))
    edges = (
        np.geomspace(drawn.min() * 0.999, drawn.max() * 1.001, _BINS + 1)
        if logarithmic
        else np.histogram_bin_edges(drawn, _BINS)
    )
    if logarithmic:
        axis.set_xscale("log")
        axis.xaxis.set_major_formatter("{x:g}")
    for row, name in enumerate(names):
        counts = np.histogram(values[name], edges)[0]
        heights = 0.85 * counts / max(1, counts.max())
        colour = SERIES[row % len(SERIES)]
        axis.stairs(row + heights, edges, baseline=row, fill=True, color=colour, alpha=0.55)
        median = float(np.median(values[name]))
        axis.plot([median, median], [row, row + 0.9], color=INK, linewidth=1.6)
    if threshold and threshold.balanced_accuracy >= least:
        axis.axvline(threshold.value, color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)))
    axis.grid(axis="y", visible=False)
    axis.set_ylim(-0.1, len(names) + 0.05)
    _name_rows(axis, names, 0.35)
    return figure


def _name_rows(axis: Any, names: list[str], shift: float = 0.0) -> None:
    axis.set_yticks([row + shift for row in range(len(names))], [plain(_short(n)) for n in names])
    axis.tick_params(axis="y", length=0, labelcolor=INK)


def _short(name: str) -> str:
    return name if len(name) <= 18 else f"{name[:17]}…"
