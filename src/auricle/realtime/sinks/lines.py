"""Plain lines, for pipes, logs and terminals without a view."""

from dataclasses import dataclass
from typing import TextIO

from auricle.realtime.events import Sound, Trouble
from auricle.realtime.formatting import printable, time_of
from auricle.realtime.sinks import Sink


@dataclass
class Lines(Sink):
    """A line as each sound or trouble begins and ends."""

    out: TextIO

    def note(self, text: str) -> None:
        """Say it."""
        self._line(text)

    def sound(self, sound: Sound) -> None:
        """Say what begins, lasts, ends."""
        lasts_s = sound.end_s - sound.start_s
        if sound.kind == "start":
            text = f"{sound.label} begins ({sound.confidence:.0%})"
            self._at(sound.start_s, sound.start_wall_s, text)
            return
        what = "ends after" if sound.kind == "end" else "goes on, for"
        text = f"{sound.label} {what} {lasts_s:.2f} s ({sound.confidence:.0%})"
        self._at(sound.end_s, sound.end_wall_s, text)

    def trouble(self, trouble: Trouble) -> None:
        """Say what keeps the listener from hearing, and when that is over."""
        if trouble.end_s is None:
            text = f"TROUBLE {trouble.cause}: {trouble.text}"
            self._at(trouble.start_s, trouble.start_wall_s, text)
        else:
            lasted_s = trouble.end_s - trouble.start_s
            text = f"{trouble.cause} is over after {lasted_s:.2f} s"
            self._at(trouble.end_s, trouble.end_wall_s, text)

    def end(self, summary: str) -> None:
        """Say the summary."""
        if summary:
            self._line(summary)

    def _at(self, time_s: float, wall_s: float | None, text: str) -> None:
        self._line(f"{time_of(time_s, wall_s)}  {text}")

    def _line(self, text: str) -> None:
        self.out.write(printable(text) + "\n")
        self.out.flush()
