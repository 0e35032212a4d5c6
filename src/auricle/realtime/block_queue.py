"""The bounded queue between a source and the engine.

A source, or the callback of its device, only puts blocks in; what does not fit is dropped, the
oldest first, and counted.
"""

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.realtime.clock import clock


@dataclass(frozen=True)
class Opened:
    """A source begins, or begins again: what follows is a new stream."""

    rate_hz: int
    name: str
    channels: int


@dataclass(frozen=True)
class Block:
    """Samples [shape=(n,) or (n * channels,)], float32, the first of them number `start`.

    Samples are counted in the stream, with those that were dropped. `captured_s` is when the first
    sounded, by `clock`; none where that means nothing.
    """

    start: int
    frames: int
    data: bytes | npt.NDArray[np.float32]
    captured_s: float | None


@dataclass(frozen=True)
class SourceFault:
    """A source has trouble."""

    cause: str
    text: str


Item = Opened | Block | SourceFault


class BlockQueue:
    """The queue: a source on the one side, the engine on the other.

    Parameters
    ----------
    limit_s
        Seconds of sound it holds.
    waits
        A full queue makes the source wait; else its oldest block is dropped.
    live
        Blocks are of now, so they are marked with the time.
    stop
        Ends all waiting.
    """

    def __init__(self, limit_s: float, waits: bool, live: bool, stop: threading.Event) -> None:
        self._limit_s, self._waits, self._live, self._stop = limit_s, waits, live, stop
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._rate_hz = self._channels = 1
        self._next = self._queued = 0
        self._wanted_s, self._talks = 0.0, False  # what `take` waits for; there is more than sound
        self.dropped_s = 0.0
        self.overflows = 0
        self.last_put_s = clock()

    # The source's side.

    def open(self, rate_hz: int, name: str, channels: int = 1) -> None:
        """Begin a stream: what is put from now on has this rate and belongs together."""
        with self._changed:
            self._rate_hz, self._channels, self._next = rate_hz, channels, 0
            self._queued = 0  # of this stream; what is left of the last one is not worth counting
            self._items.append(Opened(rate_hz, name, channels))
            self._talks = True
            self.last_put_s = clock()
            self._changed.notify_all()

    def put(self, data: bytes | npt.NDArray[np.float32], captured_s: float | None = None) -> None:
        """Add a block of float32 samples, channel by channel for each frame."""
        now = clock()
        values = len(data) // 4 if isinstance(data, bytes) else len(data)
        frames = values // self._channels
        if captured_s is None and self._live:
            captured_s = now - frames / self._rate_hz
        with self._changed:
            most = self._limit_s * self._rate_hz
            while self._queued and self._queued + frames > most and not self._stop.is_set():
                if self._waits:
                    self._changed.wait(0.5)
                else:
                    self._drop_oldest()
            self._items.append(Block(self._next, frames, data, captured_s))
            self._next += frames
            self._queued += frames
            self.last_put_s = now
            if self._news():
                self._changed.notify_all()

    def trouble(self, cause: str, text: str) -> None:
        """Say that nothing can be heard; the next block of a new stream ends it."""
        with self._changed:
            self._items.append(SourceFault(cause, text))
            self._talks = True
            self._changed.notify_all()

    def close(self) -> None:
        """Say that the source has ended."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    # The engine's side.

    def take(self, least_s: float = 0.0, patience_s: float | None = None) -> list[Item] | None:
        """Wait until there are `least_s` seconds of sound or other news, and take all there is.

        Gives none at the end, or when all is stopped. Where nothing comes for `patience_s`, that is
        what is told. To wait for as much as a window lacks saves most of a listener's wakings.
        """
        with self._changed:
            self._wanted_s = least_s
            while not (self._news() or self._closed or self._stop.is_set()):
                put_s = self.last_put_s
                if not self._changed.wait(patience_s) and put_s == self.last_put_s:
                    return [SourceFault("stalled", f"there is no sign of it for {patience_s:g} s")]
            if not self._items or self._stop.is_set():
                return None
            items, self._items = list(self._items), deque()
            self._queued, self._talks = 0, False
            self._changed.notify_all()
            return items

    def _news(self) -> bool:
        return bool(self._items) and (self._talks or self.queued_s >= self._wanted_s)

    def wake(self) -> None:
        """Let whoever waits see that all is stopped."""
        with self._changed:
            self._changed.notify_all()

    @property
    def queued_s(self) -> float:
        """Seconds of sound that wait to be heard."""
        return self._queued / self._rate_hz

    def _drop_oldest(self) -> None:
        for index, item in enumerate(self._items):
            if isinstance(item, Block):
                del self._items[index]
                self._queued = max(0, self._queued - item.frames)
                self.dropped_s += item.frames / self._rate_hz
                return
        self._queued = 0
