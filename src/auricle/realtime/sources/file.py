"""A sound file, as if it were a microphone."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from auricle.audio import Samples
from auricle.audio.io import read_blocks
from auricle.core.project import resource
from auricle.core.schema import one_of
from auricle.realtime.block_queue import BlockQueue

# A block costs a turn of two threads. At full speed it need not be short; paced, nobody waits for
# one, as long as windows end where blocks do.
_BLOCK_S = {"fast": 1.0, "live": 0.25}


@dataclass(frozen=True)
class Config:
    """A file and how fast it plays; see `Source`."""

    kind: str
    path: str
    demonstration: bool
    pace: str

    continuous = False

    def __post_init__(self) -> None:
        one_of("pace", self.pace, ("live", "fast"))

    @property
    def name(self) -> str:
        """Its path."""
        return self.path

    @property
    def waits(self) -> bool:
        """Only at full speed: paced as live it goes on like a microphone."""
        return self.pace == "fast"

    @property
    def live(self) -> bool:
        """Only where it is paced so."""
        return self.pace == "live"

    def run(
        self, queue: BlockQueue, sample_rate_hz: int, block_s: float, stop: threading.Event
    ) -> None:
        """Decode, regroup and, if asked to, pace."""
        size = max(1, round(max(block_s, _BLOCK_S[self.pace]) * sample_rate_hz))
        begun, given = time.monotonic(), 0
        queue.open(sample_rate_hz, self.name)
        for block in _regrouped(read_blocks(resource(self.path), sample_rate_hz), size):
            given += len(block)
            if self.pace == "live":
                # A block is there once its last sample has sounded. Sleeping costs a third of
                # waiting for `stop`, which is at most a block late.
                time.sleep(max(0.0, begun + given / sample_rate_hz - time.monotonic()))
            if stop.is_set():
                return
            queue.put(block)


def _regrouped(blocks: Iterator[Samples], size: int) -> Iterator[Samples]:
    rest = np.zeros(0, np.float32)
    for block in blocks:
        joined = np.concatenate([rest, block])
        whole = len(joined) // size * size
        yield from joined[:whole].reshape(-1, size)
        rest = joined[whole:]
    if len(rest):
        yield rest
