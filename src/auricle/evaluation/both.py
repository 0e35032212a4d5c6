"""Two labels at once: whether a recording and another label's, mixed, are both named."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.evaluation.counting import Judged
from auricle.metrics import Interval, recall_means


@dataclass(frozen=True)
class Both:
    """Mixtures at one ratio: windows in which both labels reach the bundle's thresholds.

    `named` is the mean of their share over the labels that lead the ratio, each of which `leading`
    has apart; `recall` is the mean over labels of the share in which that label is named.
    """

    ratio_db: float
    named: Interval
    recall: Interval
    leading: dict[str, Interval]


def both(
    judged: Judged,
    logits: npt.NDArray[np.float32],
    other: npt.NDArray[np.int64],
    ratio_db: float,
) -> Both:
    """Judge the mixtures.

    Parameters
    ----------
    logits : [shape=(n, n_labels)]
        Of the test windows, mixed.
    other : [shape=(n,)]
        Number of the label that was mixed in, -1 where none was.
    """
    chosen = other >= 0
    cases = judged.heard(logits, judged.bundle.decision.context_s or 0).of(chosen)
    own, added, bootstrap = cases.truth, other[chosen], judged.bootstrap
    thresholds = np.array([judged.bundle.thresholds[label] for label in judged.labels])
    named = cases.probabilities >= thresholds
    rows, groups = np.arange(len(own)), list(cases.groups)
    of_own, of_added = named[rows, own], named[rows, added]
    right, labels = of_own & of_added, len(judged.labels)

    def mean(
        truth: npt.NDArray[np.int64], hit: npt.NDArray[np.bool_], whose: list[str]
    ) -> Interval:
        return bootstrap.interval(*recall_means(truth, hit, whose, labels, bootstrap))

    return Both(
        ratio_db,
        mean(own, right, groups),
        mean(np.append(own, added), np.append(of_own, of_added), groups * 2),
        {
            label: mean(own[own == i], right[own == i], list(cases.groups[own == i]))
            for i, label in enumerate(judged.labels)
            if (own == i).any()
        },
    )
