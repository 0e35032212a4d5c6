"""Raw samples on standard input."""

import os
import select
import sys
import threading
from dataclasses import dataclass

import numpy as np

from auricle.audio import Samples
from auricle.audio.io import pcm16_to_float
from auricle.core.errors import AuricleError
from auricle.core.schema import check, one_of
from auricle.realtime.block_queue import BlockQueue

_EXAMPLE = "arecord -q -t raw -f S16_LE -r 16000 -c 1 | auricle listen -"
_BYTES = {"s16le": 2, "f32le": 4}
# How sound files begin, where raw samples are wanted; the first is what `arecord` sends by itself.
_HEADERS = (b"RIFF", b"fLaC", b"OggS", b"FORM", b".snd", b"ID3")
_LOOK_S = 0.2  # how often it is looked whether to stop
# 40 dB over full scale is no sound, but bytes of another format.
_LARGEST = 100.0


@dataclass(frozen=True)
class Config:
    """What the bytes mean, and when they count as stalled; see `Source`.

    Whoever writes is held up by a slow listener, as any pipe does, so nothing is dropped here.
    """

    kind: str
    format: str
    rate_hz: int
    channels: int
    stall_s: float

    name = "standard input"
    waits = True
    live = True
    continuous = False

    def __post_init__(self) -> None:
        one_of("format", self.format, tuple(_BYTES))
        for name in ("rate_hz", "channels", "stall_s"):
            check(getattr(self, name) > 0, f"{name}={getattr(self, name)} must be positive")

    def run(
        self, queue: BlockQueue, sample_rate_hz: int, block_s: float, stop: threading.Event
    ) -> None:
        """Take what comes, in whole frames, until it ends; what is left of one is left out.

        Raises
        ------
        AuricleError
            There is nothing to read, or it is no sound of this format.
        """
        source, rest, given, quiet_s = _opened(), b"", 0, 0.0
        frame = _BYTES[self.format] * self.channels
        most = frame * max(1, round(block_s * self.rate_hz))
        self._open(queue)
        while not stop.is_set():
            if not select.select([source], [], [], _LOOK_S)[0]:
                quiet_s += _LOOK_S
                if quiet_s - _LOOK_S < self.stall_s <= quiet_s:
                    queue.trouble("stalled", f"nothing came for {self.stall_s:g} s")
                continue
            data = os.read(source, most)
            if not data:
                check(given > 0, f"{self.name} held no sound, not one sample: {_EXAMPLE}")
                return
            if quiet_s >= self.stall_s:
                self._open(queue)
            quiet_s, rest = 0.0, rest + data
            if not given:
                _refuse_header(rest)
            whole = len(rest) - len(rest) % frame
            if whole:
                queue.put(self._samples(rest[:whole]))
            rest, given = rest[whole:], given + whole

    def _open(self, queue: BlockQueue) -> None:
        queue.open(self.rate_hz, self.name, self.channels)

    def _samples(self, data: bytes) -> Samples:
        if self.format == "s16le":
            return pcm16_to_float(np.frombuffer(data, "<i2"))
        samples = np.frombuffer(data, "<f4").astype(np.float32, copy=False)
        if not (np.abs(samples) <= _LARGEST).all():  # nor is what is not finite
            raise AuricleError(
                f"{self.name} holds values that are no sound, or not finite, where full scale is "
                "1: is realtime.source.format=f32le right?"
            )
        return samples


def _opened() -> int:
    if sys.stdin is None or sys.stdin.closed:
        raise AuricleError(f"Standard input is closed: {_EXAMPLE}")
    if sys.stdin.isatty():
        raise AuricleError(f"Standard input is a terminal, raw samples are wanted: {_EXAMPLE}")
    return sys.stdin.fileno()


def _refuse_header(data: bytes) -> None:
    for header in _HEADERS:
        if data.startswith(header):
            raise AuricleError(
                f"Standard input begins with {header.decode()}, a sound file's header, where raw "
                f"samples are wanted: {_EXAMPLE}, or auricle listen FILE"
            )
