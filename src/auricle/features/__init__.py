"""Features of windows: one `extract` serves preparation, export and the live listener.

A kind is a file of this package. It holds a dataclass `Config`, whose field `kind` is the file's
name, and a function `extract(windows, sample_rate_hz, config)`.
"""

import importlib
import pkgutil
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle.audio import Samples
from auricle.config import one_of

KINDS = tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name != "spectrum"))

# Windows that go through at once: enough to keep numpy busy, few enough to stay in the cache.
_CHUNK = 16


@dataclass(frozen=True)
class Features:
    """What every feature's configuration has: its kind, which is a file of this package."""

    kind: str

    @staticmethod
    def schema_for(node: Any) -> type["Features"]:
        """Give the schema of the kind a configuration names."""
        kind = node.get("kind")
        one_of("features.kind", kind, KINDS)
        schema: type[Features] = importlib.import_module(f"auricle.features.{kind}").Config
        return schema


def extract(windows: Samples, sample_rate_hz: int, features: Features) -> npt.NDArray[np.float32]:
    """Features of windows, each from its own samples alone.

    Parameters
    ----------
    windows : [shape=(n_windows, n_samples)]
        Mono samples in [-1, 1].
    sample_rate_hz
        Sampling rate of the windows.
    features
        Configuration of one of `KINDS`.

    Returns
    -------
    [shape=(n_windows, n_frames, n_coefficients)], float32
        The same numbers, bit for bit, whether windows come one by one or together.
    """
    kind = importlib.import_module(f"auricle.features.{features.kind}")
    chunks = [
        kind.extract(windows[start : start + _CHUNK], sample_rate_hz, features)
        for start in range(0, max(1, len(windows)), _CHUNK)
    ]
    return chunks[0] if len(chunks) == 1 else np.concatenate(chunks)


def shape(window: int, sample_rate_hz: int, features: Features) -> tuple[int, int]:
    """Frames and coefficients of one window of `window` samples."""
    one = extract(np.zeros((1, window), np.float32), sample_rate_hz, features)
    return one.shape[1], one.shape[2]
