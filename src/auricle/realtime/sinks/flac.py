"""A sound file that appears whole or not at all, however long it is written."""

from pathlib import Path
from typing import IO

import numpy as np
import soundfile

from auricle.audio import Samples


class Flac:
    """Write mono 16-bit FLAC; until it is complete its name is hidden and ends in `.unfinished`.

    A listener that is killed leaves that; most players play it.

    Parameters
    ----------
    path
        Where to; if that is taken, `_2`, `_3` and so on are added.

    Raises
    ------
    OSError
        It cannot be written.
    """

    def __init__(self, path: Path, sample_rate_hz: int) -> None:
        self.path, self._hidden, raw = _made(path)
        self._file = _Kept(raw)
        self._sound = soundfile.SoundFile(
            self._file, "w", sample_rate_hz, 1, subtype="PCM_16", format="FLAC"
        )
        self.frames = 0
        self._check()

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._file.size

    def write(self, samples: Samples) -> None:
        """Append samples [shape=(n,)] of [-1, 1), the inverse of `pcm16_to_float`."""
        self._sound.write(np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16))
        self.frames += len(samples)
        self._check()

    def complete(self) -> None:
        """Let it appear under its name."""
        self._sound.close()
        self._check()
        self._file.raw.close()
        self._hidden.rename(self.path)

    def discard(self) -> None:
        """Remove what was written."""
        self._sound.close()
        self._file.raw.close()
        self._hidden.unlink(missing_ok=True)

    def _check(self) -> None:
        if (error := self._file.error) is not None:
            error.filename = str(self.path)
            raise error


class _Kept:
    """A file whose errors are kept, because libsndfile cannot pass them on."""

    def __init__(self, raw: IO[bytes]) -> None:
        self.raw, self.size = raw, 0
        self.error: OSError | None = None
        self.seek, self.tell = raw.seek, raw.tell

    def write(self, data: bytes) -> int:
        try:
            written = 0
            while written < len(data) and self.error is None:
                written += self.raw.write(data[written:])
        except OSError as error:
            self.error = error
        self.size = max(self.size, self.raw.tell())
        return len(data)


def _made(path: Path) -> tuple[Path, Path, IO[bytes]]:
    number = 1
    while True:
        name = path if number == 1 else path.with_stem(f"{path.stem}_{number}")
        hidden = path.with_name(f".{name.name}.unfinished")
        number += 1
        if not name.exists():
            try:
                return name, hidden, hidden.open("xb", buffering=0)
            except FileExistsError:
                continue
