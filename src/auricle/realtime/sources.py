"""Where live sound comes from."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from auricle.audio import Samples, read_blocks
from auricle.config import one_of, resource


class Source(Protocol):
    """Something that gives mono blocks at a rate until it ends or is told to stop."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    @property
    def waits(self) -> bool:
        """Whether it can wait for a slow listener; a microphone cannot."""

    def blocks(
        self, sample_rate_hz: int, block_s: float, stop: threading.Event
    ) -> Iterator[Samples]:
        """Blocks of `block_s` seconds, the last one perhaps shorter."""


@dataclass(frozen=True)
class File:
    """A sound file, as if it were a microphone."""

    kind: str
    path: str
    demonstration: bool
    pace: str

    def __post_init__(self) -> None:
        one_of("kind", self.kind, ("file",))
        one_of("pace", self.pace, ("live", "fast"))

    @property
    def name(self) -> str:
        """Its path."""
        return self.path

    @property
    def waits(self) -> bool:
        """Only at full speed: paced as live it goes on like a microphone."""
        return self.pace == "fast"

    def blocks(
        self, sample_rate_hz: int, block_s: float, stop: threading.Event
    ) -> Iterator[Samples]:
        """Decode, regroup and, if asked to, pace."""
        size = max(1, round(block_s * sample_rate_hz))
        begun, given = time.monotonic(), 0
        for block in _regrouped(read_blocks(resource(self.path), sample_rate_hz), size):
            given += len(block)
            if self.pace == "live":
                # A block is there once its last sample has sounded.
                stop.wait(max(0.0, begun + given / sample_rate_hz - time.monotonic()))
            if stop.is_set():
                return
            yield block


def _regrouped(blocks: Iterator[Samples], size: int) -> Iterator[Samples]:
    rest = np.zeros(0, np.float32)
    for block in blocks:
        joined = np.concatenate([rest, block])
        whole = len(joined) // size * size
        yield from joined[:whole].reshape(-1, size)
        rest = joined[whole:]
    if len(rest):
        yield rest
