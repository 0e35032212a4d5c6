"""How right a classifier is, by the counting rule, with intervals over groups."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.decision import mean_over_context

Floats = npt.NDArray[np.float32]
Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A figure and the interval that a share of resamples of the groups falls into."""

    value: float
    low: float
    high: float


def in_context(logits: Floats, stretch: npt.NDArray[np.int32], count: int) -> Floats:
    """Mean logits over each window and up to `count` - 1 before it in the same stretch.

    Parameters
    ----------
    logits : [shape=(n_windows, n_labels)]
    stretch : [shape=(n_windows,)]
        Number of the recording each window is of, in order.
    """
    parts = np.split(logits, np.flatnonzero(np.diff(stretch)) + 1)
    return np.concatenate([mean_over_context(part, count) for part in parts])


def over_clips(logits: Floats, stretch: npt.NDArray[np.int32]) -> Floats:
    """Mean logits of all windows of each recording [shape=(n_clips, n_labels)]."""
    first = np.flatnonzero(np.diff(stretch, prepend=-1))
    sizes = np.diff(first, append=len(stretch))
    sums = np.add.reduceat(logits, first, axis=0)
    return (sums / sizes[:, None]).astype(np.float32)


def balanced_accuracy(
    truth: npt.NDArray[np.int64],
    answer: npt.NDArray[np.int64],
    groups: Sequence[str],
    classes: int,
    resamples: int,
    confidence: float,
    seed: int,
) -> Interval:
    """Mean over classes of the share of their cases that were answered rightly.

    The interval is a percentile bootstrap over groups (Efron, 1979): windows of one recording are
    no independent cases. A resample that lacks a class takes the mean over those it has.

    Parameters
    ----------
    truth, answer : [shape=(n,)]
        Class numbers.
    groups
        Group of each case.
    """
    names, which = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    total, right = np.zeros((len(names), classes)), np.zeros((len(names), classes))
    np.add.at(total, (which, truth), 1)
    np.add.at(right, (which, truth), truth == answer)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), resamples)
    scores = _recall_mean(drawn @ right, drawn @ total)
    tail = (1 - confidence) / 2
    low, high = np.quantile(scores, [tail, 1 - tail])
    value = _recall_mean(right.sum(0)[None], total.sum(0)[None])[0]
    return Interval(float(value), float(low), float(high))


def confusion(
    truth: npt.NDArray[np.int64], answer: npt.NDArray[np.int64], classes: int
) -> npt.NDArray[np.int64]:
    """Count answers [shape=(classes, classes)]: rows are the truth, columns the answers."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (truth, answer), 1)
    return counts


def precision_recall_f1(
    truth: npt.NDArray[np.bool_], answer: npt.NDArray[np.bool_]
) -> dict[str, float]:
    """Precision, recall and F1 of one label; 0 where nothing was answered or there."""
    hits = int((truth & answer).sum())
    answered, there = int(answer.sum()), int(truth.sum())
    precision = hits / answered if answered else 0.0
    recall = hits / there if there else 0.0
    f1 = 2 * hits / (answered + there) if answered + there else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


def _recall_mean(right: Counts, total: Counts) -> Counts:
    """Mean recall of each row's classes that occur."""
    recall = np.divide(right, total, out=np.full(right.shape, np.nan), where=total > 0)
    mean: Counts = np.nanmean(recall, axis=1)
    return mean
