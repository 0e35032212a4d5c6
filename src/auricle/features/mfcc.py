"""Mel-frequency cepstral coefficients (Davis and Mermelstein, 1980)."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from auricle.audio import Samples
from auricle.config import check
from auricle.features.spectrum import Array, Spectrum, mel_spectrogram_db


@dataclass(frozen=True)
class Config(Spectrum):
    """Configuration of `kind: mfcc`."""

    n_mfcc: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check(
            1 <= self.n_mfcc <= self.n_mels,
            f"n_mfcc={self.n_mfcc} must lie between 1 and n_mels={self.n_mels}",
        )


def extract(windows: Samples, sample_rate_hz: int, config: Config) -> Array:
    """Orthonormal DCT-II of the mel bands in dB [shape=(n_windows, n_frames, n_mfcc)]."""
    decibels = mel_spectrogram_db(windows, sample_rate_hz, config)
    cepstrum: Array = np.matmul(decibels, _dct(config.n_mels, config.n_mfcc))
    return cepstrum


@lru_cache
def _dct(n_in: int, n_out: int) -> Array:
    """Orthonormal DCT-II as a matrix [shape=(n_in, n_out)]."""
    angle = np.pi / n_in * (np.arange(n_in)[:, None] + 0.5) * np.arange(n_out)
    basis = np.cos(angle) * np.sqrt(2 / n_in)
    basis[:, 0] /= np.sqrt(2)
    return basis.astype(np.float32)
