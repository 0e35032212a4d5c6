"""From logits to probabilities."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from auricle.inference import Array


@dataclass(frozen=True)
class Calibration:
    """Platt scaling (Platt, 1999): probability = link(scale * logit + offset), a pair a label."""

    scale: list[float]
    offset: list[float]
    exclusive: bool

    def probabilities(self, logits: Array) -> Array:
        """Calibrated probabilities [shape=(..., n_labels)] of logits of the same shape."""
        scale, offset = self._arrays
        z = logits * scale + offset
        if self.exclusive:
            z = np.exp(z - z.max(axis=-1, keepdims=True))
            softmax: Array = z / z.sum(axis=-1, keepdims=True)
            return softmax
        # 1 / (1 + exp(-z)) without overflow
        sigmoid: Array = 0.5 * (1 + np.tanh(0.5 * z))
        return sigmoid

    @cached_property
    def _arrays(self) -> tuple[Array, Array]:
        return np.asarray(self.scale, np.float32), np.asarray(self.offset, np.float32)
