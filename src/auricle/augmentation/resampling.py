"""Spectra moved in frequency and in time: other voices, other paces, other moments."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

_SILENCE = np.float32(1e-14)  # power of what comes in where a sound is moved away


def warped(power: Array, factor: Array) -> Array:
    """Return powers whose bands are those `factor` times as high up before.

    This is what another length of the vocal tract does to a voice (vocal tract length
    perturbation; Jaitly and Hinton, 2013), along mel bands.

    Parameters
    ----------
    power : [shape=(n, frames, bands)]
    factor : [shape=(n,)]
    """
    bands = power.shape[2]
    place = np.arange(bands, dtype=np.float32) * factor[:, None]
    return _between(power.transpose(0, 2, 1), np.minimum(place, bands - 1)).transpose(0, 2, 1)


def paced(power: Array, speed: Array, later: Array) -> Array:
    """Return powers `speed` times as fast about the middle, and `later` frames later.

    What comes in from beyond a window is silence.

    Parameters
    ----------
    power : [shape=(n, frames, bands)]
    speed, later : [shape=(n,)]
    """
    frames = power.shape[1]
    middle = np.float32((frames - 1) / 2)
    steps = np.arange(frames, dtype=np.float32) - middle
    place = steps * speed[:, None] + middle - later[:, None]
    moved = _between(power, np.clip(place, 0, frames - 1))
    moved[(place < 0) | (place > frames - 1)] = _SILENCE
    return moved


def _between(values: Array, place: Array) -> Array:
    """Interpolate values [shape=(n, m, k)] along m, at places [shape=(n, l)]."""
    below = np.minimum(place.astype(np.int64), values.shape[1] - 2)
    share = (place - below).astype(np.float32)[..., None]
    rows = np.arange(len(values))[:, None]
    between: Array = values[rows, below] * (1 - share) + values[rows, below + 1] * share
    return between
