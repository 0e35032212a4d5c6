"""Log-mel spectrogram: mel bands in decibels."""

from dataclasses import dataclass

import numpy as np

from auricle.audio import Samples
from auricle.features.spectrum import (
    Array,
    Spectrum,
    in_decibels,
    mel_bands_hz,
    mel_spectrogram_db,
    scaled_power,
)


@dataclass(frozen=True)
class Config(Spectrum):
    """Configuration of `kind: log_mel`."""


def extract(windows: Samples, sample_rate_hz: int, config: Config) -> Array:
    """Mel bands in dB [shape=(n_windows, n_frames, n_mels)]."""
    return mel_spectrogram_db(windows, sample_rate_hz, config)


def cells(shape: tuple[int, int], sample_rate_hz: int, config: Config) -> tuple[Array, Array]:
    """Frequency of each cell, and its weight in a window's power [shape=(n_frames, n_mels)]."""
    centres, widths = mel_bands_hz(sample_rate_hz, config.n_mels, *config.band_hz)
    frames = shape[0]
    return np.tile(centres, (frames, 1)), np.tile(widths / frames, (frames, 1))


def to_power(features: Array, levels_dbfs: Array, sample_rate_hz: int, config: Config) -> Array:
    """Power a Hz in the cells [shape=(n_windows, n_frames, n_mels)] of windows of known level."""
    _, widths = mel_bands_hz(sample_rate_hz, config.n_mels, *config.band_hz)
    power = np.exp(features * np.float32(np.log(10) / 10))
    return scaled_power(power, levels_dbfs, widths)


def from_power(power: Array, sample_rate_hz: int, config: Config) -> Array:
    """Features of powers: the way back."""
    # A bin of noise of density d holds d * n_fft^2 * 3 / 16; a Hann window's mean square is 3 / 8.
    return in_decibels(power * np.float32(config.n_fft**2 * 3 / 16), config)
