"""Networks: one pure function a file, from shapes and numbers to a Keras model.

A network takes what it must know of the data (`NetworkInput`, the number of labels) by position
and its hyperparameters by keyword; those keywords are the keys of its configuration.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle.core.errors import AuricleError
from auricle.core.native_output import silenced

# oneDNN sums in an order of its own, which differs from machine to machine.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")


if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
    with silenced():
        import tensorflow

        tensorflow.config.list_physical_devices()  # tells of every GPU that is not there


@dataclass(frozen=True)
class NetworkInput:
    """Shape of a window's features, and mean and variance of each coefficient in training.

    The last `fine_rows` of the frames are no frames but one fine spectrum. `to_bands`
    [shape=(coefficients, n_mels)] turns cepstral coefficients into the mel bands they are of.
    """

    frames: int
    coefficients: int
    mean: npt.NDArray[np.float32]
    variance: npt.NDArray[np.float32]
    fine_rows: int = 0
    to_bands: npt.NDArray[np.float32] | None = None

    @classmethod
    def unit(cls, frames: int, coefficients: int, fine_rows: int = 0) -> "NetworkInput":
        """Of data that is standardised already."""
        one = np.ones(coefficients, np.float32)
        return cls(frames, coefficients, 0 * one, one, fine_rows)


def build_network(
    network: Callable[..., Any], of: NetworkInput, labels: int, keep: bool = False
) -> Any:
    """Build a Keras model, or say that the window is too small for it.

    What was built before is forgotten, unless it is to be kept.
    """
    import keras

    if not keep:
        keras.backend.clear_session()
    try:
        return network(of, labels)
    except (ValueError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise AuricleError(
            f"The network cannot be built for features of {of.frames} frames x "
            f"{of.coefficients} coefficients ({reason}): change network, features or "
            "preprocess.window_s"
        ) from error
