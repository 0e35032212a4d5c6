"""The second row: what a listener says, through gate, smoothing, thresholds and durations."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.evaluation.counting import Judged
from auricle.following import Followed, Recordings, follow
from auricle.metrics import Interval, recall_means


@dataclass(frozen=True)
class Said:
    """What was said of the test windows, held against the truth.

    `exact`: mean over classes of the share of windows, of those with one label, in which just
    that one is said; `silent` and `wrong`: mean over classes of the share in which nothing, and
    in which another label, is said. `followed` is what was said; `label` has precision, recall
    and F1 of each.
    """

    followed: Followed
    exact: Interval
    silent: Interval
    wrong: Interval
    label: list[dict[str, Interval]]


def said(judged: Judged, recordings: Recordings) -> Said:
    """Follow each test recording as a listener would."""
    bundle = judged.bundle
    followed = follow(recordings, bundle.labels, bundle.thresholds, bundle.decision)
    sounding = followed.sounding
    cases, bootstrap = judged.said, judged.bootstrap
    one = cases.one_label
    right = (sounding != cases.targets).sum(axis=1) == 0
    silent = sounding.sum(axis=1) == 0
    extra = (sounding & (cases.targets == 0)).sum(axis=1) > 0
    mine = cases.of(one)

    def balanced(chosen: npt.NDArray[np.bool_]) -> Interval:
        return bootstrap.interval(
            *recall_means(mine.truth, chosen[one], list(mine.groups), len(judged.labels), bootstrap)
        )

    return Said(
        followed,
        balanced(right),
        balanced(silent),
        balanced(extra),
        [judged.retrieved(cases, sounding[:, i], i) for i in range(len(judged.labels))],
    )
