"""How right a classifier is, by the counting rule, with intervals over groups."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A figure and the interval that a share of resamples of the groups falls into."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Bootstrap:
    """Percentile bootstrap over groups (Efron, 1979).

    Windows of one recording are no independent cases, so whole groups are drawn.

    Parameters
    ----------
    resamples
        How often as many groups as there are are drawn, with replacement.
    confidence
        Share of the resamples that an interval holds.
    """

    resamples: int
    confidence: float
    seed: int

    def drawn(self, groups: int) -> npt.NDArray[np.int64]:
        """How often each group is drawn [shape=(resamples, groups)]."""
        return _drawn(self.resamples, self.seed, groups)

    def interval(self, value: float, scores: Counts) -> Interval:
        """Put a figure between the quantiles of its resamples; those that have none are left."""
        tail = (1 - self.confidence) / 2
        defined = scores[~np.isnan(scores)]
        if not len(defined):
            return Interval(float(value), float(value), float(value))
        low, high = np.quantile(defined, [tail, 1 - tail])
        return Interval(float(value), float(low), float(high))

    def of_sums(
        self,
        groups: Sequence[str],
        sums: Sequence[npt.NDArray[Any]],
        figure: Callable[..., Counts],
    ) -> Interval:
        """Interval of a figure that is made of sums over cases.

        Parameters
        ----------
        sums : each [shape=(n, ...)]
            What each case adds.
        figure
            Takes the sums, each [shape=(m, ...)] of m samples; gives the figures [shape=(m,)].
        """
        which, count = numbered(groups)
        by_group = [over_groups(values, which, count) for values in sums]
        drawn = self.drawn(count)
        value = figure(*(total.sum(axis=0, keepdims=True) for total in by_group))[0]
        scores = figure(*(np.tensordot(drawn, total, 1) for total in by_group))
        return self.interval(value, scores)


@lru_cache(maxsize=4)
def _drawn(resamples: int, seed: int, groups: int) -> npt.NDArray[np.int64]:
    """Draw once for all figures that are over equally many groups."""
    rng = np.random.default_rng(seed)
    drawn: npt.NDArray[np.int64] = rng.multinomial(groups, np.full(groups, 1 / groups), resamples)
    drawn.flags.writeable = False
    return drawn


def numbered(groups: Sequence[str]) -> tuple[npt.NDArray[np.int64], int]:
    """Give the number of each case's group [shape=(n,)], and how many groups there are."""
    names, which = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    return which, len(names)


def over_groups(values: npt.NDArray[Any], which: npt.NDArray[np.int64], groups: int) -> Counts:
    """Sum cases [shape=(n, ...)] by group [shape=(groups, ...)]."""
    total = np.zeros((groups, *values.shape[1:]))
    np.add.at(total, which, values)
    return total


def over_clips(logits: Floats, clip: npt.NDArray[np.int32]) -> Floats:
    """Mean logits of all windows of each recording [shape=(n_clips, n_labels)]."""
    first = np.flatnonzero(np.diff(clip, prepend=-1))
    sizes = np.diff(first, append=len(clip))
    sums = np.add.reduceat(logits, first, axis=0)
    return (sums / sizes[:, None]).astype(np.float32)


def balanced_accuracy(
    truth: npt.NDArray[np.int64],
    answer: npt.NDArray[np.int64],
    groups: Sequence[str],
    classes: int,
    bootstrap: Bootstrap,
) -> Interval:
    """Mean over classes of the share of their cases that were answered rightly.

    A resample that lacks a class takes the mean over those it has.

    Parameters
    ----------
    truth, answer : [shape=(n,)]
        Class numbers.
    groups
        Group of each case.
    """
    return bootstrap.interval(*recall_means(truth, truth == answer, groups, classes, bootstrap))


def recall_means(
    truth: npt.NDArray[np.int64],
    right: npt.NDArray[np.bool_],
    groups: Sequence[str],
    classes: int,
    bootstrap: Bootstrap,
) -> tuple[float, Counts]:
    """Mean over classes of the share of right cases: of all, and of each resample."""
    which, count = numbered(groups)
    total, hits = np.zeros((count, classes)), np.zeros((count, classes))
    np.add.at(total, (which, truth), 1)
    np.add.at(hits, (which, truth), right)
    drawn = bootstrap.drawn(count)
    value = recall_mean(hits.sum(0)[None], total.sum(0)[None])[0]
    return float(value), recall_mean(drawn @ hits, drawn @ total)


def recall_mean(right: Counts, total: Counts) -> Counts:
    """Mean over classes (the last axis) of right / total, over those that occur."""
    occurs = total > 0
    recall = np.divide(right, total, out=np.zeros(right.shape), where=occurs)
    number = occurs.sum(axis=-1)
    mean: Counts = np.divide(
        recall.sum(axis=-1), number, out=np.full(number.shape, np.nan), where=number > 0
    )
    return mean


def share(cases: npt.NDArray[Any], groups: Sequence[str], bootstrap: Bootstrap) -> Interval:
    """Mean of a number each case has [shape=(n,)]."""
    return bootstrap.of_sums(groups, (cases, np.ones(len(cases))), ratio)


def quantile(
    cases: npt.NDArray[Any], q: float, groups: Sequence[str], bootstrap: Bootstrap
) -> Interval:
    """Quantile of a number each case has [shape=(n,)]: one of them, none lies between two."""
    which, count = numbered(groups)
    drawn = bootstrap.drawn(count)[:, which]
    often = np.broadcast_to(cases, drawn.shape)
    scores = np.quantile(often, q, axis=1, method="inverted_cdf", weights=drawn)
    return bootstrap.interval(np.quantile(cases, q, method="inverted_cdf"), scores)


def confusion(
    truth: npt.NDArray[np.int64], answer: npt.NDArray[np.int64], classes: int
) -> npt.NDArray[np.int64]:
    """Count answers [shape=(classes, classes)]: rows are the truth, columns the answers."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (truth, answer), 1)
    return counts


def precision_recall_f1(
    truth: npt.NDArray[np.bool_],
    answer: npt.NDArray[np.bool_],
    groups: Sequence[str],
    bootstrap: Bootstrap,
) -> dict[str, Interval]:
    """Precision, recall and F1 of one label; 0 where nothing was answered or there.

    Resamples in which nothing was answered or there have no such figure, and are left out.

    Parameters
    ----------
    truth, answer : [shape=(n,)]
        Which cases have the label, and which were given it.
    """
    hits, there, answered = truth & answer, truth.astype(int), answer.astype(int)
    return {
        "precision": _or_zero(bootstrap.of_sums(groups, (hits, answered), ratio)),
        "recall": _or_zero(bootstrap.of_sums(groups, (hits, there), ratio)),
        "f1": _or_zero(bootstrap.of_sums(groups, (2 * hits, answered + there), ratio)),
    }


def ratio(above: Counts, below: Counts) -> Counts:
    """Quotient of two sums; not a number where there is nothing to divide by."""
    quotient: Counts = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    return quotient


def _or_zero(interval: Interval) -> Interval:
    return Interval(0.0, 0.0, 0.0) if np.isnan(interval.value) else interval
