"""From logits to probabilities."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from auricle.inference import Array


@dataclass(frozen=True)
class Calibration:
    """Platt scaling (Platt, 1999): probability = link(scale * logit + offset), a pair a label.

    The link is the sigmoid where labels are `independent`, softmax where they are `exclusive`;
    `exclusive_or_none` is softmax with a place for none of them, whose logit is 0.
    """

    scale: list[float]
    offset: list[float]
    targets: str

    def probabilities(self, logits: Array) -> Array:
        """Calibrated probabilities [shape=(..., n_labels)] of logits of the same shape."""
        scale, offset = self._arrays
        z = logits * scale + offset
        if self.targets != "independent":
            none = self.targets == "exclusive_or_none"
            largest = z.max(axis=-1, keepdims=True)
            largest = np.maximum(largest, 0) if none else largest
            powers = np.exp(z - largest)
            total = powers.sum(axis=-1, keepdims=True)
            softmax: Array = powers / (total + np.exp(-largest) if none else total)
            return softmax
        # 1 / (1 + exp(-z)) without overflow
        sigmoid: Array = 0.5 * (1 + np.tanh(0.5 * z))
        return sigmoid

    @cached_property
    def _arrays(self) -> tuple[Array, Array]:
        return np.asarray(self.scale, np.float32), np.asarray(self.offset, np.float32)
