"""The level of sound."""

import numpy as np
import numpy.typing as npt

from auricle.audio import Samples


def level_dbfs(windows: Samples) -> npt.NDArray[np.float32]:
    """Root mean square of windows [shape=(..., n)] in dB relative to a full-scale square wave.

    Digital silence is -120 dB.
    """
    power = np.mean(np.square(windows, dtype=np.float64), axis=-1)
    return (10 * np.log10(np.maximum(power, 1e-12))).astype(np.float32)


ACTIVE_DB = 30.0  # below the loudest of a recording nothing of it sounds
_FRAME_S = 0.01


def active_s(samples: Samples, sample_rate_hz: int) -> float:
    """Return the seconds from the first to the last sound of a recording [shape=(n,)].

    Sound is a frame of 10 ms within 30 dB of the loudest one. Digital silence has none.
    """
    length = max(1, round(_FRAME_S * sample_rate_hz))
    frames = samples[: len(samples) // length * length].reshape(-1, length)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    if not power.any():
        return len(samples) / sample_rate_hz if samples.any() else 0.0
    loud = np.flatnonzero(power >= power.max() * 10 ** (-ACTIVE_DB / 10))
    return float(loud[-1] + 1 - loud[0]) * length / sample_rate_hz
