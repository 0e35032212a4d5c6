"""Mel-frequency cepstral coefficients (Davis and Mermelstein, 1980)."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from auricle.audio import Samples
from auricle.core.schema import check
from auricle.features import log_mel
from auricle.features.spectrum import Array, mel_spectrogram_db


@dataclass(frozen=True)
class Config(log_mel.Config):
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
    return _cepstrum(mel_spectrogram_db(windows, sample_rate_hz, config), config)


def cells(shape: tuple[int, int], sample_rate_hz: int, config: Config) -> tuple[Array, Array]:
    """Frequency and weight of the mel cells that the coefficients are of."""
    return log_mel.cells((shape[0], config.n_mels), sample_rate_hz, config)


def to_power(features: Array, levels_dbfs: Array, sample_rate_hz: int, config: Config) -> Array:
    """Power a Hz in the mel cells [shape=(n_windows, n_frames, n_mels)] of windows of known level.

    With fewer coefficients than bands they are smooth along the bands.
    """
    decibels = np.matmul(features, to_bands(config))
    return log_mel.to_power(decibels, levels_dbfs, sample_rate_hz, config)


def from_power(power: Array, sample_rate_hz: int, config: Config) -> Array:
    """Features of powers: the way back."""
    return _cepstrum(log_mel.from_power(power, sample_rate_hz, config), config)


def to_bands(config: Config) -> Array:
    """Inverse of the DCT [shape=(n_mfcc, n_mels)]; of fewer coefficients, the smooth part."""
    return _dct(config.n_mels, config.n_mfcc).T


def _cepstrum(decibels: Array, config: Config) -> Array:
    cepstrum: Array = np.matmul(decibels, _dct(config.n_mels, config.n_mfcc))
    return cepstrum


@lru_cache
def _dct(n_in: int, n_out: int) -> Array:
    """Orthonormal DCT-II as a matrix [shape=(n_in, n_out)]."""
    angle = np.pi / n_in * (np.arange(n_in)[:, None] + 0.5) * np.arange(n_out)
    basis = np.cos(angle) * np.sqrt(2 / n_in)
    basis[:, 0] /= np.sqrt(2)
    return basis.astype(np.float32)
