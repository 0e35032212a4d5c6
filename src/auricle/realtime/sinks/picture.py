"""The terminal view as lines of styled text: what is heard, how sure, for how long, how well.

Colours are the terminal's own sixteen, so that they suit its background; nothing is told by colour
alone.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from auricle.realtime.events import CAUSES, Health, Moment, Session, Trouble
from auricle.realtime.sinks.letters import large
from auricle.realtime.sinks.past import SECONDS, Past
from auricle.realtime.sinks.words import length, printable

Line = list[Segment]

PLAIN, BOLD, DIM = Style(), Style(bold=True), Style(dim=True)
ALARM = Style(color="red", bold=True)
ALARM_BAR = Style(color="red", bold=True, reverse=True)
_LABELS = [Style(color=name) for name in ("magenta", "green", "cyan", "blue")]
_METER = Style(color="cyan")

_QUIETEST_DBFS = -80.0  # left end of the meter
_HEIGHTS = "▁▂▃▄▅▆▇█"
_STATES = {"silence": "silence", "none": "none of these", "uncertain": "not sure"}
# Where a trouble keeps it from hearing, in place of what it heard last.
_DEAF = {"lost": "no source", "stalled": "no sound", "muted": "muted"}


@dataclass
class Shown:
    """All that the view knows.

    `moment` is the last one, or none where nothing is heard; `up_s` how long it listens; `since_s`
    when in the stream each label that is on began; `open` each open trouble with the `up_s` when it
    began; `told` the last events, the newest first, each with its time.
    """

    session: Session
    health: Health
    past: Past
    up_s: float = 0.0
    moment: Moment | None = None
    since_s: dict[str, float] = field(default_factory=dict)
    open: dict[str, tuple[Trouble, float]] = field(default_factory=dict)
    told: deque[tuple[str, str, Style]] = field(default_factory=lambda: deque(maxlen=200))


def picture(shown: Shown, width: int, height: int) -> list[Line]:
    """Draw a screen of at most `height` lines of at most `width` columns."""
    chosen = _chosen(shown, most=max(1, height // 4))
    column = _Columns.of([shown.session.labels[i] for i in chosen], width)
    alarms = list(_alarms(shown, width))[: max(1, height // 3)]
    meters = [_level(shown, column), *(_label(shown, i, column) for i in chosen)]
    health = list(_health(shown, width))[: max(1, height // 6)]
    room = height - 2 - len(alarms) - len(meters)
    rows, told = 1, 0
    granted = set()
    # What there is room for, the most wanted first.
    for wish, needs in (
        ("health", len(health)),
        ("told", 1),
        ("past", len(chosen) + 1),
        ("large", 2),
        ("rules", 3),
        ("axis", 1),
        ("larger", 2 if width >= 60 else 3),
        ("margins", 2),
        ("told more", 3),
        ("largest", 6),
    ):
        if needs <= room:
            granted.add(wish)
            room -= needs
            rows += needs if wish.startswith("large") else 0
            told += needs if wish.startswith("told") else 0
    margin: list[Line] = [[]] if "margins" in granted else []

    def titled(title: str) -> list[Line]:
        return [_rule(title, width)] if "rules" in granted else []

    lines = [_head(shown, width), *alarms, *margin, *_state(shown, width, rows), *margin, *meters]
    if "past" in granted:
        lines += [*titled("the last minute"), *_minute(shown, chosen, column, "axis" in granted)]
    if "health" in granted:
        lines += [*titled("health"), *health]
    if told + room > 0:
        lines += [*titled("heard"), *_told(shown, told + room)]
    return [Segment.adjust_line_length(line, width, pad=False) for line in lines[:height]]


@dataclass(frozen=True)
class _Columns:
    """Widths in common to all rows of a label: its name, a number, a bar, some words."""

    name: int
    number: int
    bar: int
    words: int

    @staticmethod
    def of(labels: Sequence[str], width: int) -> "_Columns":
        wide = width >= 72
        longest = max(cell_len(printable(label)) for label in [*labels, "trouble"])
        name = min(longest, max(7, width // 5))
        number, words = (10, 11) if wide else (5, 0)
        # One column before the name, one between any two.
        return _Columns(name, number, max(4, width - name - number - words - 4), words)

    def row(self, name: str, style: Style, number: str, bar: Line, words: str = "") -> Line:
        start = f" {set_cell_size(printable(name), self.name)} {number:>{self.number}} "
        return [Segment(start, style), *bar, Segment(f" {words}", style)]


def _chosen(shown: Shown, most: int) -> list[int]:
    """Which labels are shown: all, or those that were most probable within the last minute."""
    count = len(shown.session.labels)
    if count <= most:
        return list(range(count))
    return sorted(np.argsort(-shown.past.lately(), kind="stable")[:most].tolist())


def _head(shown: Shown, width: int) -> Line:
    source = printable(shown.health.source)
    up = f"{length(shown.up_s)} "
    what = " plays a DEMONSTRATION, " if shown.session.demonstration else " listens to "
    room = max(0, width - len(" Auricle") - len(what) - len(up) - 1)
    if cell_len(source) > room:  # the end of a path or of a device's name says most
        source = "…" + source[-max(0, room - 1) :] if room else ""
    return [
        Segment(" Auricle", BOLD),
        Segment(what, PLAIN),
        Segment(set_cell_size(source, room), BOLD),
        Segment(f" {up}", DIM),
    ]


def _alarms(shown: Shown, width: int) -> Iterator[Line]:
    """Open troubles in words, those that keep it from hearing first."""
    for trouble, began_s in sorted(shown.open.values(), key=lambda of: of[0].cause not in _DEAF):
        lasts = length(max(0.0, shown.up_s - began_s))
        text = f" {CAUSES.get(trouble.cause, trouble.cause).upper()}, for {lasts}"
        yield [Segment(set_cell_size(text, width), ALARM_BAR)]
        for line in _flow(printable(trouble.text).split(), width, " "):
            yield [Segment(f" {line}", ALARM)]


def _state(shown: Shown, width: int, rows: int) -> Iterator[Line]:
    """Give what is heard, in letters as large as there is room for, in the middle of its rows."""
    words = _words(shown)
    lines = next(
        (lines for size in (4, 2, 1) if (lines := _laid_out(words, size, width, rows))),
        [[part for word, style in words for part in (_gap(2), Segment(printable(word), style))]],
    )
    above = (rows - len(lines)) // 2
    yield from ([] for _ in range(above))
    yield from lines
    yield from ([] for _ in range(rows - len(lines) - above))


def _words(shown: Shown) -> list[tuple[str, Style]]:
    deaf = next((_DEAF[cause] for cause in shown.open if cause in _DEAF), None)
    if deaf:
        return [(deaf, ALARM)]
    if shown.moment is None:
        return [("...", DIM)]
    if shown.moment.state == "sounding":
        labels = shown.session.labels
        return [
            (label, _of_label(labels.index(label), bold=True)) for label in shown.moment.sounding
        ]
    return [(_STATES[shown.moment.state], DIM if shown.moment.state == "silence" else BOLD)]


def _laid_out(
    words: list[tuple[str, Style]], size: int, width: int, rows: int
) -> list[Line] | None:
    """Lay words out side by side, or one below the other; none where they do not fit."""
    drawn = [(large(word, size), style) for word, style in words]
    if any(lines is None for lines, _ in drawn):
        return None
    blocks = [
        [[_gap(3), Segment(line, style)] for line in lines] for lines, style in drawn if lines
    ]
    widths = [3 + len(lines[0]) for lines, _ in drawn if lines]
    if len(blocks[0]) <= rows and sum(widths) <= width:
        return [list(chain(*beside)) for beside in zip(*blocks, strict=True)]
    between: list[Line] = [[]] if size > 1 else []  # small letters bring half a line of their own
    below = [line for lines in blocks for line in (*lines, *between)][: -len(between) or None]
    return below if len(below) <= rows and max(widths) <= width else None


def _level(shown: Shown, column: _Columns) -> Line:
    moment = shown.moment
    if moment is None:
        return column.row("level", PLAIN, "", [])
    number, words = f"{moment.level_dbfs:.1f}", ""
    if column.words:
        number, words = f"{number} dBFS", f"floor {moment.floor_dbfs:.0f}"
    bar = _bar(_on_meter(moment.level_dbfs), column.bar)
    at = min(column.bar - 1, int(_on_meter(moment.floor_dbfs) * column.bar))
    marked = [*_split(bar[:at], _METER), Segment("┃", BOLD), *_split(bar[at + 1 :], _METER)]
    return column.row("level", PLAIN, number, marked, words)


def _on_meter(dbfs: float) -> float:
    return min(1.0, max(0.0, 1 - dbfs / _QUIETEST_DBFS))


def _label(shown: Shown, index: int, column: _Columns) -> Line:
    label = shown.session.labels[index]
    if shown.moment is None:
        return column.row(label, _of_label(index), "", [])
    probability = float(shown.moment.probabilities[index])
    since_s = shown.since_s.get(label)
    style = _of_label(index, bold=since_s is not None)
    words = "" if since_s is None else f"● {length(max(0.0, shown.moment.end_s - since_s))}"
    number = f"{100 * probability:.0f} %"
    return column.row(label, style, number, _split(_bar(probability, column.bar), style), words)


def _bar(share: float, width: int) -> str:
    halves = round(2 * width * share)
    return ("█" * (halves // 2) + "▌" * (halves % 2)).ljust(width, "─")


def _split(bar: str, style: Style) -> Line:
    """Style what of a bar is filled, and what is not."""
    filled = bar.rstrip("─")
    return [Segment(filled, style), Segment(bar[len(filled) :], DIM)]


def _minute(shown: Shown, chosen: Sequence[int], column: _Columns, axis: bool) -> Iterator[Line]:
    """Give a row a label, as high as it was probable, and one of troubles."""
    room = column.number + column.bar + column.words + 2
    probabilities, on, troubled = shown.past.columns(room)
    count = len(troubled)
    heights = np.minimum(np.nan_to_num(probabilities) * len(_HEIGHTS), len(_HEIGHTS) - 1)
    signs = np.where(np.isnan(probabilities), " ", np.array(list(_HEIGHTS))[heights.astype(int)])
    for i in chosen:
        name = set_cell_size(printable(shown.session.labels[i]), column.name)
        runs = _runs(signs[i], on[i], _of_label(i, bold=True), DIM)
        yield [Segment(f" {name} ", _of_label(i)), *runs]
    name = set_cell_size("trouble", column.name)
    runs = _runs(np.where(troubled, "█", " "), troubled, ALARM, DIM)
    yield [Segment(f" {name} ", ALARM if shown.open else DIM), *runs]
    if axis:
        half = count // 2
        left = f"-{SECONDS} s".ljust(half) + f"-{SECONDS // 2} s"
        yield [Segment(f" {'':{column.name}} {left.ljust(count - 3)}now", DIM)]


def _runs(
    signs: npt.NDArray[np.str_], on: npt.NDArray[np.bool_], style: Style, otherwise: Style
) -> Line:
    """Join neighbours of one style."""
    edges = [0, *(np.flatnonzero(np.diff(on)) + 1).tolist(), len(signs)]
    return [Segment("".join(signs[a:b]), style if on[a] else otherwise) for a, b in pairwise(edges)]


def _health(shown: Shown, width: int) -> Iterator[Line]:
    """Give what tells whether it hears all, and in time."""
    health = shown.health
    half, most = (health.latency.quantile_s(q) for q in (0.5, 0.99))
    parts = [
        f"dropped {health.dropped_s:.2f} s",
        f"overflows {health.overflows}",
        f"gaps {health.gaps}" + (f" ({health.missing_s:.1f} s)" if health.gaps else ""),
        f"queue {health.queue_s:.2f} s, age {health.queue_age_s:.2f} s",
    ]
    if half is not None and most is not None:
        parts.append(f"latency {1000 * half:.0f} ms, 99 % {1000 * most:.0f} ms")
    parts += [f"bundle {printable(shown.session.bundle)}", "Ctrl-C ends it"]
    for line in _flow(parts, width, " · "):
        yield [Segment(f" {line}", PLAIN)]


def _told(shown: Shown, most: int) -> Iterator[Line]:
    for _, (when, text, style) in zip(range(most), shown.told, strict=False):
        yield [Segment(f" {when}  " if when else " ", DIM), Segment(printable(text), style)]


def _rule(title: str, width: int) -> Line:
    return [Segment(f"─ {title} ".ljust(width, "─"), DIM)]


def _flow(parts: Sequence[str], width: int, between: str) -> Iterator[str]:
    """Join parts into lines that leave a column free at each side."""
    line = ""
    for part in parts:
        if line and cell_len(line + between + part) > width - 2:
            yield line
            line = part
        else:
            line = f"{line}{between}{part}" if line else part
    if line:
        yield line


def _gap(columns: int) -> Segment:
    return Segment(" " * columns, PLAIN)


def _of_label(index: int, bold: bool = False) -> Style:
    style = _LABELS[index % len(_LABELS)]
    return style + BOLD if bold else style
