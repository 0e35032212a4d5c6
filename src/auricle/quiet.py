"""Silence for libraries that write to a person's terminal what is meant for their developers."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def quietly() -> Iterator[None]:
    """Turn away what C and C++ code writes; Python's errors still come.

    TensorFlow and LiteRT write before any logging can be configured, so the descriptors of
    standard output and standard error themselves are turned away.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
    try:
        with Path(os.devnull).open("w") as nothing:
            for descriptor in kept:
                os.dup2(nothing.fileno(), descriptor)
        yield
    finally:
        for descriptor, copy in kept.items():
            os.dup2(copy, descriptor)
            os.close(copy)
