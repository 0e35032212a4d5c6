"""Losses of labels that may sound together."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops


def each_and_compared(smoothing: float, comparison: float) -> Callable[[Any, Any], Any]:
    """Binary cross-entropy of each label, and `comparison` times that of one against the others.

    The second is what the counting rule asks. Its targets are equal shares of the labels that
    sound, and where none does of all: a bias that a network has on noise alone would decide about
    what sounds in noise. Targets of both are smoothed by `smoothing`, which is above 0.
    """
    each = keras.losses.BinaryCrossentropy(
        from_logits=True, label_smoothing=smoothing, reduction=None
    )

    def loss(targets: Any, logits: Any) -> Any:
        total = each(targets, logits)
        if comparison:
            count = targets.shape[-1]
            shares = (ops.cast(targets, logits.dtype) + smoothing / count) / (
                ops.sum(ops.cast(targets, logits.dtype), axis=-1, keepdims=True) + smoothing
            )
            which = -ops.sum(shares * ops.log_softmax(logits, axis=-1), axis=-1)
            total = total + comparison * which
        return total

    return loss
