"""The terminal view: a screen that is drawn anew as time goes on; only what changed is written."""

import os
import termios
from contextlib import suppress

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType, Segments
from rich.style import Style

from auricle.realtime.clock import clock
from auricle.realtime.events import CAUSES, Health, Session, Sound, Trouble, Update
from auricle.realtime.formatting import length, printable, time_of
from auricle.realtime.sinks import Sink
from auricle.realtime.terminal.history import History
from auricle.realtime.terminal.screen_layout import draw_screen
from auricle.realtime.terminal.view_state import ALARM, PLAIN, Line, ViewState

_SOON_S = 0.4  # after which it is drawn although nothing was heard yet
_LATE_S = 1.0  # without an update, after which time is seen to pass
_STALE_S = 5.0  # ... after which what was heard last is no more what is heard
_WHOLE_S = 10.0  # between two drawings of all lines, should another program have written over them
_AWAY_S = 2.0  # without being drawn, after which it was stopped: the screen may be another's
_REST = Control((ControlType.ERASE_IN_LINE, 0))
_SOURCE_GONE = ("lost", "stalled", "moved")
# For terminals that have letters of ASCII only.
_ASCII = str.maketrans("█▌┃─▁▂▃▄▅▆▇▀●·…", "#=|-._--==##*..")


class View(Sink):
    """Show on a terminal what is heard, its last minute, and how the listener does."""

    wants_updates = True
    refresh_s = 0.5

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lines: list[Line] = []
        self._size = (0, 0)
        self._drawn_s = self._whole_s = 0.0

    def begin(self, session: Session, health: Health) -> None:
        """Learn what to show; nothing is written yet."""
        self._shown = ViewState(session, health, History(len(session.labels)))
        self._begun_s = self._updated_s = clock()
        # On the axis of the last minute: the stream's beginning, what was heard last, and now.
        self._shift_s = self._heard_s = self._now_s = 0.0

    def note(self, text: str) -> None:
        """Put it among what was told."""
        self._told("", text)

    def update(self, update: Update) -> None:
        """Keep it, and its place in the last minute."""
        shown, hop_s = self._shown, self._shown.session.hop_s
        self._pass_time()
        # A stream that paused goes on later than it would have.
        behind_s = self._now_s - update.end_s - self._shift_s
        self._shift_s += behind_s if behind_s > _LATE_S else 0.0
        shown.update, self._updated_s = update, clock()
        end_s = update.end_s + self._shift_s
        on = [label in update.sounding for label in shown.session.labels]
        shown.past.hear(end_s - hop_s, end_s, update.probabilities, on)
        self._heard_s = end_s
        self._now_s = max(self._now_s, end_s)

    def sound(self, sound: Sound) -> None:
        """Keep since when it sounds; once it has ended, tell it."""
        if sound.kind != "end":
            self._shown.since_s[sound.label] = sound.start_s
            return
        self._shown.since_s.pop(sound.label, None)
        lasted_s = sound.end_s - sound.start_s
        text = f"{sound.label} ended after {lasted_s:.2f} s ({sound.confidence:.0%})"
        self._told(time_of(sound.end_s, sound.end_wall_s), text)

    def trouble(self, trouble: Trouble) -> None:
        """Keep it while it is open, and tell when it began and ended."""
        self._pass_time()
        shown, cause = self._shown, trouble.cause
        start_s, up_s = trouble.start_s + self._shift_s, shown.up_s
        if trouble.end_s is None:
            shown.open[cause] = (trouble, up_s)
            shown.past.trouble(start_s, max(start_s, self._now_s))
            self._told(time_of(trouble.start_s, trouble.start_wall_s), CAUSES[cause], ALARM)
            if cause in _SOURCE_GONE:
                shown.update = None
        else:
            _, began_s = shown.open.pop(cause, (trouble, up_s))
            shown.past.trouble(start_s, trouble.end_s + self._shift_s)
            text = f"over after {length(up_s - began_s)}: {CAUSES[cause]}"
            self._told(time_of(trouble.end_s, trouble.end_wall_s), text)

    def refresh(self) -> None:
        """Draw what changed since the last time; now and then, all."""
        console, now_s = self._console, clock()
        self._pass_time()
        if not self._lines and not self._heard_s and self._shown.up_s < _SOON_S:
            return  # a source that fails at once should not make the screen flicker
        size = console.size
        anew = size != self._size or now_s > self._drawn_s + _AWAY_S
        if anew:
            console.set_alt_screen(True)
            console.show_cursor(False)
        if anew or now_s > self._whole_s + _WHOLE_S:
            self._lines, self._whole_s = [], now_s
        lines = draw_screen(self._shown, *size)
        lines += [[]] * (size.height - len(lines))
        changed: Line = []
        for y, line in enumerate(lines):
            if y >= len(self._lines) or line != self._lines[y]:
                changed += [Control.move_to(0, y).segment, *line, _REST.segment]
        if console.options.ascii_only:
            changed = [part._replace(text=part.text.translate(_ASCII)) for part in changed]
        console.print(Segments(changed), end="", soft_wrap=True)  # in one go
        self._lines, self._size, self._drawn_s = lines, size, now_s

    def hurry(self) -> None:
        """Let a terminal go on that Ctrl-S stopped: else it would be left as it is."""
        with suppress(OSError, termios.error):
            terminal = self._console.file.fileno()
            if os.tcgetpgrp(terminal) == os.getpgrp():  # in the background it would be stopped
                termios.tcflow(terminal, termios.TCOOFF)  # which alone TCOON undoes
                termios.tcflow(terminal, termios.TCOON)

    def end(self, summary: str) -> None:
        """Give the terminal back as it was, and say there how it went."""
        if self._lines:
            self._console.set_alt_screen(False)
            self._console.show_cursor(True)
        if summary:
            self._console.print(printable(summary), markup=False, highlight=False, emoji=False)

    def _pass_time(self) -> None:
        """Let the last minute go on, also while nothing comes."""
        shown, before_s, now_s = self._shown, self._now_s, clock()
        shown.up_s = now_s - self._begun_s
        late_s = now_s - self._updated_s
        if late_s > _LATE_S:
            self._now_s = max(self._now_s, self._heard_s + late_s)
        if late_s > _STALE_S:
            shown.update = None
        shown.past.go_on(self._now_s)
        if shown.open:
            shown.past.trouble(before_s, self._now_s)

    def _told(self, when: str, text: str, style: Style = PLAIN) -> None:
        self._shown.told.appendleft((when, text, style))
