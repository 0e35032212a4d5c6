"""How well a label's probabilities put the windows that have it before those that have not."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle.evaluation.cases import Cases
from auricle.evaluation.metrics import Bootstrap, Counts, Interval, numbered

# Steps times resamples that are held at a time.
_AT_ONCE = 1_000_000
_POINTS = 200


@dataclass(frozen=True)
class Ranking:
    """Average precision and area under the ROC curve of a label."""

    average_precision: Interval
    roc_auc: Interval


def ranking(cases: Cases, label: int, bootstrap: Bootstrap) -> Ranking | None:
    """Judge one label over all cases; none where all of them have it, or none has.

    A resample of the groups weighs each case by how often its group was drawn, so the cases are
    sorted once. Average precision is the sum of precision over the steps of recall; the area
    is that under straight lines between the points, ties being one point (Fawcett, 2006).
    """
    truth = cases.targets[:, label].astype(bool)
    if truth.all() or not truth.any():
        return None
    which, groups = numbered(list(cases.groups))
    steps = _steps(cases.probabilities[:, label], truth, which, groups)
    value = _areas(steps, np.ones((groups, 1)))
    drawn = bootstrap.drawn(groups).T.astype(np.float64)
    parts = np.array_split(drawn, max(1, drawn.shape[1] * steps[0].shape[0] // _AT_ONCE), axis=1)
    scores = np.concatenate([_areas(steps, part) for part in parts], axis=1)
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


def _steps(
    score: npt.NDArray[np.float32],
    truth: npt.NDArray[np.bool_],
    which: npt.NDArray[np.int64],
    groups: int,
) -> tuple[Any, Any, Any]:
    """Count cases by step of recall and group, from the highest score down.

    A step ends with a score that some case with the label has; only there recall changes. Gives
    sparse counts [shape=(steps, groups)] of cases with the label, of cases without it, and of
    those of the latter that tie with one that has it.
    """
    from scipy.sparse import csr_array

    order = np.argsort(-score, kind="stable")
    score, truth, which = score[order], truth[order], which[order]
    tie = np.cumsum(np.diff(score, prepend=score[0]) != 0)
    ends_step = np.bincount(tie, truth) > 0
    step: npt.NDArray[np.int64] = (np.cumsum(ends_step) - ends_step)[tie]
    shape = (int(ends_step.sum()) + 1, groups)  # the last: what comes after every hit

    def count(chosen: npt.NDArray[np.bool_]) -> Any:
        ones = np.ones(int(chosen.sum()))
        return csr_array((ones, (step[chosen], which[chosen])), shape=shape)

    return count(truth), count(~truth), count(~truth & ends_step[tie])


def _areas(steps: tuple[Any, Any, Any], weights: Counts) -> Counts:
    """Average precision and area under the ROC curve [shape=(2, m)].

    Parameters
    ----------
    weights : [shape=(groups, m)]
        How often each group counts in each of m samples.
    """
    new, false, tied = (counts @ weights for counts in steps)
    hits = np.cumsum(new, axis=0)
    named = hits + np.cumsum(false, axis=0)
    precision = np.divide(hits, named, out=np.zeros_like(hits), where=named > 0)
    above = (new * precision).sum(axis=0)
    # Each case without the label counts those with it that stand above, and half of its ties.
    area = (false * (hits - new)).sum(axis=0) + (tied * new).sum(axis=0) / 2
    there, others = hits[-1], named[-1] - hits[-1]
    nothing = np.full(weights.shape[1], np.nan)
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
