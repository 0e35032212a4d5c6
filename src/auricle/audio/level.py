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
