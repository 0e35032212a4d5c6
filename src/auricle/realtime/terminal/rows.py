"""Rows of the terminal view: a meter of the level and of each label, and the last minute."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from auricle.realtime.formatting import length, printable
from auricle.realtime.terminal.history import SECONDS
from auricle.realtime.terminal.view_state import (
    ALARM,
    BOLD,
    DIM,
    METER,
    PLAIN,
    Line,
    ViewState,
    of_label,
)

_QUIETEST_DBFS = -80.0  # left end of the meter
_HEIGHTS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Columns:
    """Widths in common to all rows of a label: its name, a number, a bar, some words."""

    name: int
    number: int
    bar: int
    words: int

    @staticmethod
    def of(labels: Sequence[str], width: int) -> "Columns":
        """Divide a screen's width, for names of these labels."""
        wide = width >= 72
        longest = max(cell_len(printable(label)) for label in [*labels, "trouble"])
        name = min(longest, max(7, width // 5))
        number, words = (10, 11) if wide else (5, 0)
        # One column before the name, one between any two.
        return Columns(name, number, max(4, width - name - number - words - 4), words)

    def row(self, name: str, style: Style, number: str, bar: Line, words: str = "") -> Line:
        """Put a row together."""
        start = f" {set_cell_size(printable(name), self.name)} {number:>{self.number}} "
        return [Segment(start, style), *bar, Segment(f" {words}", style)]


def level(shown: ViewState, columns: Columns) -> Line:
    """Give the meter of the level, with the noise floor marked."""
    update = shown.update
    if update is None:
        return columns.row("level", PLAIN, "", [])
    number, words = f"{update.level_dbfs:.1f}", ""
    if columns.words:
        number, words = f"{number} dBFS", f"floor {update.floor_dbfs:.0f}"
    bar = _bar(_on_meter(update.level_dbfs), columns.bar)
    at = min(columns.bar - 1, int(_on_meter(update.floor_dbfs) * columns.bar))
    marked = [*_split(bar[:at], METER), Segment("┃", BOLD), *_split(bar[at + 1 :], METER)]
    return columns.row("level", PLAIN, number, marked, words)


def _on_meter(dbfs: float) -> float:
    return min(1.0, max(0.0, 1 - dbfs / _QUIETEST_DBFS))


def label(shown: ViewState, index: int, columns: Columns) -> Line:
    """Give a label's probability as a bar, and since when it is on."""
    label = shown.session.labels[index]
    if shown.update is None:
        return columns.row(label, of_label(index), "", [])
    probability = float(shown.update.probabilities[index])
    since_s = shown.since_s.get(label)
    style = of_label(index, bold=since_s is not None)
    words = "" if since_s is None else f"● {length(max(0.0, shown.update.end_s - since_s))}"
    number = f"{100 * probability:.0f} %"
    return columns.row(label, style, number, _split(_bar(probability, columns.bar), style), words)


def _bar(share: float, width: int) -> str:
    halves = round(2 * width * share)
    return ("█" * (halves // 2) + "▌" * (halves % 2)).ljust(width, "─")


def _split(bar: str, style: Style) -> Line:
    """Style what of a bar is filled, and what is not."""
    filled = bar.rstrip("─")
    return [Segment(filled, style), Segment(bar[len(filled) :], DIM)]


def minute(shown: ViewState, chosen: Sequence[int], columns: Columns, axis: bool) -> Iterator[Line]:
    """Give a row a label, as high as it was probable, and one of troubles."""
    room = columns.number + columns.bar + columns.words + 2
    probabilities, on, troubled = shown.past.columns(room)
    count = len(troubled)
    heights = np.minimum(np.nan_to_num(probabilities) * len(_HEIGHTS), len(_HEIGHTS) - 1)
    signs = np.where(np.isnan(probabilities), " ", np.array(list(_HEIGHTS))[heights.astype(int)])
    for i in chosen:
        name = set_cell_size(printable(shown.session.labels[i]), columns.name)
        runs = _runs(signs[i], on[i], of_label(i, bold=True), DIM)
        yield [Segment(f" {name} ", of_label(i)), *runs]
    name = set_cell_size("trouble", columns.name)
    runs = _runs(np.where(troubled, "█", " "), troubled, ALARM, DIM)
    yield [Segment(f" {name} ", ALARM if shown.open else DIM), *runs]
    if axis:
        half = count // 2
        left = f"-{SECONDS} s".ljust(half) + f"-{SECONDS // 2} s"
        yield [Segment(f" {'':{columns.name}} {left.ljust(count - 3)}now", DIM)]


def _runs(
    signs: npt.NDArray[np.str_], on: npt.NDArray[np.bool_], style: Style, otherwise: Style
) -> Line:
    """Join neighbours of one style."""
    edges = [0, *(np.flatnonzero(np.diff(on)) + 1).tolist(), len(signs)]
    return [Segment("".join(signs[a:b]), style if on[a] else otherwise) for a, b in pairwise(edges)]
