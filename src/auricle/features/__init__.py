"""Features of windows: one `extract` serves preparation, export and the live listener.

A kind is a file of this package. It holds a dataclass `Config`, whose field `kind` is the file's
name, and a function `extract(windows, sample_rate_hz, config)`; one whose features are spectra has
`cells`, `to_power` and `from_power` too, and can be mixed and coloured after extraction.
"""

import pkgutil
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from auricle.audio import Samples
from auricle.core.kinds import Kinds
from auricle.core.schema import check

KINDS = Kinds(
    "features.kind",
    {
        found.name: f"{__name__}.{found.name}"
        for found in pkgutil.iter_modules(__path__)
        if found.name != "spectrum"  # what several kinds share
    },
)

_Array = npt.NDArray[np.float32]

# Windows that go through at once: enough to keep numpy busy, few enough to stay in the cache.
_CHUNK = 16


@dataclass(frozen=True)
class Features:
    """What every feature's configuration has: its kind, which is a file of this package."""

    KINDS: ClassVar[Kinds] = KINDS
    kind: str


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
    kind = KINDS.module(features.kind)
    if len(windows) <= _CHUNK:
        few: npt.NDArray[np.float32] = kind.extract(windows, sample_rate_hz, features)
        return few
    starts = range(0, len(windows), _CHUNK)
    return np.concatenate(
        [kind.extract(windows[i : i + _CHUNK], sample_rate_hz, features) for i in starts]
    )


class Spectra:
    """Features as power a Hz in cells of time and frequency, and back.

    `cells_hz` and `weights` [shape=(n_rows, n_columns)] are the frequency of each cell, and what it
    counts for in the power of its window.

    Raises
    ------
    AuricleError
        Features of this kind are no spectra.
    """

    def __init__(self, shape: tuple[int, int], sample_rate_hz: int, features: Features) -> None:
        self._kind, self._rate_hz, self._features = (
            KINDS.module(features.kind),
            sample_rate_hz,
            features,
        )
        check(
            hasattr(self._kind, "to_power"),
            f"features.kind={features.kind} are no spectra, which could be changed in training: "
            "set train/changes=none",
        )
        self.fine_rows = fine_rows(features)
        self.cells_hz: _Array
        self.weights: _Array
        self.cells_hz, self.weights = self._kind.cells(shape, sample_rate_hz, features)

    def to_power(self, features: _Array, levels_dbfs: _Array) -> _Array:
        """Cells of windows [shape=(n_windows, n_rows, n_columns)] of known level [n_windows]."""
        power: _Array = self._kind.to_power(features, levels_dbfs, self._rate_hz, self._features)
        return power

    def total(self, power: _Array) -> _Array:
        """Power of each window [shape=(n_windows,)]; 1 is a full-scale square wave."""
        total: _Array = np.einsum("nrc,rc->n", power, self.weights)
        return total

    def from_power(self, power: _Array) -> _Array:
        """Features [shape=(n_windows, n_frames, n_coefficients)] of cells."""
        features: _Array = self._kind.from_power(power, self._rate_hz, self._features)
        return features


def fine_rows(features: Features) -> int:
    """How many rows at the end of a window's features are one fine spectrum, in order; mostly 0."""
    rows: int = getattr(KINDS.module(features.kind), "fine_rows", lambda _: 0)(features)
    return rows


def to_bands(features: Features) -> _Array | None:
    """Matrix [shape=(n_coefficients, n_mels)] that makes mel bands of cepstral coefficients.

    None where features are no cepstral coefficients.
    """
    bands: _Array | None = getattr(KINDS.module(features.kind), "to_bands", lambda _: None)(
        features
    )
    return bands


def shape(window: int, sample_rate_hz: int, features: Features) -> tuple[int, int]:
    """Frames and coefficients of one window of `window` samples."""
    one = extract(np.zeros((1, window), np.float32), sample_rate_hz, features)
    return one.shape[1], one.shape[2]
