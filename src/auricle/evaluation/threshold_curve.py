"""Thresholds on the test recordings: what each costs and finds, beside what validation promised."""

from dataclasses import dataclass

import numpy as np

from auricle.evaluation.cases import ScoredTestSet
from auricle.evaluation.metrics import Interval, ratio, share
from auricle.inference.offline import ScoredWindows, Tracked
from auricle.inference.threshold_selection import trade_off
from auricle.inference.trade_off import TradeOff


@dataclass(frozen=True)
class ThresholdCurve:
    """At the bundle's threshold of a label, and at all of them.

    `per_hour`: false events per hour of sound without the label; `named`: share of the windows
    that have it of which it is said. `test` and `validation` have (threshold, per hour, named) of
    the trade-off; validation's is empty where the bundle does not know it.
    """

    threshold: float
    is_set: bool
    budget: float | None
    hours: float
    per_hour: Interval
    named: Interval
    test: list[tuple[float, float, float]]
    validation: list[tuple[float, float, float]]
    validation_hours: float

    @property
    def promised(self) -> tuple[float, float, float] | None:
        """What validation had at the nearest threshold of its trade-off."""
        if not self.validation:
            return None
        return min(self.validation, key=lambda point: abs(point[0] - self.threshold))


def threshold_curves(
    test_set: ScoredTestSet, recordings: ScoredWindows, tracked: Tracked
) -> dict[str, ThresholdCurve]:
    """Trade off each label that some test recordings have and some have not."""
    bundle, bootstrap, found = test_set.bundle, test_set.bootstrap, {}
    has = recordings.targets[recordings.first] == 1
    table = trade_off(recordings, bundle.labels, bundle.decision)
    groups = np.asarray(test_set.test.groups, dtype=object)
    for i, label in enumerate(bundle.labels):
        lacks, mine = ~has[:, i], recordings.targets[:, i] == 1
        if not lacks.any() or not mine.any():
            continue
        sums = tracked.events[lacks, i], recordings.hours[lacks]
        found[label] = ThresholdCurve(
            bundle.thresholds[label],
            bundle.decision.is_set(label),
            bundle.decision.budget(label),
            float(sums[1].sum()),
            bootstrap.of_sums(list(groups[lacks]), sums, ratio),
            share(tracked.sounding[mine, i], list(groups[test_set.test.segment[mine]]), bootstrap),
            _points(table, label),
            _points(bundle.trade_off, label),
            bundle.trade_off.hours.get(label, 0.0),
        )
    return found


def _points(table: TradeOff, label: str) -> list[tuple[float, float, float]]:
    if not table.hours.get(label) or not table.named[label]:
        return []
    rows = zip(table.thresholds, table.per_hour(label), table.named[label], strict=True)
    return list(rows)
