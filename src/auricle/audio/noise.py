"""Noise that is made, not recorded."""

import math
from collections.abc import Sequence

import numpy as np

from auricle.audio import Samples

# Each octave below what microphones and ears hear would have as much power as each above.
_LOWEST_HZ = 20.0


def pink_noise(length: int, sample_rate_hz: int, seed: Sequence[int]) -> Samples:
    """Noise with as much power in each octave from 20 Hz on [shape=(length,)]: white over sqrt(f).

    Where `length` is a power of two, its end goes on into its beginning without a seam.
    """
    white = np.random.default_rng(list(seed)).standard_normal(length, np.float32)
    size = 1 << (length - 1).bit_length()  # a length that the transform is fast for
    spectrum = np.fft.rfft(white, size)
    spectrum[: max(1, math.ceil(_LOWEST_HZ / sample_rate_hz * size))] = 0
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum), dtype=np.float32))
    return np.fft.irfft(spectrum, size)[:length].astype(np.float32)
