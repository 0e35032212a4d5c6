"""ffmpeg as the decoder of a stream: it connects, unpacks and decodes, and is left nothing else.

It writes an AU stream, whose header says the rate, so that no second connection must ask for it.
It neither mixes nor resamples: the numbers are those that `classify` gives for the same sound.
"""

import collections
import os
import re
import selectors
import struct
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence

import numpy as np

from auricle.audio import Samples

_READ_BYTES = 4096  # 64 ms at 16 kHz
_LOOK_S = 0.2  # how often it is looked whether to stop
_HEADER = struct.Struct(">4sIIIII")  # .snd, size of the header, of the data, format, rate, channels
# What ffmpeg said longer ago does not explain why it ends.
_RECENT_S = 10.0
# "[http @ 0x5581] [error] ...": a part of ffmpeg knows more than what it makes of it at the end.
_ERROR = re.compile(r"(\[[^]]* @ \w+\] )?\[(?:error|fatal|panic)\] (.+)")
_DURATION = re.compile(r"\[info\]   Duration: (\d+):(\d+):(\d+\.\d+)")


class Decoder:
    """A running ffmpeg, to be used as a context; it is gone after it.

    Parameters
    ----------
    ffmpeg
        Its path.
    url
        What it opens.
    options
        How it opens it.
    """

    def __init__(self, ffmpeg: str, url: str, options: Sequence[str]) -> None:
        command = [ffmpeg, "-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+info"]
        command += [*options, "-i", url, "-map", "0:a:0?", "-map_metadata", "-1"]
        command += ["-c:a", "pcm_f32be", "-f", "au", "-flush_packets", "1", "pipe:1"]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,  # Ctrl-C is not for it: it would seem to break off
        )
        self._url, self._rest, self._line = url, b"", b""
        self._errors: collections.deque[tuple[float, bool, str]] = collections.deque(maxlen=16)
        self.rate_hz = self.channels = 0  # known with the first block
        self.frames = 0  # given so far
        self.duration_s: float | None = None  # none where it has no end that is known

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def blocks(self, stop: threading.Event, stall_s: float) -> Iterator[Samples]:
        """Give samples [shape=(n * channels,)] as they come, until the end or `stop`.

        Raises
        ------
        TimeoutError
            Nothing came for `stall_s`.
        """
        out, said = self._process.stdout, self._process.stderr
        assert out and said  # they were asked for
        came_s = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            selector.register(said, selectors.EVENT_READ)
            while selector.get_map() and not stop.is_set():
                for key, _ in selector.select(_LOOK_S):
                    data = os.read(key.fd, _READ_BYTES)
                    if not data:
                        selector.unregister(key.fileobj)
                    elif key.fileobj is said:
                        self._listen(data)
                    elif len(samples := self._decoded(data)):
                        if not np.isfinite(samples).all():
                            self._complain(True, "it sends samples that are not finite")
                            return
                        self.frames += len(samples) // self.channels
                        yield samples
                        came_s = time.monotonic()  # whoever takes them may take their time
                if time.monotonic() - came_s > stall_s:
                    raise TimeoutError

    @property
    def reason(self) -> str:
        """Why it ended, in a few words; empty where ffmpeg has not complained."""
        since_s = time.monotonic() - _RECENT_S
        recent = [(of_part, text) for at_s, of_part, text in self._errors if at_s >= since_s]
        told = [text for of_part, text in recent if of_part] or [text for _, text in recent]
        return told[-1] if told else ""

    def _decoded(self, data: bytes) -> Samples:
        data = self._rest + data
        if not self.rate_hz and len(data) >= _HEADER.size:
            _, size, _, _, rate_hz, channels = _HEADER.unpack_from(data)
            if len(data) >= size:
                self.rate_hz, self.channels, data = rate_hz, channels, data[size:]
        whole = len(data) - len(data) % (4 * self.channels) if self.channels else 0
        self._rest = data[whole:]
        return np.frombuffer(data[:whole], ">f4").astype(np.float32)

    def _listen(self, data: bytes) -> None:
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace").rstrip()
            if (length := _DURATION.match(text)) and self.duration_s is None:
                hours, minutes, seconds = map(float, length.groups())
                # Live streams may say 0.
                self.duration_s = 3600 * hours + 60 * minutes + seconds or None
            elif error := _ERROR.match(text):
                self._complain(error[1] is not None, error[2])

    def _complain(self, of_part: bool, text: str) -> None:
        text = text.removeprefix(f"{self._url}: ")
        text = re.sub(r", should be \d{15,}$", "", text)  # of a stream without an end
        if "does not contain any stream" in text:
            text = "it holds no sound"
        self._errors.append((time.monotonic(), of_part, text))
