"""Two labels at once: whether a recording and another label's, mixed, are both named."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.evaluation.cases import ScoredTestSet
from auricle.evaluation.metrics import Interval, recall_means


@dataclass(frozen=True)
class Mixture:
    """Mixtures at one ratio: windows in which both labels reach the bundle's thresholds.

    `named` is the mean of their share over the labels that lead the ratio, each of which `leading`
    has apart; `recall` is the mean over labels of the share in which that label is named.
    """

    ratio_db: float
    named: Interval
    recall: Interval
    leading: dict[str, Interval]


def judge_mixture(
    test_set: ScoredTestSet,
    logits: npt.NDArray[np.float32],
    other: npt.NDArray[np.int64],
    ratio_db: float,
) -> Mixture:
    """Judge the mixtures.

    Parameters
    ----------
    logits : [shape=(n, n_labels)]
        Of the test windows, mixed.
    other : [shape=(n,)]
        Number of the label that was mixed in, -1 where none was.
    """
    chosen = other >= 0
    cases = test_set.cases_in_context(logits, test_set.bundle.decision.context_s).of(chosen)
    own, added, bootstrap = cases.truth, other[chosen], test_set.bootstrap
    thresholds = np.array([test_set.bundle.thresholds[label] for label in test_set.labels])
    named = cases.probabilities >= thresholds
    rows, groups = np.arange(len(own)), list(cases.groups)
    of_own, of_added = named[rows, own], named[rows, added]
    right, labels = of_own & of_added, len(test_set.labels)

    def mean(
        truth: npt.NDArray[np.int64], hit: npt.NDArray[np.bool_], whose: list[str]
    ) -> Interval:
        return bootstrap.interval(*recall_means(truth, hit, whose, labels, bootstrap))

    return Mixture(
        ratio_db,
        mean(own, right, groups),
        mean(np.append(own, added), np.append(of_own, of_added), groups * 2),
        {
            label: mean(own[own == i], right[own == i], list(cases.groups[own == i]))
            for i, label in enumerate(test_set.labels)
            if (own == i).any()
        },
    )
