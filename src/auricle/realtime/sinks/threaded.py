"""A sink in a thread of its own: a screen may block, hearing must not.

A terminal that was stopped with Ctrl-S, or a pipe that nobody reads, blocks whoever writes to it.
"""

import errno
import threading
import time
from collections import deque
from typing import Any

from auricle.realtime.events import Health, Session, Sound, Trouble, Update
from auricle.realtime.sinks import Sink

_MOST = 1000  # what waits, at most
_GRACE_S = 0.3  # what a screen has to show the rest when the listener was told to end
_LEAST_S = 0.24  # between two refreshes

Call = tuple[str, tuple[Any, ...]]


class ThreadedSink(Sink):
    """Hand what is told to another sink, in order, through a bounded queue.

    What that sink fails on is raised at the next call, as if it had failed just then.

    Parameters
    ----------
    sink
        What may block; its `begin` must not.
    waits
        A full queue makes the caller wait, unless the listener was told to end. Else the oldest is
        dropped, updates before anything else, and their number told in a note.
    """

    wants_updates = True  # so that a closed pipe is noticed soon

    def __init__(self, sink: Sink, waits: bool) -> None:
        self._sink, self._waits = sink, waits
        self._calls: deque[Call] = deque()
        self._changed = threading.Condition()
        self._hurried = self._over = False
        self._dropped = 0
        self._error: BaseException | None = None
        self._refreshed_s, self._stale = 0.0, True
        self._thread = threading.Thread(target=self._run, name="screen", daemon=True)

    @property
    def hangs(self) -> bool:  # type: ignore[override]  # known only when asked
        """Whether the sink has not returned yet."""
        return not self._over

    def begin(self, session: Session, health: Health) -> None:
        """Begin, and start the thread."""
        self._sink.begin(session, health)
        self._thread.start()

    def note(self, text: str) -> None:
        """Hand it on."""
        self._put("note", text)

    def update(self, update: Update) -> None:
        """Hand it on, if it is wanted."""
        if self._sink.wants_updates:
            self._put("update", update)
        else:
            self._raise()

    def sound(self, sound: Sound) -> None:
        """Hand it on."""
        self._put("sound", sound)

    def trouble(self, trouble: Trouble) -> None:
        """Hand it on."""
        self._put("trouble", trouble)

    def hurry(self) -> None:
        """Let nobody wait for the sink any more."""
        with self._changed:
            self._hurried = True
            self._changed.notify_all()
        self._sink.hurry()

    def end(self, summary: str) -> None:
        """Wait until all is shown; once the listener was told to end, not for long.

        Raises
        ------
        OSError
            Not all could be shown.
        """
        with self._changed:
            self._calls.append(("end", (summary,)))
            self._changed.notify_all()
            try:
                self._changed.wait_for(lambda: self._over or self._hurried)
            finally:  # Ctrl-C comes as an exception
                self._changed.wait_for(lambda: self._over, _GRACE_S)
        gone = isinstance(self._error, OSError) and self._error.errno in (errno.EPIPE, errno.EIO)
        if not gone:  # a pipe that was closed or a terminal that went away: nobody misses it
            self._raise()

    def _put(self, *call: Any) -> None:
        with self._changed:
            if self._waits:
                self._changed.wait_for(
                    lambda: len(self._calls) < _MOST or self._hurried or self._over
                )
            if len(self._calls) >= _MOST:
                kinds = [what for what, _ in self._calls]
                del self._calls[kinds.index("update") if "update" in kinds else 0]
                self._dropped += 1
            self._calls.append((call[0], call[1:]))
            self._changed.notify_all()
        self._raise()

    def _raise(self) -> None:
        if (error := self._error) is not None:
            raise error.with_traceback(None)

    # The thread's.

    def _run(self) -> None:
        try:
            while not self._over:
                self._step()
        except BaseException as error:  # raised where the next thing is told
            self._error = error
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _step(self) -> None:
        call, dropped = self._next()
        if dropped:
            self._do("note", f"The screen was held up: {dropped} things it was told are not shown.")
        if call:
            self._do(call[0], *call[1])
            self._over = call[0] == "end"
            self._stale = True
        if not self._over and self._due_s() <= 0:
            self._do("refresh")
            self._refreshed_s, self._stale = time.monotonic(), False

    def _next(self) -> tuple[Call | None, int]:
        """Give what was told next, or nothing once a refresh is due; and how much was dropped."""
        with self._changed:
            self._changed.wait_for(lambda: self._calls, self._due_s())
            dropped, self._dropped = self._dropped, 0
            call = self._calls.popleft() if self._calls else None
            self._changed.notify_all()
            return call, dropped

    def _due_s(self) -> float:
        """Seconds until the next refresh."""
        every_s = _LEAST_S if self._stale else self._sink.refresh_s
        return max(0.0, self._refreshed_s + every_s - time.monotonic())

    def _do(self, what: str, *arguments: Any) -> None:
        try:
            getattr(self._sink, what)(*arguments)
        except BrokenPipeError:
            raise  # nobody reads any more
        except OSError as error:
            self._error = error
        else:
            self._error = None
