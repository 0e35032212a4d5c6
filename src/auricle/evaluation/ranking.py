"""How well a label's probabilities put the windows that have it before those that have not."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.evaluation.counting import Cases
from auricle.metrics import Bootstrap, Counts, Interval, numbered

# Weights of this many cases at a time: what a resample of all of them takes is bounded.
_AT_ONCE = 2_000_000
_POINTS = 200


@dataclass(frozen=True)
class Ranking:
    """Average precision and area under the ROC curve of a label."""

    average_precision: Interval
    roc_auc: Interval


def ranking(cases: Cases, label: int, bootstrap: Bootstrap) -> Ranking | None:
    """Judge one label over all cases; none where all of them have it, or none has.

    A resample of the groups weighs each case by how often its group was drawn, so that the cases
    are sorted once. Average precision is the sum of precision over the steps of recall; the area
    is that under straight lines between the points, ties being one point (Fawcett, 2006).
    """
    truth = cases.targets[:, label].astype(bool)
    if truth.all() or not truth.any():
        return None
    order = np.argsort(-cases.probabilities[:, label], kind="stable")
    score, truth = cases.probabilities[order, label], truth[order]
    last_of_tie = np.flatnonzero(np.diff(score, append=-np.inf))
    which, groups = numbered(list(cases.groups[order]))
    ones = np.ones((1, len(truth)), np.float64)
    value = _areas(ones, truth, last_of_tie)
    drawn = bootstrap.drawn(groups).astype(np.float64)
    step = max(1, _AT_ONCE // len(truth))
    parts = [
        _areas(drawn[start : start + step, which], truth, last_of_tie)
        for start in range(0, len(drawn), step)
    ]
    scores = np.concatenate(parts, axis=1)
    return Ranking(*(bootstrap.interval(v[0], s) for v, s in zip(value, scores, strict=True)))


def curves(cases: Cases, label: int) -> dict[str, npt.NDArray[np.float64]] | None:
    """ROC and precision-recall curve, at no more than a few hundred points each."""
    from sklearn.metrics import precision_recall_curve, roc_curve

    truth, score = cases.targets[:, label], cases.probabilities[:, label]
    if truth.all() or not truth.any():
        return None
    false_positive, true_positive, _ = roc_curve(truth, score)
    precision, recall, _ = precision_recall_curve(truth, score)
    roc, steps = _thinned(false_positive, true_positive), _thinned(recall, precision)
    return {
        "false_positive_rate": roc[0],
        "true_positive_rate": roc[1],
        "recall": steps[0],
        "precision": steps[1],
    }


def _areas(
    weights: Counts, truth: npt.NDArray[np.bool_], last_of_tie: npt.NDArray[np.int64]
) -> Counts:
    """Average precision and area under the ROC curve [shape=(2, m)] of weights [shape=(m, n)]."""
    hits = np.cumsum(weights * truth, axis=1)[:, last_of_tie]
    named = np.cumsum(weights, axis=1)[:, last_of_tie]
    false = named - hits
    new_hits = np.diff(hits, axis=1, prepend=0)
    precision = np.divide(hits, named, out=np.zeros_like(hits), where=named > 0)
    above = (new_hits * precision).sum(axis=1)
    # Each case without the label counts those with it that stand above, and half of its ties.
    area = (np.diff(false, axis=1, prepend=0) * (hits - new_hits / 2)).sum(axis=1)
    there, others = hits[:, -1], false[:, -1]
    nothing = np.full(len(weights), np.nan)
    return np.stack(
        [
            np.divide(above, there, out=nothing.copy(), where=there > 0),
            np.divide(area, there * others, out=nothing, where=there * others > 0),
        ]
    )


def _thinned(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    if len(x) <= _POINTS:
        return x, y
    kept = np.unique(np.linspace(0, len(x) - 1, _POINTS).round().astype(int))
    return x[kept], y[kept]
