"""The same figures by part: by class, by source, by group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.evaluation.cases import LEVELS, Cases, ScoredTestSet
from auricle.evaluation.metrics import Interval

UNNAMED = "unnamed"


@dataclass(frozen=True)
class Subgroup:
    """Some of the test recordings; a figure is missing where none of them has exactly one label."""

    name: str
    labels: str
    clips: int
    groups: int
    windows: int
    balanced: dict[str, Interval]

    def bounded(self, level: str) -> tuple[str, str, str]:
        """Figure and bounds as text; empty where there is none: one group has no interval."""
        if level not in self.balanced:
            return "", "", ""
        found = self.balanced[level]
        low, high = (f"{bound:.6g}" if self.groups > 1 else "" for bound in (found.low, found.high))
        return f"{found.value:.6g}", low, high

    def text(self, level: str) -> str:
        """Figure and interval for a table."""
        if level not in self.balanced:
            return "no single label"
        found = self.balanced[level]
        return str(found) if self.groups > 1 else f"{found.value:.3f}"


def by_class(test_set: ScoredTestSet) -> list[Subgroup]:
    """Share of each class's cases that is answered rightly."""
    parts = []
    for i, label in enumerate(test_set.labels):
        chosen = {
            level: cases.one_label & (cases.targets[:, i] == 1)
            for level, cases in test_set.cases.items()
        }
        parts.append(_part(test_set, label, chosen))
    return parts


def by_source(test_set: ScoredTestSet, source: Mapping[str, str]) -> list[Subgroup]:
    """Of each source (a corpus, a site, a device), the worst first.

    `source` gives it by the path of the recording.
    """
    return _by(test_set, [source.get(path) or UNNAMED for path in test_set.clips])


def by_group(test_set: ScoredTestSet) -> list[Subgroup]:
    """Of each group, the worst first."""
    return _by(test_set, [str(name) for name in test_set.cases["clip"].groups])


def labels_of(test_set: ScoredTestSet, targets: npt.NDArray[np.uint8]) -> str:
    """Labels that sound, joined."""
    return " + ".join(test_set.labels[i] for i in np.flatnonzero(targets)) or "none"


def _by(test_set: ScoredTestSet, names: Sequence[str]) -> list[Subgroup]:
    of_clip = np.asarray(names, dtype=object)
    of_window = of_clip[test_set.test.clip]
    parts = [
        _part(
            test_set,
            name,
            {level: (of_clip if level == "clip" else of_window) == name for level in LEVELS},
        )
        for name in sorted(set(names))
    ]
    return sorted(parts, key=lambda part: _value(part, "second"))


def _part(
    test_set: ScoredTestSet, name: str, chosen: Mapping[str, npt.NDArray[np.bool_]]
) -> Subgroup:
    cases: dict[str, Cases] = {level: test_set.cases[level].of(chosen[level]) for level in LEVELS}
    clips = cases["clip"]
    sets = {labels_of(test_set, row) for row in np.unique(clips.targets, axis=0)}
    return Subgroup(
        name,
        ", ".join(sorted(sets)),
        len(clips),
        len(set(clips.groups)),
        len(cases["window"]),
        {
            level: test_set.balanced(mine.of(mine.one_label))
            for level, mine in cases.items()
            if mine.one_label.any()
        },
    )


def _value(part: Subgroup, level: str) -> float:
    return part.balanced[level].value if level in part.balanced else np.inf
