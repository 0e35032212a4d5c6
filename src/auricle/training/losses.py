"""Losses of labels that may sound together, or of which at most one sounds."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops


def each_and_compared(smoothing: float, comparison: float) -> Callable[[Any, Any], Any]:
    """Binary cross-entropy of each label, and `comparison` times that of one against the others.

    The second is what the counting rule asks, and only of what has exactly one label. Targets of
    both are smoothed by `smoothing`.
    """
    each = keras.losses.BinaryCrossentropy(
        from_logits=True, label_smoothing=smoothing, reduction=None
    )

    def loss(targets: Any, logits: Any) -> Any:
        total = each(targets, logits)
        if comparison:
            targets = ops.cast(targets, logits.dtype)
            one = ops.cast(ops.abs(ops.sum(targets, axis=-1) - 1) < 1e-3, logits.dtype)
            smoothed = targets * (1 - smoothing) + smoothing / targets.shape[-1]
            which = -ops.sum(smoothed * ops.log_softmax(logits, axis=-1), axis=-1)
            total = total + comparison * one * which
        return total

    return loss


def one_or_none(smoothing: float) -> Callable[[Any, Any], Any]:
    """Categorical cross-entropy of the labels and of none of them, whose logit is 0."""
    each = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=smoothing, reduction=None
    )

    def loss(targets: Any, logits: Any) -> Any:
        targets = ops.cast(targets, logits.dtype)
        none = 1 - ops.sum(targets, axis=-1, keepdims=True)
        return each(
            ops.concatenate([targets, none], axis=-1),
            ops.concatenate([logits, ops.zeros_like(none)], axis=-1),
        )

    return loss
