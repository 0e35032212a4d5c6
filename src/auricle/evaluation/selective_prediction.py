"""Risk against coverage: what is gained by not answering where confidence is least."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.evaluation.cases import Cases, with_none
from auricle.evaluation.metrics import Bootstrap, Interval, numbered, over_groups, recall_mean

COVERAGES = tuple(i / 50 for i in range(1, 51))


@dataclass(frozen=True)
class RiskCoverage:
    """Risk, 1 - balanced accuracy of what is answered, at each of `COVERAGES`; mean over them."""

    risks: list[Interval]
    area: Interval

    def at(self, coverage: float) -> Interval:
        """Risk where this share of the cases is answered."""
        return self.risks[COVERAGES.index(coverage)]


def risk_coverage(cases: Cases, bootstrap: Bootstrap) -> RiskCoverage:
    """Leave out the cases of least confidence, more and more of them (El-Yaniv & Wiener, 2010).

    Confidence is how far the largest probability lies above the second. Cases have one label.
    The intervals hold the cases that are answered fixed.
    """
    order = np.argsort(-confidence(cases.probabilities), kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    # Ceiling, so that the smallest coverage answers something; full coverage answers all.
    kept = np.ceil(np.array(COVERAGES) * len(order) - 1e-9)
    covered = rank[:, None] < kept
    which, groups = numbered(list(cases.groups))
    classes = with_none(cases.targets).shape[1]
    total = np.zeros((groups, len(COVERAGES), classes))
    hits = np.zeros_like(total)
    right = cases.truth == cases.answer
    for label in range(classes):  # by class: cases x coverages x classes would not fit
        mine = cases.truth == label
        total[:, :, label] = over_groups(covered[mine], which[mine], groups)
        hits[:, :, label] = over_groups(covered[mine & right], which[mine & right], groups)
    drawn = bootstrap.drawn(groups)
    value = 1 - recall_mean(hits.sum(axis=0), total.sum(axis=0))
    scores = 1 - recall_mean(np.tensordot(drawn, hits, 1), np.tensordot(drawn, total, 1))
    risks = [bootstrap.interval(value[i], scores[:, i]) for i in range(len(COVERAGES))]
    return RiskCoverage(risks, bootstrap.interval(value.mean(), np.nanmean(scores, axis=1)))


def confidence(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """How far the largest probability lies above the second [shape=(n,)]."""
    top = np.sort(with_none(probabilities), axis=1)
    gap: npt.NDArray[np.float32] = top[:, -1] - top[:, -2]
    return gap
