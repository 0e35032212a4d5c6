"""The charts of a dataset."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle.explore.shortcuts import Threshold
from auricle.explore.survey import Survey
from auricle.report.charts import INK, MUTED, SERIES, axes, plain
from auricle.report.wording import counted

# More rows than this are hard to read on a phone: the outermost are drawn.
MOST_ROWS = 12
_BINS = 40
_WIDE = 20  # times the smallest value from which an axis is logarithmic

Values = npt.NDArray[np.float64]


def rows_of(numbers: Mapping[str, float]) -> list[str]:
    """Names from the bottom up: all in their order, or those of the outermost numbers."""
    if len(numbers) <= MOST_ROWS:
        return list(numbers)[::-1]
    order = sorted(numbers, key=lambda name: (numbers[name], name))
    half = MOST_ROWS // 2
    return order[:half] + order[-half:]


def draw_balance(survey: Survey) -> Any:
    """Minutes of each class as bars, groups and recordings beside them."""
    names = rows_of(survey.groups)
    figure, axis = axes("minutes", "", height=0.9 + 0.36 * len(names))
    rows = range(len(names))
    values = [survey.minutes[name] for name in names]
    axis.barh(rows, values, height=0.62, color=_colours(survey.classes, names))
    right = 0.03 * max(values)
    for row, name in zip(rows, names, strict=True):
        text = f"{counted(survey.groups[name], 'group')}, {len(survey.classes[name])} rec."
        axis.text(values[row] + right, row, text, va="center", color=MUTED, fontsize=9)
    axis.set_xticks([tick for tick in axis.get_xticks() if tick <= max(values)])
    axis.set_xlim(0, 1.75 * max(values))
    axis.grid(axis="y", visible=False)
    _name_rows(axis, names)
    return figure


def draw_spread(values: Mapping[str, Values], x: str, threshold: Threshold | None = None) -> Any:
    """How a number is spread over the recordings of each class: a row of its own, a line a median.

    A threshold is drawn as a dashed line.
    """
    from matplotlib.ticker import LogLocator, NullLocator

    names = rows_of({name: float(np.median(of)) for name, of in values.items()})
    colours = _colours(values, names)
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
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter("{x:g}")
        axis.xaxis.set_minor_locator(NullLocator())
    for row, name in enumerate(names):
        counts = np.histogram(values[name], edges)[0]
        heights = 0.85 * counts / max(1, counts.max())
        axis.stairs(row + heights, edges, baseline=row, fill=True, color=colours[row], alpha=0.6)
        median = float(np.median(values[name]))
        axis.plot([median, median], [row, row + 0.9], color=INK, linewidth=1.6)
    if threshold:
        axis.axvline(threshold.value, color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)))
    axis.grid(axis="y", visible=False)
    axis.set_ylim(-0.1, len(names) + 0.05)
    _name_rows(axis, names, 0.35)
    return figure


def _colours(classes: Iterable[str], names: Sequence[str]) -> list[str]:
    """Give each class its colour in all charts; where there are more than colours, all the same."""
    order = list(classes)
    return [SERIES[order.index(name)] if len(order) <= len(SERIES) else SERIES[0] for name in names]


def _name_rows(axis: Any, names: list[str], shift: float = 0.0) -> None:
    axis.set_yticks([row + shift for row in range(len(names))], [plain(_short(n)) for n in names])
    axis.tick_params(axis="y", length=0, labelcolor=INK)


def _short(name: str) -> str:
    return name if len(name) <= 18 else f"{name[:17]}…"
