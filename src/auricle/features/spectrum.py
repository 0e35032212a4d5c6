"""What spectral features share: frames, power spectra, mel bands, decibels. Pure numpy.

The definitions are librosa's (0.11), so that features agree with what the field computes; none of
its code or import time is needed here.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle.audio import Samples
from auricle.core.errors import AuricleError
from auricle.core.schema import check, one_of
from auricle.features import Features

Array = npt.NDArray[np.float32]

_GROUP = 10  # mel bands whose product is taken at once
AMIN = np.float32(1e-10)  # smallest power, -100 dB


@dataclass(frozen=True)
class Spectrum(Features):
    """Configuration of a mel spectrogram in decibels."""

    n_fft: int
    hop_length: int
    center: bool
    n_mels: int
    fmin_hz: float
    fmax_hz: float | None
    top_db: float | None
    level: str

    def __post_init__(self) -> None:
        check(self.n_fft >= 2, f"n_fft={self.n_fft} must be at least 2 samples")
        check(self.hop_length >= 1, f"hop_length={self.hop_length} must be at least 1 sample")
        check(self.n_mels >= 1, f"n_mels={self.n_mels} must be at least 1")
        check(self.fmin_hz >= 0, f"fmin_hz={self.fmin_hz} must not be negative")
        check(
            self.fmax_hz is None or self.fmax_hz > self.fmin_hz,
            f"fmax_hz={self.fmax_hz} must lie above fmin_hz={self.fmin_hz}",
        )
        check(self.top_db is None or self.top_db > 0, f"top_db={self.top_db} must be positive")
        one_of("level", self.level, ("window", "absolute"))

    @property
    def band_hz(self) -> tuple[float, float | None]:
        """Lowest and highest frequency of the mel bands."""
        return self.fmin_hz, self.fmax_hz


def mel_spectrogram_db(windows: Samples, sample_rate_hz: int, config: Spectrum) -> Array:
    """Mel power spectrogram in dB relative to 1 [shape=(n_windows, n_frames, n_mels)].

    Raises
    ------
    AuricleError
        A window is shorter than one frame.
    """
    if config.center:
        windows = centred(windows, config.n_fft)
    power = mel_power(
        windows, sample_rate_hz, config.n_fft, config.hop_length, config.n_mels, *config.band_hz
    )
    return in_decibels(power, config)


def in_decibels(power: Array, config: Spectrum) -> Array:
    """Decibels of mel powers, cut and levelled as configured; the shape stays."""
    decibels: Array = 10 * np.log10(np.maximum(power, AMIN))
    if config.top_db is not None:
        loudest = decibels.max(axis=(1, 2), keepdims=True)
        decibels = np.maximum(decibels, loudest - np.float32(config.top_db))
    if config.level == "window":
        level = np.add.reduce(decibels, axis=(1, 2), keepdims=True)
        decibels -= level / np.float32(decibels.shape[1] * decibels.shape[2])
    return decibels


def scaled_power(power: Array, levels_dbfs: Array, widths_hz: Array) -> Array:
    """Powers of mel bands, scaled so that each window has its level.

    Parameters
    ----------
    power : [shape=(n_windows, n_frames, n_mels)]
        Of any unit.
    levels_dbfs : [shape=(n_windows,)]
    widths_hz : [shape=(n_mels,)]
        Of the bands, whose cells are densities.
    """
    total = (power.mean(axis=1) @ widths_hz)[:, None, None]
    scale = np.exp(levels_dbfs * np.float32(np.log(10) / 10))[:, None, None]
    scaled: Array = power * (scale / np.maximum(total, np.float32(1e-30)))
    return scaled


def mel_bands_hz(
    sample_rate_hz: int, n_mels: int, fmin_hz: float, fmax_hz: float | None
) -> tuple[Array, Array]:
    """Centre and width of each mel band, each [shape=(n_mels,)]."""
    top = sample_rate_hz / 2 if fmax_hz is None else fmax_hz
    edges = _mel_to_hz(np.linspace(_hz_to_mel(fmin_hz), _hz_to_mel(top), n_mels + 2))
    return edges[1:-1].astype(np.float32), ((edges[2:] - edges[:-2]) / 2).astype(np.float32)


def mel_power(
    windows: Samples,
    sample_rate_hz: int,
    n_fft: int,
    hop_length: int,
    n_mels: int,
    fmin_hz: float,
    fmax_hz: float | None,
) -> Array:
    """Mel power spectrogram [shape=(n_windows, n_frames, n_mels)], frames not centred.

    Raises
    ------
    AuricleError
        A window is shorter than one frame.
    """
    power = power_spectrum(hann_frames(windows, n_fft, hop_length))
    bands = [
        # A product per window (3-D) gives the same bits for one window and many; a flat one not.
        np.matmul(power[:, :, bins], filters)
        for bins, filters in _banded_mel_filters(sample_rate_hz, n_fft, n_mels, fmin_hz, fmax_hz)
    ]
    return np.concatenate(bands, axis=2)


def power_spectrum(frames: Array, n_fft: int | None = None) -> Array:
    """Squared magnitudes of the DFT of frames [shape=(..., length) -> (..., 1 + n_fft // 2)]."""
    spectrum = np.fft.rfft(frames, n_fft)  # float32 in, complex64 out
    squares = np.square(spectrum.view(np.float32))  # real and imaginary parts by turns
    return squares[..., ::2] + squares[..., 1::2]


def centred(windows: Samples, n_fft: int) -> Samples:
    """Pad windows with zeros, as librosa does, so that frames are centred on their time."""
    padding = n_fft // 2
    return np.pad(windows, ((0, 0), (padding, padding)))


def hann_frames(windows: Samples, n_fft: int, hop_length: int) -> Array:
    """Frames of windows under a Hann window [shape=(n_windows, n_frames, n_fft)].

    Raises
    ------
    AuricleError
        A window is shorter than one frame.
    """
    if windows.shape[1] < n_fft:
        raise AuricleError(
            f"A window of {windows.shape[1]} samples holds no frame of features.n_fft={n_fft}: "
            "lengthen preprocess.window_s or lower features.n_fft"
        )
    frames: Array = framed(windows, n_fft, hop_length) * hann(n_fft)
    return frames


def framed(windows: Samples, length: int, hop: int) -> Array:
    """View of the frames of windows [shape=(n_windows, n_frames, length)].

    What `sliding_window_view` gives, in a tenth of the time: a listener has one window at once.
    """
    count = 1 + (windows.shape[1] - length) // hop
    across, along = 4 * windows.shape[1], 4  # bytes
    shape, strides = (len(windows), count, length), (across, along * hop, along)
    # The view keeps what it is a view of; nothing writes to it.
    return np.ndarray(shape, np.float32, np.ascontiguousarray(windows, np.float32), strides=strides)


@lru_cache
def hann(length: int) -> Array:
    """Periodic Hann window [shape=(length,)]."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)


@lru_cache
def mel_filters(
    sample_rate_hz: int, n_fft: int, n_mels: int, fmin_hz: float, fmax_hz: float | None
) -> Array:
    """Triangular mel filters of equal area [shape=(1 + n_fft // 2, n_mels)].

    The scale is Slaney's (Auditory Toolbox, 1998): linear to 1 kHz, logarithmic above.

    Raises
    ------
    AuricleError
        The highest frequency lies above half the sampling rate.
    """
    nyquist_hz = sample_rate_hz / 2
    fmax_hz = nyquist_hz if fmax_hz is None else fmax_hz
    if fmax_hz > nyquist_hz:
        raise AuricleError(
            f"features.fmax_hz={fmax_hz} lies above {nyquist_hz} Hz, half of "
            f"preprocess.sample_rate_hz={sample_rate_hz}"
        )
    edges = np.linspace(_hz_to_mel(fmin_hz), _hz_to_mel(fmax_hz), n_mels + 2)
    edges_hz = _mel_to_hz(edges)
    bins_hz = np.linspace(0, nyquist_hz, 1 + n_fft // 2)
    below = (bins_hz[:, None] - edges_hz[:-2]) / np.diff(edges_hz)[:-1]
    above = (edges_hz[2:] - bins_hz[:, None]) / np.diff(edges_hz)[1:]
    triangles = np.maximum(0, np.minimum(below, above))
    return (triangles * 2 / (edges_hz[2:] - edges_hz[:-2])).astype(np.float32)


@lru_cache
def _banded_mel_filters(*settings: Any) -> list[tuple[slice, Array]]:
    """Cut the mel filters into groups of neighbours, each with the bins it covers.

    Most of the whole matrix is zeros; leaving them out makes the product several times cheaper.
    """
    whole = mel_filters(*settings)
    groups = []
    for start in range(0, whole.shape[1], _GROUP):
        filters = whole[:, start : start + _GROUP]
        used = np.flatnonzero(filters.any(axis=1))
        bins = slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 1)
        groups.append((bins, np.ascontiguousarray(filters[bins])))
    return groups


_HZ_PER_MEL = 200 / 3
_LOG_STEP = np.log(6.4) / 27
_KNEE_HZ = 1000.0
_KNEE_MEL = _KNEE_HZ / _HZ_PER_MEL


def _hz_to_mel(frequency_hz: float) -> float:
    if frequency_hz < _KNEE_HZ:
        return frequency_hz / _HZ_PER_MEL
    return float(_KNEE_MEL + np.log(frequency_hz / _KNEE_HZ) / _LOG_STEP)


def _mel_to_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(
        mel < _KNEE_MEL, mel * _HZ_PER_MEL, _KNEE_HZ * np.exp(_LOG_STEP * (mel - _KNEE_MEL))
    )
