"""Mel bands in time, and one fine spectrum of the whole window: rhythm of syllables, and pitch."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from auricle.audio import Samples
from auricle.core.errors import AuricleError
from auricle.core.schema import check
from auricle.features import Features
from auricle.features.spectrum import (
    Array,
    hann,
    mel_bands_hz,
    mel_power,
    power_spectrum,
    scaled_power,
)

_SMALLEST = np.float32(1e-20)  # so that digital silence is at the floor


@dataclass(frozen=True)
class Config(Features):
    """Configuration of `kind: two_resolutions`."""

    n_fft: int
    hop_length: int
    n_mels: int
    fmin_hz: float
    fmax_hz: float | None
    fine_bins: int
    fine_hz: float
    emphasis: float
    floor_db: float

    def __post_init__(self) -> None:
        check(self.n_fft >= 2, f"n_fft={self.n_fft} must be at least 2 samples")
        check(self.hop_length >= 1, f"hop_length={self.hop_length} must be at least 1 sample")
        check(self.n_mels >= 1, f"n_mels={self.n_mels} must be at least 1")
        check(self.fmin_hz >= 0, f"fmin_hz={self.fmin_hz} must not be negative")
        check(
            self.fmax_hz is None or self.fmax_hz > self.fmin_hz,
            f"fmax_hz={self.fmax_hz} must lie above fmin_hz={self.fmin_hz}",
        )
        check(
            self.fine_bins > 0 and self.fine_bins % self.n_mels == 0,
            f"fine_bins={self.fine_bins} must be a multiple of n_mels={self.n_mels}: they stand "
            "in rows below the mel bands",
        )
        check(self.fine_hz > self.fmin_hz, f"fine_hz={self.fine_hz} must lie above fmin_hz")
        check(0 <= self.emphasis < 1, f"emphasis={self.emphasis} must lie in [0, 1)")
        check(self.floor_db > 0, f"floor_db={self.floor_db} must be positive")


def extract(windows: Samples, sample_rate_hz: int, config: Config) -> Array:
    """Decibels over the window's own mean power [shape=(n_windows, n_rows, n_mels)].

    The first rows are frames of mel bands; the last `fine_bins / n_mels` rows hold the spectrum of
    the whole window from 0 to `fine_hz`, its bins in order. Both are relative to their mean, so
    that loudness does not decide the class, and end softly `floor_db` below it.
    """
    bands = mel_power(
        windows,
        sample_rate_hz,
        config.n_fft,
        config.hop_length,
        config.n_mels,
        config.fmin_hz,
        config.fmax_hz,
    )
    fine = _fine_spectrum(windows, sample_rate_hz, config)
    rows = fine.reshape(len(windows), fine_rows(config), config.n_mels)
    return from_power(np.concatenate([bands, rows], axis=1), sample_rate_hz, config)


def fine_rows(config: Config) -> int:
    """How many of the rows, the last ones, hold the spectrum of the whole window."""
    return config.fine_bins // config.n_mels


def cells(shape: tuple[int, int], sample_rate_hz: int, config: Config) -> tuple[Array, Array]:
    """Frequency of each cell, and its weight in a window's power [shape=(n_rows, n_mels)]."""
    rows = fine_rows(config)
    frames = shape[0] - rows
    centres, widths = mel_bands_hz(sample_rate_hz, config.n_mels, config.fmin_hz, config.fmax_hz)
    bins_hz = config.fine_hz / config.fine_bins * (np.arange(config.fine_bins) + 0.5)
    fine_hz = bins_hz.reshape(rows, config.n_mels).astype(np.float32)
    centres_hz = np.concatenate([np.tile(centres, (frames, 1)), fine_hz])
    # The mel bands alone make up the power: the fine spectrum holds it once more.
    weights = np.concatenate([np.tile(widths / frames, (frames, 1)), 0 * fine_hz])
    return centres_hz, weights


def to_power(features: Array, levels_dbfs: Array, sample_rate_hz: int, config: Config) -> Array:
    """Power a Hz in the cells [shape=(n_windows, n_rows, n_mels)] of windows of known level.

    What the fine spectrum holds of a window's power is told by the mel bands up to `fine_hz`.
    """
    first_fine = features.shape[1] - fine_rows(config)
    centres, widths = mel_bands_hz(sample_rate_hz, config.n_mels, config.fmin_hz, config.fmax_hz)
    # What is at the floor holds nothing, and not what rounding leaves.
    floor = _floor(config) * np.float32(1.001)
    relative = np.maximum(np.exp(features * np.float32(np.log(10) / 10)) - floor, 0)
    power = relative / _emphasis(features.shape[1:], sample_rate_hz, config)
    bands = scaled_power(power[:, :first_fine], levels_dbfs, widths)
    below = bands.mean(axis=1) @ (widths * (centres < config.fine_hz))
    fine = power[:, first_fine:]
    mean = np.maximum(fine.mean(axis=(1, 2)), np.float32(1e-30))
    fine *= (below / mean / np.float32(config.fine_hz))[:, None, None]
    return np.concatenate([bands, fine], axis=1)


def from_power(power: Array, sample_rate_hz: int, config: Config) -> Array:
    """Features of powers of cells [shape=(n_windows, n_rows, n_mels)]."""
    weights = _emphasis(power.shape[1:], sample_rate_hz, config)
    power = power * weights
    first_fine = power.shape[1] - fine_rows(config)
    parts = (power[:, :first_fine], power[:, first_fine:])
    return np.concatenate([_relative_db(part, _floor(config)) for part in parts], axis=1)


@lru_cache
def _emphasis(shape: tuple[int, int], sample_rate_hz: int, config: Config) -> Array:
    """Give the power response of y[n] = x[n] - `emphasis` * x[n - 1] at each cell."""
    centres_hz, _ = cells(shape, sample_rate_hz, config)
    turn = np.cos(2 * np.pi * centres_hz / sample_rate_hz)
    return (1 - 2 * config.emphasis * turn + config.emphasis**2).astype(np.float32)


def _floor(config: Config) -> np.float32:
    """Power, over the mean of its part, that each cell is given on top of its own."""
    return np.float32(10 ** (-config.floor_db / 10))


def _relative_db(power: Array, floor: np.float32) -> Array:
    """Decibels of powers [shape=(n_windows, rows, columns)] over the mean of each window."""
    cells = power.shape[1] * power.shape[2]
    mean = np.add.reduce(power, axis=(1, 2), keepdims=True) / np.float32(cells)
    decibels: Array = 10 * np.log10(power / (mean + _SMALLEST) + floor)
    return decibels


def _fine_spectrum(windows: Samples, sample_rate_hz: int, config: Config) -> Array:
    """Power from 0 to `fine_hz` in `fine_bins` bins [shape=(n_windows, fine_bins)].

    Each is the strongest of the DFT's bins in it: a partial is as high wherever it falls.
    """
    length = windows.shape[1]
    n_fft = 1 << (length - 1).bit_length()
    each = round(config.fine_hz * n_fft / sample_rate_hz / config.fine_bins)
    if each < 1 or config.fine_hz > sample_rate_hz / 2:
        raise AuricleError(
            f"features.fine_bins={config.fine_bins} up to features.fine_hz={config.fine_hz:g} "
            f"cannot be had from windows of {length} samples at {sample_rate_hz} Hz: lower "
            "fine_bins, or fine_hz to at most half the rate"
        )
    power = power_spectrum(np.ascontiguousarray(windows, np.float32) * hann(length), n_fft)
    lowest = int(config.fmin_hz * n_fft / sample_rate_hz)
    power[:, :lowest] = 0  # a microphone's offset and rumble
    return power[:, : config.fine_bins * each].reshape(len(windows), config.fine_bins, each).max(2)
