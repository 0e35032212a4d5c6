"""Log-mel spectrogram: mel bands in decibels."""

from dataclasses import dataclass

from auricle.audio import Samples
from auricle.features.spectrum import Array, Spectrum, mel_spectrogram_db


@dataclass(frozen=True)
class Config(Spectrum):
    """Configuration of `kind: log_mel`."""


def extract(windows: Samples, sample_rate_hz: int, config: Config) -> Array:
    """Mel bands in dB [shape=(n_windows, n_frames, n_mels)]."""
    return mel_spectrogram_db(windows, sample_rate_hz, config)
