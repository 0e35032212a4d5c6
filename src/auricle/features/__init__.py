"""Features of windows: one `extract` serves preparation, export and the live listener.

A kind is a file of this package. It holds a dataclass `Config`, whose field `kind` is the file's
name, and a function `extract(windows, sample_rate_hz, config)`.
"""

import functools
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
        schema: type[Features] = _module(kind).Config
        return schema


@functools.cache
def _module(kind: str) -> Any:
    return importlib.import_module(f"auricle.features.{kind}")


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
    kind = _module(features.kind)
    if len(windows) <= _CHUNK:
        few: npt.NDArray[np.float32] = kind.extract(windows, sample_rate_hz, features)
        return few
    starts = range(0, len(windows), _CHUNK)
    return np.concatenate(
        [kind.extract(windows[i : i + _CHUNK], sample_rate_hz, features) for i in starts]
    )


def shape(window: int, sample_rate_hz: int, features: Features) -> tuple[int, int]:
    """Frames and coefficients of one window of `window` samples."""
    one = extract(np.zeros((1, window), np.float32), sample_rate_hz, features)
    return one.shape[1], one.shape[2]
