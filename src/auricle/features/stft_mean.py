"""Mean magnitude spectrum of a window: one row of frequencies."""

from dataclasses import dataclass

import numpy as np

from auricle.audio import Samples
from auricle.core.schema import check, one_of
from auricle.features import Features
from auricle.features.spectrum import Array, centred, hann_frames, power_spectrum


@dataclass(frozen=True)
class Config(Features):
    """Configuration of `kind: stft_mean`."""

    n_fft: int
    hop_length: int
    center: bool
    scale: str

    def __post_init__(self) -> None:
        check(self.n_fft >= 2, f"n_fft={self.n_fft} must be at least 2 samples")
        check(self.hop_length >= 1, f"hop_length={self.hop_length} must be at least 1 sample")
        one_of("scale", self.scale, ("min_max", "absolute"))


def extract(windows: Samples, sample_rate_hz: int, config: Config) -> Array:
    """Mean over the frames of |STFT| [shape=(n_windows, 1, 1 + n_fft // 2)].

    `scale=min_max` maps the least value of a window to 0 and its largest to 1, whatever its level;
    digital silence is 0 throughout.

    Raises
    ------
    AuricleError
        A window is shorter than one frame.
    """
    if config.center:
        windows = centred(windows, config.n_fft)
    frames = hann_frames(windows, config.n_fft, config.hop_length)
    mean = np.sqrt(power_spectrum(frames)).mean(axis=1, keepdims=True)
    if config.scale == "min_max":
        mean -= mean.min(axis=2, keepdims=True)
        mean /= np.maximum(mean.max(axis=2, keepdims=True), np.float32(1e-30))
    return mean
