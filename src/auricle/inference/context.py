"""Scores of windows averaged with those of the windows before them."""

import numpy as np
import numpy.typing as npt

from auricle.inference import Array


def mean_over_context(logits: Array, count: int) -> Array:
    """Mean of each window's logits and those of up to `count` - 1 windows before it.

    Parameters
    ----------
    logits : [shape=(n_windows, n_labels)]
        Of consecutive windows; the first has nothing before it.

    Returns
    -------
    [shape=(n_windows, n_labels)], float32
        The sum runs from the newest to the oldest, so that a live listener, which has the last
        `count` rows only, gets the same bits.
    """
    total = logits.astype(np.float32, copy=True)
    for age in range(1, min(count, len(logits))):
        total[age:] += logits[:-age]
    number = np.minimum(np.arange(1, len(logits) + 1), count).astype(np.float32)
    mean: Array = total / number[:, None]
    return mean


def in_context(logits: Array, segment: npt.NDArray[np.int32], count: int) -> Array:
    """Mean logits over each window and up to `count` - 1 before it in the same segment.

    Parameters
    ----------
    logits : [shape=(n_windows, n_labels)]
    segment : [shape=(n_windows,)]
        Number of the recording each window is of, in order.
    """
    parts = np.split(logits, np.flatnonzero(np.diff(segment)) + 1)
    return np.concatenate([mean_over_context(part, count) for part in parts])
