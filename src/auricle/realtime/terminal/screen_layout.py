"""The terminal view as lines of styled text: what is heard, how sure, for how long, how well."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from auricle.realtime.events import CAUSES
from auricle.realtime.formatting import length, printable
from auricle.realtime.terminal import rows
from auricle.realtime.terminal.banner import large
from auricle.realtime.terminal.view_state import (
    ALARM,
    ALARM_BAR,
    BOLD,
    DIM,
    PLAIN,
    Line,
    ViewState,
    of_label,
)

_STATES = {"silence": "silence", "none": "none of these", "uncertain": "not sure"}
# Where a trouble keeps it from hearing, in place of what it heard last.
_DEAF = {"lost": "no source", "stalled": "no sound", "moved": "no source", "muted": "muted"}


def draw_screen(shown: ViewState, width: int, height: int) -> list[Line]:
    """Draw a screen of at most `height` lines of at most `width` columns."""
    chosen = _chosen(shown, most=max(1, height // 4))
    columns = rows.Columns.of([shown.session.labels[i] for i in chosen], width)
    head = [_head(shown, width), *list(_alarms(shown, width))[: max(1, height // 3)]]
    meters = [rows.level(shown, columns), *(rows.label(shown, i, columns) for i in chosen)]
    health = list(_health(shown, width))[: max(1, height // 6)]
    # What there is room for besides, the most wanted first.
    wishes = {
        "health": len(health),
        "told": 1,
        "past": len(chosen) + 1,
        "large": 2,
        "rules": 3,
        "axis": 1,
        "larger": 2 if width >= 60 else 3,
        "margins": 2,
        "told more": 3,
        "largest": 6,
    }
    room = height - len(head) - len(meters) - 1  # the state takes a line at least
    granted = {}
    for wish, needs in wishes.items():
        if needs <= room:
            granted[wish] = needs
            room -= needs
    state = 1 + sum(granted.get(wish, 0) for wish in ("large", "larger", "largest"))
    told = room + sum(granted.get(wish, 0) for wish in ("told", "told more"))
    margin: list[Line] = [[]] if "margins" in granted else []

    def titled(title: str, lines: Iterable[Line]) -> list[Line]:
        return [_rule(title, width), *lines] if "rules" in granted else list(lines)

    lines = [*head, *margin, *_state(shown, width, state), *margin, *meters]
    if "past" in granted:
        minute = rows.minute(shown, chosen, columns, axis="axis" in granted)
        lines += titled("the last minute", minute)
    if "health" in granted:
        lines += titled("health", health)
    if told > 0:
        lines += titled("heard", _told(shown, told))
    return [Segment.adjust_line_length(line, width, pad=False) for line in lines[:height]]


def _chosen(shown: ViewState, most: int) -> list[int]:
    """Which labels are shown: all, or those that were most probable within the last minute."""
    count = len(shown.session.labels)
    if count <= most:
        return list(range(count))
    return sorted(np.argsort(-shown.past.lately(), kind="stable")[:most].tolist())


def _head(shown: ViewState, width: int) -> Line:
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


def _alarms(shown: ViewState, width: int) -> Iterator[Line]:
    """Open troubles in words, those that keep it from hearing first."""
    for trouble, began_s in sorted(shown.open.values(), key=lambda of: of[0].cause not in _DEAF):
        lasts = length(max(0.0, shown.up_s - began_s))
        text = f" {CAUSES.get(trouble.cause, trouble.cause).upper()}, for {lasts}"
        yield [Segment(set_cell_size(text, width), ALARM_BAR)]
        for line in _flow(printable(trouble.text).split(), width, " "):
            yield [Segment(f" {line}", ALARM)]


def _state(shown: ViewState, width: int, high: int) -> Iterator[Line]:
    """Give what is heard, in letters as large as there is room for, in the middle of its rows."""
    words = _words(shown)
    lines = next(
        (lines for size in (4, 2, 1) if (lines := _laid_out(words, size, width, high))),
        [[part for word, style in words for part in (_gap(2), Segment(printable(word), style))]],
    )
    above = (high - len(lines)) // 2
    yield from ([] for _ in range(above))
    yield from lines
    yield from ([] for _ in range(high - len(lines) - above))


def _words(shown: ViewState) -> list[tuple[str, Style]]:
    deaf = next((_DEAF[cause] for cause in shown.open if cause in _DEAF), None)
    if deaf:
        return [(deaf, ALARM)]
    if shown.update is None:
        return [("...", DIM)]
    if shown.update.state == "sounding":
        labels = shown.session.labels
        return [
            (label, of_label(labels.index(label), bold=True)) for label in shown.update.sounding
        ]
    return [(_STATES[shown.update.state], DIM if shown.update.state == "silence" else BOLD)]


def _laid_out(
    words: list[tuple[str, Style]], size: int, width: int, high: int
) -> list[Line] | None:
    """Lay words out side by side, or one below the other; none where they do not fit."""
    drawn = [(large(word, size), style) for word, style in words]
    if any(lines is None for lines, _ in drawn):
        return None
    blocks = [
        [[_gap(3), Segment(line, style)] for line in lines] for lines, style in drawn if lines
    ]
    widths = [3 + len(lines[0]) for lines, _ in drawn if lines]
    if len(blocks[0]) <= high and sum(widths) <= width:
        return [list(chain(*beside)) for beside in zip(*blocks, strict=True)]
    between: list[Line] = [[]] if size > 1 else []  # small letters bring half a line of their own
    below = [line for lines in blocks for line in (*lines, *between)][: -len(between) or None]
    return below if len(below) <= high and max(widths) <= width else None


def _health(shown: ViewState, width: int) -> Iterator[Line]:
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


def _told(shown: ViewState, most: int) -> Iterator[Line]:
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
