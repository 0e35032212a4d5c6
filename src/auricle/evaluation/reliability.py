"""Whether probabilities keep their word: of windows that are given 0.8, 80 % have the label."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.evaluation.cases import Cases
from auricle.evaluation.metrics import Bootstrap, Counts, Interval, share

BINS = 10


@dataclass(frozen=True)
class Reliability:
    """Calibration of a label.

    `mean` and `frequency` [shape=(BINS,)] are what was said and what was so in each bin of equal
    width over [0, 1], NaN where it is empty; `cases` [shape=(BINS,)] is how many are in it.
    """

    expected_calibration_error: Interval
    brier: Interval
    mean: npt.NDArray[np.float64]
    frequency: npt.NDArray[np.float64]
    cases: npt.NDArray[np.int64]


def judge_reliability(cases: Cases, label: int, bootstrap: Bootstrap) -> Reliability:
    """Judge one label over all cases.

    Expected calibration error: mean over cases of the distance, in their bin, between the mean
    probability and the share that has the label (Naeini et al., 2015). Brier score: mean square
    distance of probability and truth (Brier, 1950).
    """
    probability = cases.probabilities[:, label].astype(np.float64)
    truth = cases.targets[:, label].astype(np.float64)
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    inside = np.eye(BINS)[bins]
    groups = list(cases.groups)
    error = bootstrap.of_sums(
        groups, (inside, inside * probability[:, None], inside * truth[:, None]), _error
    )
    count = inside.sum(axis=0)
    nothing = np.full(BINS, np.nan)
    return Reliability(
        error,
        share(np.square(probability - truth), groups, bootstrap),
        np.divide(inside.T @ probability, count, out=nothing.copy(), where=count > 0),
        np.divide(inside.T @ truth, count, out=nothing, where=count > 0),
        count.astype(np.int64),
    )


def _error(count: Counts, said: Counts, so: Counts) -> Counts:
    error: Counts = np.abs(said - so).sum(axis=-1) / count.sum(axis=-1)
    return error
