"""Which labels are on at any time: in truth, and as it is told. How long the two agree."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.float64]


@dataclass(frozen=True)
class States:
    """Spans of each label, from start (included) to end (not), in seconds.

    `starts` and `ends` are sorted, each by itself: how many of either are past says what is on.
    """

    starts: Mapping[str, Times]
    ends: Mapping[str, Times]

    @classmethod
    def of(cls, labels: Sequence[str], spans: Iterable[tuple[str, float, float]]) -> "States":
        """States of spans (label, start, end)."""
        listed = list(spans)
        return cls(
            {
                name: np.sort([start for label, start, _ in listed if label == name])
                for name in labels
            },
            {name: np.sort([end for label, _, end in listed if label == name]) for name in labels},
        )

    def at(self, times_s: Times) -> npt.NDArray[np.bool_]:
        """Whether each label is on at some times [shape=(n,)]: [shape=(n_labels, n)]."""
        return np.array(
            [
                np.searchsorted(self.starts[name], times_s, "right")
                > np.searchsorted(self.ends[name], times_s, "right")
                for name in self.starts
            ]
        )

    @property
    def changes_s(self) -> Times:
        """When something changes."""
        return np.concatenate([np.zeros(0), *self.starts.values(), *self.ends.values()])


def agreement_s(truth: States, said: States, bounds_s: Times) -> Times:
    """For how long what is said is true, exactly, in each part of a playlist.

    Parameters
    ----------
    bounds_s : [shape=(n + 1,)]
        Where parts begin, and where the last one ends.

    Returns
    -------
    [shape=(n, n_labels + 1)]
        Seconds in which each label is rightly on or off, and, last, all of them are.
    """
    cuts = np.concatenate([bounds_s, truth.changes_s, said.changes_s])
    cuts = np.unique(np.clip(cuts, bounds_s[0], bounds_s[-1]))
    # Between two cuts nothing changes.
    lasts, agree = np.diff(cuts), truth.at(cuts[:-1]) == said.at(cuts[:-1])
    agree = np.concatenate([agree, agree.all(axis=0, keepdims=True)])
    part = np.searchsorted(bounds_s, cuts[:-1], "right") - 1
    total = np.zeros((len(bounds_s) - 1, len(agree)))
    np.add.at(total, part, lasts[:, None] * agree.T)
    return total
