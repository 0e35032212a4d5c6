"""Make a synthetic voice less so: pitch that drifts, formants of another head, breath."""

from __future__ import annotations

import numpy as np
from scipy import fft, signal

from auricle.synthesis.signals import SAMPLE_RATE_HZ, FloatArray, drift, log_uniform

FRAME = 512
HOP = 128
# Quefrencies kept of the envelope: below the period of any but the highest voices.
LIFTER = 36


def drift_speed(rng: np.random.Generator, samples: FloatArray) -> FloatArray:
    """Play at a random speed that drifts slowly, and flutters a little."""
    count = len(samples)
    speed = rng.normal(0.0, 0.07) + rng.uniform(0.0, 0.05) * drift(rng, count, 6, SAMPLE_RATE_HZ)
    speed = speed + rng.uniform(0.0, 0.008) * drift(rng, count, 60.0, SAMPLE_RATE_HZ)
    positions = np.cumsum(np.exp(np.clip(speed, -0.18, 0.18)))
    positions = positions[positions < count - 1]
    return np.interp(positions, np.arange(count), samples).astype(np.float32)


def move_formants(rng: np.random.Generator, samples: FloatArray, factor: float) -> FloatArray:
    """Stretch the spectral envelope by `factor`, which leaves the pitch, and roughen the highs.

    The envelope is the smooth part of the cepstrum. Above a random edge the spectrum's phases are
    mixed with random ones: voices are noisy where synthesizers ring.
    """
    _, _, spectra = signal.stft(samples, nperseg=FRAME, noverlap=FRAME - HOP)
    spectra = spectra.astype(np.complex64).T
    cepstra = fft.dct(np.log(np.abs(spectra) + 1e-5), type=1, axis=1)
    cepstra[:, LIFTER:] = 0.0
    envelope = fft.idct(cepstra, type=1, axis=1)
    bins = np.arange(envelope.shape[1])
    places = np.minimum(bins / factor, bins[-1])
    low = np.minimum(places.astype(int), len(bins) - 2)
    share = (places - low).astype(np.float32)
    moved = envelope[:, low] * (1.0 - share) + envelope[:, low + 1] * share
    spectra = spectra * np.exp(np.clip(moved - envelope, -3.0, 3.0))
    edge = log_uniform(rng, 1500.0, 9000.0) / (SAMPLE_RATE_HZ / FRAME)
    rough = rng.uniform(0.2, 1.0) / (1.0 + np.exp(-(bins - edge) / rng.uniform(10.0, 40.0)))
    turn = np.exp(2j * np.pi * rng.random(spectra.shape, dtype=np.float32))
    spectra = spectra * (np.sqrt(1.0 - rough) + np.sqrt(rough) * turn)
    _, talk = signal.istft(spectra.T, nperseg=FRAME, noverlap=FRAME - HOP)
    return np.asarray(talk[: len(samples)], dtype=np.float32)


def humanise(rng: np.random.Generator, samples: FloatArray) -> FloatArray:
    """Give synthetic speech a voice that no two clips share.

    Parameters
    ----------
    rng
        Source of randomness.
    samples
        Speech at 16 kHz, shape (count,).

    Returns
    -------
    FloatArray
        Speech that is up to a fifth shorter or longer.
    """
    samples = drift_speed(rng, samples)
    if rng.random() < 0.6:
        samples = move_formants(rng, samples, float(np.exp(rng.normal(0.0, 0.09))))
    breath = np.abs(samples) * np.float32(rng.uniform(0.0, 0.15))
    return samples + breath * rng.standard_normal(len(samples), dtype=np.float32)
