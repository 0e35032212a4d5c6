"""The second row: what a listener says, through gate, smoothing, thresholds and durations."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.evaluation.cases import ScoredTestSet
from auricle.evaluation.metrics import Interval, recall_means
from auricle.inference.offline import ScoredWindows, Tracked, track


@dataclass(frozen=True)
class EventLevel:
    """What was said of the test windows, held against the truth.

    `exact`: mean over classes of the share of windows, of those with one label, in which just
    that one is said; `silent` and `wrong`: mean over classes of the share in which nothing, and
    in which another label, is said. `tracked` is what was said; `label` has precision, recall
    and F1 of each.
    """

    tracked: Tracked
    exact: Interval
    silent: Interval
    wrong: Interval
    label: list[dict[str, Interval]]


def judge_events(test_set: ScoredTestSet, recordings: ScoredWindows) -> EventLevel:
    """Follow each test recording as a listener would."""
    bundle = test_set.bundle
    tracked = track(recordings, bundle.labels, bundle.thresholds, bundle.decision)
    sounding = tracked.sounding
    cases, bootstrap = test_set.in_context, test_set.bootstrap
    one = cases.one_label
    right = (sounding != cases.targets).sum(axis=1) == 0
    silent = sounding.sum(axis=1) == 0
    extra = (sounding & (cases.targets == 0)).sum(axis=1) > 0
    mine = cases.of(one)

    def balanced(chosen: npt.NDArray[np.bool_]) -> Interval:
        return bootstrap.interval(
            *recall_means(
                mine.truth, chosen[one], list(mine.groups), len(test_set.classes), bootstrap
            )
        )

    return EventLevel(
        tracked,
        balanced(right),
        balanced(silent),
        balanced(extra),
        [test_set.retrieved(cases, sounding[:, i], i) for i in range(len(test_set.labels))],
    )
