"""Balanced accuracy of batches, added up over an epoch."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops


class ClassHits(keras.metrics.Metric):
    """Windows of each class, and how many of them are named right [shape=(2, n_classes)].

    Counted are windows of exactly one label, the largest logit wins. Where there is but one label,
    windows without it are a second class, and a positive logit names the first.
    """

    def __init__(self, labels: int) -> None:
        super().__init__(name="hits")
        self._alone = labels == 1
        shape = (2, 2 if self._alone else labels)
        self._counts = self.add_weight(name="counts", shape=shape, initializer="zeros")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch: targets and logits [shape=(n, n_labels)]."""
        if self._alone:
            y_true = ops.concatenate([y_true, 1 - y_true], axis=-1)
            y_pred = ops.concatenate([y_pred, -y_pred], axis=-1)
        # Changed windows may have parts of labels: the largest part is theirs.
        one = ops.cast(ops.abs(ops.sum(y_true, axis=-1, keepdims=True) - 1) < 1e-3, "float32")
        truth = one * ops.one_hot(ops.argmax(y_true, axis=-1), self._counts.shape[1])
        answer = ops.one_hot(ops.argmax(y_pred, axis=-1), self._counts.shape[1])
        self._counts.assign_add(
            ops.stack([ops.sum(truth, axis=0), ops.sum(truth * answer, axis=0)])
        )

    def result(self) -> Any:
        """Return the counts so far."""
        return self._counts.value


def balanced_accuracy(hits: npt.NDArray[np.floating[Any]]) -> float:
    """Return the mean recall of the classes that there are windows of, of summed `ClassHits`."""
    counts, right = hits
    there = counts > 0
    return float((right[there] / counts[there]).mean()) if there.any() else 0.0
