"""Which moment a sample belongs to, across drops, holes, new streams and drifting clocks.

Within a stream time is counted in samples. A stream that begins anew, or a hole in one, is placed
by the clock; slow drift of a device's clock against it is followed, so that neither shows up as a
hole and the time of the day stays right for weeks.
"""

import time
from dataclasses import dataclass

from auricle.realtime.block_queue import Block
from auricle.realtime.clock import clock

_FOLLOWED_S = 60.0  # time constant with which drift is followed
_PAUSED_S = 30.0  # later than any network makes a stream: the machine slept, or the listener


@dataclass(frozen=True)
class Placed:
    """Where a block begins, in samples at the bundle's rate.

    `missing` is how many samples lack before it, and `why`: `dropped` by the queue, a `gap` in
    time, or a `new` stream; empty where it follows the last block.
    """

    position: int
    missing: int
    why: str


class StreamClock:
    """Positions of blocks.

    Parameters
    ----------
    rate_hz
        The bundle's rate, in which positions count.
    gap_s
        How late a block must be for sound to be missing before it; none: lateness means nothing.
    """

    def __init__(self, rate_hz: int, gap_s: float | None) -> None:
        self._rate_hz, self._gap_s = rate_hz, gap_s
        self._source_hz = rate_hz
        self._base = 0.0  # position of the stream's first sample
        self._expected = 0  # number of the stream's next sample
        self._fresh = True
        # A position and when it sounded, by the clock.
        self._anchor: tuple[float, float] | None = None
        self.next = 0

    def open(self, source_hz: int) -> None:
        """Begin a stream of this rate."""
        self._source_hz, self._expected, self._fresh = source_hz, 0, True

    def place(self, block: Block) -> Placed:
        """Place the next block of the stream; one that was dropped before it is missing."""
        per = self._rate_hz / self._source_hz
        before, captured_s, why = self.next, block.captured_s, ""
        if self._fresh:
            self._base = self._begin(captured_s, block.start * per)
            why = "new" if before else "dropped" if block.start else ""
        elif block.start != self._expected:
            why = "dropped"
        position = self._base + block.start * per
        if self._anchor is None or self._fresh:
            self._anchor = None if captured_s is None else (position, captured_s)
        elif captured_s is not None:
            late_s = captured_s - self._time_of(position)
            if self._gap_s is not None and late_s > self._gap_s:
                self._base += late_s * self._rate_hz
                position += late_s * self._rate_hz
                why = "gap"
            elif self._gap_s is None and not 0 <= late_s <= _PAUSED_S:
                # A burst, or a recording as fast as it comes: no sound is of the future. Nor is one
                # after a pause of the time before it.
                self._anchor = (position, captured_s)
            else:
                share = min(1.0, block.frames / self._source_hz / _FOLLOWED_S)
                self._anchor = (self._anchor[0], self._anchor[1] + share * late_s)
        self._fresh = False
        self._expected = block.start + block.frames
        self.next = round(position + block.frames * per)
        return Placed(round(position), max(0, round(position) - before) if why else 0, why)

    @property
    def now(self) -> int:
        """Position that sounds now, by the clock; that of the next sample where nothing tells."""
        if self._anchor is None:
            return self.next
        position, at_s = self._anchor
        return max(self.next, round(position + (clock() - at_s) * self._rate_hz))

    def latency_s(self, end_s: float) -> float | None:
        """Seconds since a time of the stream sounded."""
        return None if self._anchor is None else clock() - self._time_of(end_s * self._rate_hz)

    def wall_s(self, time_s: float) -> float | None:
        """Time of the day of a time of the stream, in seconds since 1970."""
        since_s = self.latency_s(time_s)
        return None if since_s is None else time.time() - since_s

    def _begin(self, captured_s: float | None, ahead: float) -> float:
        """Position of the first sample of a new stream, the first heard of which is `ahead`."""
        if self._anchor is None or captured_s is None:
            return float(self.next)
        position, at_s = self._anchor
        return max(float(self.next), position + (captured_s - at_s) * self._rate_hz - ahead)

    def _time_of(self, position: float) -> float:
        assert self._anchor
        return self._anchor[1] + (position - self._anchor[0]) / self._rate_hz
