"""What the engine tells its sinks: sounds, troubles, updates, each with the time of the day."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from auricle.inference.tracker import Change
from auricle.realtime.events import Health, Sound, Trouble
from auricle.realtime.sinks import Sink

# Time of the day, in seconds since 1970, of a time of the stream, where there is one.
WallTime = Callable[[float], float | None]


class Dispatcher:
    """Calls all sinks; one that fails is a trouble, which the others tell.

    `health` holds the troubles that go on.
    """

    def __init__(self, sinks: Sequence[Sink], health: Health, wall_s: WallTime) -> None:
        self.sinks, self._health, self._wall_s = list(sinks), health, wall_s
        self._failing: dict[int, str] = {}
        self._now_s = 0.0

    def tell(self, what: str, *arguments: Any, wanted: str | None = None) -> None:
        """Call a method of all sinks, or of those that want it."""
        for sink in self.sinks:
            if wanted is None or getattr(sink, wanted):
                self._try(sink, what, *arguments)

    def change(self, change: Change) -> None:
        """Tell of a label that begins, goes on or ends."""
        self._now_s = max(self._now_s, change.end_s)
        sound = Sound(
            {"begin": "start"}.get(change.kind, change.kind),
            change.label,
            change.start_s,
            change.end_s,
            self._wall_s(change.start_s),
            self._wall_s(change.end_s),
            change.confidence,
            change.peak,
            change.level_dbfs,
        )
        self.tell("sound", sound)

    def begin_trouble(self, cause: str, text: str, start_s: float) -> None:
        """Tell of a trouble, unless it goes on already."""
        if cause in self._health.troubles:
            return
        self._now_s = start_s = max(0.0, start_s)
        trouble = Trouble(cause, text, start_s, self._wall_s(start_s))
        self._health.troubles[cause] = trouble
        self.tell("trouble", trouble)

    def end_trouble(self, cause: str, end_s: float) -> None:
        """Tell that a trouble is over, if there is one."""
        trouble = self._health.troubles.pop(cause, None)
        if trouble is None:
            return
        self._now_s = end_s = max(trouble.start_s, end_s)
        self.tell("trouble", replace(trouble, end_s=end_s, end_wall_s=self._wall_s(end_s)))

    def _try(self, sink: Sink, what: str, *arguments: Any) -> None:
        try:
            getattr(sink, what)(*arguments)
        except BrokenPipeError:
            raise  # whoever read the screen is gone: the end
        except OSError as error:
            if id(sink) in self._failing:
                return
            where = f": {error.filename}" if error.filename else ""
            self._failing[id(sink)] = f"{error.strerror or error}{where}; it is tried again"
        else:
            if self._failing.pop(id(sink), None) is None:
                return
        self.end_trouble("sink", self._now_s)
        if self._failing:
            self.begin_trouble("sink", " | ".join(self._failing.values()), self._now_s)
