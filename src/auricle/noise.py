"""Noise that is made, not recorded."""

import math
from collections.abc import Sequence

import numpy as np

from auricle.audio import Samples


def pink_noise(length: int, seed: Sequence[int], lowest: float = 0.0) -> Samples:
    """Noise with as much power in each octave [shape=(length,)]: white noise over sqrt(f).

    Where `length` is a power of two, its end goes on into its beginning without a seam. `lowest` is
    the frequency from which on there is any, as a share of the sampling rate: each octave below
    what can be heard has as much power as each above.
    """
    white = np.random.default_rng(list(seed)).standard_normal(length, np.float32)
    size = 1 << (length - 1).bit_length()  # a length that the transform is fast for
    spectrum = np.fft.rfft(white, size)
    spectrum[: max(1, math.ceil(lowest * size))] = 0
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum), dtype=np.float32))
    return np.fft.irfft(spectrum, size)[:length].astype(np.float32)
