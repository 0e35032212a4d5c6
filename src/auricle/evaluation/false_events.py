"""How often a listener tells of what is not there: false events an hour, by what does sound."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from auricle.evaluation.cases import ScoredTestSet
from auricle.evaluation.metrics import Interval, ratio
from auricle.evaluation.subgroups import UNNAMED, labels_of
from auricle.inference.offline import ScoredWindows, Tracked


@dataclass(frozen=True)
class FalseEvents:
    """Of the recordings that have just `labels`; of one `source`, or of all where it is empty.

    `per_hour` has each label that they have not.
    """

    labels: str
    source: str
    recordings: int
    hours: float
    per_hour: dict[str, Interval]


def false_events(
    test_set: ScoredTestSet,
    recordings: ScoredWindows,
    tracked: Tracked,
    source: Mapping[str, str],
) -> list[FalseEvents]:
    """Count by the labels of the recordings, those without any first, these by source as well."""
    test = test_set.test
    targets = recordings.targets[recordings.first]
    clips = np.asarray(test.clips, dtype=object)
    of = np.asarray([source.get(path) or UNNAMED for path in test.clips], dtype=object)
    sets = sorted(
        {tuple(row) for row in targets.tolist() if not all(row)}, key=lambda row: (sum(row), row)
    )
    found = []
    for row in sets:
        mine = (targets == row).all(axis=1)
        names = sorted(set(of[mine])) if not sum(row) else []
        parts = [("", mine), *((name, mine & (of == name)) for name in names if len(names) > 1)]
        for name, chosen in parts:
            groups = [group for group, is_in in zip(test.groups, chosen, strict=True) if is_in]
            sums = tracked.events[chosen], recordings.hours[chosen]
            per_hour = {
                label: test_set.bootstrap.of_sums(groups, (sums[0][:, i], sums[1]), ratio)
                for i, label in enumerate(test_set.labels)
                if not row[i]
            }
            labels = labels_of(test_set, np.array(row, np.uint8))
            hours = float(sums[1].sum())
            found.append(FalseEvents(labels, name, len(set(clips[chosen])), hours, per_hour))
    return found
