"""A bundle at work: windows of sound in, probabilities and events out."""

import numpy as np
import numpy.typing as npt

# Features, logits or probabilities, a window a row.
Array = npt.NDArray[np.float32]
