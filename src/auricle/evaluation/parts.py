"""The same figures by part: by class, by source, by group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.evaluation.counting import LEVELS, Cases, Judged
from auricle.metrics import Interval

UNNAMED = "unnamed"


@dataclass(frozen=True)
class Part:
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


def by_class(judged: Judged) -> list[Part]:
    """Share of each class's cases that is answered rightly."""
    parts = []
    for i, label in enumerate(judged.labels):
        chosen = {
            level: cases.one_label & (cases.targets[:, i] == 1)
            for level, cases in judged.cases.items()
        }
        parts.append(_part(judged, label, chosen))
    return parts


def by_source(judged: Judged, source: Mapping[str, str]) -> list[Part]:
    """Of each source (a corpus, a site, a device), the worst first.

    `source` gives it by the path of the recording.
    """
    return _by(judged, [source.get(path) or UNNAMED for path in judged.clips])


def by_group(judged: Judged) -> list[Part]:
    """Of each group, the worst first."""
    return _by(judged, [str(name) for name in judged.cases["clip"].groups])


def labels_of(judged: Judged, targets: npt.NDArray[np.uint8]) -> str:
    """Labels that sound, joined."""
    return " + ".join(judged.labels[i] for i in np.flatnonzero(targets)) or "none"


def _by(judged: Judged, names: Sequence[str]) -> list[Part]:
    of_clip = np.asarray(names, dtype=object)
    of_window = of_clip[judged.test.clip]
    parts = [
        _part(
            judged,
            name,
            {level: (of_clip if level == "clip" else of_window) == name for level in LEVELS},
        )
        for name in sorted(set(names))
    ]
    return sorted(parts, key=lambda part: _value(part, "second"))


def _part(judged: Judged, name: str, chosen: Mapping[str, npt.NDArray[np.bool_]]) -> Part:
    cases: dict[str, Cases] = {level: judged.cases[level].of(chosen[level]) for level in LEVELS}
    clips = cases["clip"]
    sets = {labels_of(judged, row) for row in np.unique(clips.targets, axis=0)}
    return Part(
        name,
        ", ".join(sorted(sets)),
        len(clips),
        len(set(clips.groups)),
        len(cases["window"]),
        {
            level: judged.balanced(mine.of(mine.one_label))
            for level, mine in cases.items()
            if mine.one_label.any()
        },
    )


def _value(part: Part, level: str) -> float:
    return part.balanced[level].value if level in part.balanced else np.inf
