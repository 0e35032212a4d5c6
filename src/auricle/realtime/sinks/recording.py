"""The sound of events, as FLAC files in a folder."""

import errno
import os
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from auricle.audio import Samples
from auricle.realtime import settings
from auricle.realtime.events import Health, Session, Sound, iso
from auricle.realtime.sinks import Sink
from auricle.realtime.sinks.flac import Flac


@dataclass
class _Kept:
    """Which sound is kept where (no path: nowhere), and its file until that is complete.

    `next` is the number of the sample that is written next.
    """

    start_s: float
    next: int
    path: Path | None = None
    file: Flac | None = None


class Recording(Sink):
    """Keep each sound from `pre_s` before it to its end, each label's in a file of its own.

    Parameters
    ----------
    wanted
        The folder and its limits.
    delay_s
        How late it may be told that a sound has begun or ended; so much is held in memory.
    """

    wants_audio = True

    def __init__(self, wanted: settings.Recording, delay_s: float) -> None:
        self._folder, self._wanted, self._delay_s = Path(wanted.path or ""), wanted, delay_s
        self._ring: deque[tuple[int, Samples]] = deque()  # each with the number of its first sample
        self._end = 0  # number of the next sample that comes
        self._kept: dict[str, _Kept] = {}
        self._used_bytes = 0
        self._error: OSError | None = None

    def begin(self, session: Session, health: Health) -> None:
        """Make the folder."""
        self._rate_hz = session.sample_rate_hz
        self._folder.mkdir(parents=True, exist_ok=True)
        if not os.access(self._folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self._folder))

    def file_of(self, sound: Sound) -> str | None:
        """Give the path of the file that keeps a sound; it appears once it is complete."""
        kept = self._kept.get(sound.label)
        return str(kept.path) if kept and kept.path and kept.start_s == sound.start_s else None

    def audio(self, start_s: float, samples: Samples) -> None:
        """Hold them, and write what surely belongs to a sound that goes on.

        Raises
        ------
        OSError
            The last sound could not be kept: so it stays until the next one can.
        """
        start = round(start_s * self._rate_hz)
        self._ring.append((start, samples))
        self._end = start + len(samples)
        for kept in self._kept.values():
            self._write(kept, self._end - round(self._delay_s * self._rate_hz))
        oldest = self._end - round((self._wanted.pre_s + self._delay_s) * self._rate_hz)
        while self._ring[0][0] + len(self._ring[0][1]) < oldest:
            self._ring.popleft()
        if self._error is not None:
            raise self._error.with_traceback(None)

    def sound(self, sound: Sound) -> None:
        """Begin a file, or complete it.

        Raises
        ------
        OSError
            The sound cannot be kept, or the folder is full.
        """
        if sound.kind == "start":
            start_s = sound.start_s - self._wanted.pre_s
            kept = self._kept[sound.label] = _Kept(sound.start_s, round(start_s * self._rate_hz))
            self._open(kept, sound)
        elif sound.kind == "end" and sound.label in self._kept:
            kept = self._kept[sound.label]
            self._write(kept, round(sound.end_s * self._rate_hz))
            self._complete(kept)
        if self._error is not None:
            raise self._error.with_traceback(None)

    def end(self, summary: str) -> None:
        """Complete what is open.

        Raises
        ------
        OSError
            One cannot be completed.
        """
        self._error = None
        for kept in self._kept.values():
            self._complete(kept)
        if self._error is not None:
            raise self._error

    def _open(self, kept: _Kept, sound: Sound) -> None:
        try:
            self._error = None
            self._used_bytes = sum(
                e.stat().st_size for e in os.scandir(self._folder) if e.is_file()
            )
            if not self._full():
                kept.file = Flac(self._folder / _name(sound), self._rate_hz)
                kept.path = kept.file.path
        except OSError as error:
            self._error = error

    def _write(self, kept: _Kept, until: int) -> None:
        """Write up to a sample, as far as the limits let it."""
        if (file := kept.file) is None:
            return
        most, before = round(self._wanted.most_s * self._rate_hz), file.size
        try:
            for piece in self._pieces(kept.next, until):
                file.write(piece[: most - file.frames])
        except OSError as error:
            file.discard()
            kept.file, kept.path, self._error = None, None, error
            return
        kept.next = max(kept.next, until)
        self._used_bytes += file.size - before
        if file.frames >= most or self._full():
            self._complete(kept)

    def _pieces(self, start: int, end: int) -> Iterator[Samples]:
        """Give what is held between two samples; nothing stands for what never came."""
        for first, samples in self._ring:
            piece = samples[max(0, start - first) : max(0, end - first)]
            if len(piece):
                yield piece

    def _complete(self, kept: _Kept) -> None:
        file, kept.file = kept.file, None
        if file is None:
            return
        try:
            file.complete()
        except OSError as error:
            file.discard()
            kept.path, self._error = None, error

    def _full(self) -> bool:
        """Whether no more may be kept, which is said."""
        if self._used_bytes < self._wanted.most_mb * 1e6:
            return False
        self._error = OSError(
            f"{self._folder} holds realtime.recording.most_mb={self._wanted.most_mb:g} MB: no more "
            "is kept until some of it is moved away"
        )
        return True


def _name(sound: Sound) -> str:
    """When and what, in letters that any file system takes."""
    wall = iso(sound.start_wall_s)
    when = f"{sound.start_s:010.3f}s" if wall is None else wall.replace(":", "-")
    label = re.sub(r"[^\w-]+", "_", sound.label).encode()[:100].decode(errors="ignore")
    return f"{when}_{label}.flac"
