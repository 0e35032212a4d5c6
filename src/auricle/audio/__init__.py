"""Sound: decoded, resampled, measured, cut into windows."""

import numpy as np
import numpy.typing as npt

# Mono samples in [-1, 1], float32.
Samples = npt.NDArray[np.float32]
