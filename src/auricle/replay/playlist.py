"""The playlist: recordings one after the other, a gap after each, in noise, as a live source.

Recordings are decoded one at a time while the engine listens, so a playlist of any length takes
the same memory.
"""

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from auricle.audio import Samples
from auricle.audio.io import read_blocks
from auricle.audio.level import level_dbfs
from auricle.audio.noise import pink_noise
from auricle.realtime.block_queue import BlockQueue
from auricle.replay.replay_settings import Replay

# At full speed a block need not be short, and each costs a turn of two threads.
_BLOCK_S = 1.0
_NOISE = 1 << 20  # samples of noise, over and over: a power of two, so without a seam


@dataclass(frozen=True)
class Recording:
    """A recording, the labels that sound all through it, and the group it is of."""

    path: Path
    labels: tuple[str, ...]
    group: str


@dataclass(frozen=True)
class Played:
    """When in the playlist a recording began and ended, and when the gap after it did."""

    recording: Recording
    start_s: float
    end_s: float
    until_s: float


class Playlist:
    """A `Source` that plays recordings in an order drawn from the seed.

    `played` and `samples`, all there were, are complete once it has run. Same recordings, settings
    and rate, same samples.
    """

    name = "replay"
    waits = True
    live = continuous = False

    def __init__(self, recordings: Sequence[Recording], settings: Replay) -> None:
        self._recordings, self._settings = recordings, settings
        self.played: list[Played] = []
        self.samples = 0

    def run(
        self, queue: BlockQueue, sample_rate_hz: int, block_s: float, stop: threading.Event
    ) -> None:
        """Put all of it into the queue, as fast as it takes it."""
        noise = self._noise(sample_rate_hz)
        queue.open(sample_rate_hz, self.name)
        for block in self._sound(sample_rate_hz):
            if stop.is_set():
                return
            at = np.arange(self.samples, self.samples + len(block))
            queue.put(block + noise[at % len(noise)])
            self.samples += len(block)

    def _sound(self, rate: int) -> Iterator[Samples]:
        settings = self._settings
        rng = np.random.default_rng(settings.seed)
        order = rng.permutation(len(self._recordings))
        gaps_s = rng.uniform(settings.gap_s[0], settings.gap_s[1], len(order))
        longest = _samples(settings.recording_s, rate)
        most_s = math.inf if settings.most_hours is None else 3600 * settings.most_hours
        at = 0
        for number, gap_s in zip(order, gaps_s, strict=True):
            if at >= most_s * rate:
                return
            recording, start = self._recordings[number], at
            for block in _first(read_blocks(recording.path, rate, _BLOCK_S), longest):
                at += len(block)
                yield block
            end, at = at, at + round(gap_s * rate)
            for begun in range(end, at, rate):
                yield np.zeros(min(rate, at - begun), np.float32)
            self.played.append(Played(recording, start / rate, end / rate, at / rate))

    def _noise(self, rate: int) -> Samples:
        settings = self._settings
        if settings.noise_dbfs is None:
            return np.zeros(1, np.float32)
        noise = pink_noise(_NOISE, rate, (settings.seed,))
        gain_db = settings.noise_dbfs - float(level_dbfs(noise))
        return noise * np.float32(10 ** (gain_db / 20))


def _samples(seconds: float | None, rate: int) -> int | None:
    return None if seconds is None else max(1, round(seconds * rate))


def _first(blocks: Iterator[Samples], most: int | None) -> Iterator[Samples]:
    """Give no more than the first `most` samples, and no empty block."""
    for block in blocks:
        part = block[:most]
        if len(part):
            yield part
        if most is not None:
            most -= len(part)
            if not most:
                return
