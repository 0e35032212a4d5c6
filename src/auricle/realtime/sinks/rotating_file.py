"""A file of lines that is rotated, and loses none silently: what cannot be written now waits."""

import os
import stat
from collections import deque
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from auricle.realtime.clock import clock

_WAITING = 10_000  # lines, for hours of a full disk
_RETRY_S = 1.0
_STANDARD_OUTPUT = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


class RotatingFile:
    """Append lines to a file; once it is full it becomes FILE.1, what was that FILE.2, and so on.

    A line is written as it comes, whole and to one file. Others may append to the file, move it
    away or remove it meanwhile.

    Parameters
    ----------
    most_bytes
        Size after which it is rotated.
    files
        How many are kept, the newest included.
    header
        First line of each file, or nothing.
    """

    def __init__(self, path: Path, most_bytes: float, files: int, header: bytes = b"") -> None:
        self._path, self._most_bytes, self._files, self._header = path, most_bytes, files, header
        self._descriptor: int | None = None
        self._waiting: deque[bytes] = deque()
        self._error: OSError | None = None
        self._retry_s = 0.0
        self._passed = 0  # bytes written since it was opened
        self.lost = 0

    def open(self) -> None:
        """Open it, in a folder that is made where there is none.

        Raises
        ------
        OSError
            It cannot be written.
        """
        with suppress(FileExistsError):
            self._path.parent.mkdir(parents=True)
        self._open()

    def write(self, line: bytes) -> None:
        """Write a line that ends with a newline, after those that wait.

        Raises
        ------
        OSError
            It cannot be written: the line waits.
        """
        self._waiting.append(line)
        try:
            self._write()
        except OSError:
            if len(self._waiting) > _WAITING:
                self._waiting.popleft()
                self.lost += 1
            raise

    def retry(self) -> None:
        """Write what waits, about once a second.

        Raises
        ------
        OSError
            It still cannot be written.
        """
        if not self._waiting:
            return
        if self._error is not None and clock() < self._retry_s:
            raise self._error.with_traceback(None)
        self._write()

    def close(self) -> None:
        """Write what waits, for the last time.

        Raises
        ------
        OSError
            Lines are lost.
        """
        try:
            self._write()
        except BrokenPipeError:
            raise
        except OSError as error:
            lost = self.lost + len(self._waiting)
            raise OSError(f"{lost} lines of {self._path} are lost: {error.strerror}") from error
        finally:
            self._close()

    def _write(self) -> None:
        try:
            while self._waiting:
                self._append(self._waiting[0])
                self._waiting.popleft()
        except OSError as error:
            error.filename = str(self._path)
            if isinstance(error, BrokenPipeError) and error.filename not in _STANDARD_OUTPUT:
                # The end of a pipe's reader is the end of the listener only where that is all it
                # tells; of others it must be told, like any file that cannot be written.
                error = OSError(f"nobody reads {self._path} any more")
            self._error, self._retry_s = error, clock() + _RETRY_S
            raise error
        self._error = None

    def _append(self, line: bytes) -> None:
        descriptor = self._current()
        status = os.fstat(descriptor)
        regular = stat.S_ISREG(status.st_mode)  # else a pipe, a terminal
        size = status.st_size if regular else self._passed
        if regular and size > len(self._header) and size + len(line) > self._most_bytes:
            self._rotate()
            descriptor, size = self._open(), 0
        _write_whole(descriptor, line if size else self._header + line)
        self._passed += len(line)

    def _current(self) -> int:
        """Give the file that has the path now: another listener may have rotated it."""
        if self._descriptor is not None:
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(self._descriptor), self._path.stat()):
                    return self._descriptor
        return self._open()

    def _rotate(self) -> None:
        names = [self._path, *(Path(f"{self._path}.{i}") for i in range(1, self._files))]
        names[-1].unlink(missing_ok=True)
        for newer, older in reversed(list(pairwise(names))):
            with suppress(FileNotFoundError):
                newer.replace(older)

    def _open(self) -> int:
        self._close()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor, self._passed = os.open(self._path, flags, 0o666), 0
        if self._is_cut():
            _write_whole(self._descriptor, b"\n")
        return self._descriptor

    def _is_cut(self) -> bool:
        """Whether whoever wrote last was killed within a line."""
        with suppress(PermissionError):  # one that may be written need not be readable
            if self._path.is_file() and self._path.stat().st_size:
                with self._path.open("rb") as file:
                    file.seek(-1, os.SEEK_END)
                    return file.read() != b"\n"
        return False

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None


def _write_whole(descriptor: int, line: bytes) -> None:
    """Write all of a line or, where the disk is full, nothing."""
    written = 0
    try:
        while written < len(line):
            written += os.write(descriptor, line[written:])
    except OSError:
        if written:
            with suppress(OSError):
                end = os.lseek(descriptor, 0, os.SEEK_CUR)
                if os.fstat(descriptor).st_size == end:  # nobody has written after it
                    os.ftruncate(descriptor, end - written)
        raise
