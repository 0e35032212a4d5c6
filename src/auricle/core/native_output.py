"""Silence for libraries that write to a person's terminal what is meant for their developers."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def silenced() -> Iterator[None]:
    """Turn away what C and C++ code writes; Python's errors still come.

    TensorFlow and LiteRT write before any logging can be configured, so the descriptors of
    standard output and standard error themselves are turned away.
    """
    streams = [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
    for stream in streams:  # one that was closed before the start is None
        stream.flush()
    kept = {descriptor: os.dup(descriptor) for descriptor in (1, 2) if _is_open(descriptor)}
    try:
        with Path(os.devnull).open("w") as nothing:
            for descriptor in kept:
                os.dup2(nothing.fileno(), descriptor)
        yield
    finally:
        for descriptor, copy in kept.items():
            os.dup2(copy, descriptor)
            os.close(copy)


def silence_native_stderr() -> None:
    """Turn away for good what C code writes to standard error; `sys.stderr` still writes there."""
    if sys.stderr is None or not _is_open(2) or sys.stderr.fileno() != 2:
        return
    sys.stderr.flush()
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")
    with Path(os.devnull).open("w") as nothing:
        os.dup2(nothing.fileno(), 2)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
