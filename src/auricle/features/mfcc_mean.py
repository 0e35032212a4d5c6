"""Statistics of MFCCs over the frames of a window: what sounds in it, not in which order."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from auricle.audio import Samples
from auricle.core.schema import check, one_of
from auricle.features import mfcc
from auricle.features.spectrum import Array

_STATISTICS: dict[str, Any] = {"mean": np.mean, "std": np.std, "min": np.min, "max": np.max}
_WIDTH = 9  # frames a difference is taken over; librosa's


@dataclass(frozen=True)
class Config(mfcc.Config):
    """Configuration of `kind: mfcc_mean`."""

    differences: int
    statistics: list[str]

    def __post_init__(self) -> None:
        super().__post_init__()
        check(0 <= self.differences <= 2, f"differences={self.differences} must be 0, 1 or 2")
        check(bool(self.statistics), "statistics is empty: name at least one")
        for name in self.statistics:
            one_of("statistics", name, tuple(_STATISTICS))


def extract(windows: Samples, sample_rate_hz: int, config: Config) -> Array:
    """Each statistic of each coefficient, one row [shape=(n_windows, 1, n_values)].

    The values are ordered by statistic, then by order of difference, then by coefficient:
    n_values = len(statistics) * (1 + differences) * n_mfcc.
    """
    rows = [mfcc.extract(windows, sample_rate_hz, config)]
    for _ in range(config.differences):
        rows.append(np.matmul(_slope(rows[-1].shape[1]), rows[-1]))
    stacked = np.concatenate(rows, axis=2)
    pooled = [_STATISTICS[name](stacked, axis=1) for name in config.statistics]
    return np.concatenate(pooled, axis=1)[:, None]


@lru_cache
def _slope(frames: int) -> Array:
    """Slope of a line through nine frames about each, as a matrix [shape=(frames, frames)].

    That is the Savitzky-Golay filter of degree 1; frames beyond the ends are the first and last.
    """
    reach = np.arange(_WIDTH) - _WIDTH // 2
    matrix = np.zeros((frames, frames))
    for frame in range(frames):
        np.add.at(matrix[frame], np.clip(frame + reach, 0, frames - 1), reach / np.sum(reach**2))
    return matrix.astype(np.float32)
