"""Elementary operations on mono signals, shared by all generators."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

FloatArray = npt.NDArray[np.float32]

SAMPLE_RATE_HZ = 16000


def amplitude(level_db: float) -> float:
    """Return the linear amplitude of a level in dB."""
    return float(10.0 ** (level_db / 20.0))


def rms(samples: npt.NDArray[np.floating]) -> float:
    """Return the root mean square; the tiny bias keeps divisions by it finite."""
    return float(np.sqrt(np.mean(np.square(samples), dtype=np.float64) + 1e-20))


def at_rms(samples: npt.NDArray[np.floating], level_db: float) -> FloatArray:
    """Scale `samples` to an RMS of `level_db` dBFS; digital silence stays silent."""
    return (samples * (amplitude(level_db) / max(rms(samples), 1e-9))).astype(np.float32)


def instants_s(count: int) -> npt.NDArray[np.float64]:
    """Return the times of `count` samples in s."""
    return np.arange(count) / SAMPLE_RATE_HZ


def fit(samples: FloatArray, count: int) -> FloatArray:
    """Cut `samples` or extend them with zeros to `count` samples."""
    return np.pad(samples[:count], (0, max(0, count - len(samples))))


def add_at(track: npt.NDArray[np.floating], sound: npt.NDArray[np.floating], start: int) -> None:
    """Add `sound` to `track` in place from sample `start` on, leaving out what does not fit."""
    if 0 <= start < len(track):
        room = min(len(sound), len(track) - start)
        track[start : start + room] += sound[:room]


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw from [low, high] uniformly on a logarithmic scale, as the ear spaces most things."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def drift(rng: np.random.Generator, count: int, rate_hz: float, per_second: float) -> FloatArray:
    """Return a smooth random curve of about unit variance.

    Parameters
    ----------
    rng
        Source of randomness.
    count
        Length of the curve in points.
    rate_hz
        Independent values a second; between them the curve is interpolated.
    per_second
        Points of the curve a second.
    """
    spacing = per_second / rate_hz
    knots = rng.standard_normal(int(count / spacing) + 3)
    return np.interp(
        np.arange(count) / spacing + rng.random(), np.arange(len(knots)), knots
    ).astype(np.float32)


def smooth(tracks: npt.NDArray[np.floating], points: int) -> npt.NDArray[np.float64]:
    """Average along the first axis with a Hann window of `points` (odd), edges held."""
    window = np.hanning(points + 2)[1:-1]
    window = (window / window.sum()).reshape((-1,) + (1,) * (tracks.ndim - 1))
    edges = [(points // 2, points // 2)] + [(0, 0)] * (tracks.ndim - 1)
    return np.asarray(
        signal.convolve(np.pad(tracks, edges, mode="edge"), window, "valid", method="direct"),
        dtype=np.float64,
    )


def coloured_noise(rng: np.random.Generator, count: int, slope_db: float) -> FloatArray:
    """Return Gaussian noise of unit variance, its spectrum sloping by `slope_db` an octave.

    0 is white, -3 pink, -6 brown. Below 30 Hz the spectrum is flat: what lies there is inaudible
    and would eat the headroom.
    """
    length = fft.next_fast_len(max(count, 2), real=True)
    bins = length // 2 + 1
    spectrum = rng.standard_normal((2, bins), dtype=np.float32)
    frequencies_hz = np.maximum(np.linspace(0.0, SAMPLE_RATE_HZ / 2, bins), 30.0)
    gains = ((frequencies_hz / 1000.0) ** (slope_db / 6.02)).astype(np.float32)
    noise = fft.irfft((spectrum[0] + 1j * spectrum[1]) * gains, length)[:count]
    return (noise / rms(noise)).astype(np.float32)


def band_pass(samples: npt.NDArray[np.floating], low_hz: float, high_hz: float) -> FloatArray:
    """Keep the band from `low_hz` to `high_hz` (second-order Butterworth)."""
    band = (max(low_hz, 20.0), min(high_hz, 0.49 * SAMPLE_RATE_HZ))
    sections = signal.butter(2, band, "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    return np.asarray(signal.sosfilt(sections, samples), dtype=np.float32)
