"""Recordings as a listener follows them: what is said of each window, and in how many events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.decision import Change, Decision, Tracker

STATES = ("sounding", "silence", "uncertain", "none")


@dataclass(frozen=True)
class Recordings:
    """Scored windows of recordings, in order.

    `probabilities` and `targets` [shape=(n, n_labels)], after calibration and context;
    `levels_dbfs` [shape=(n,)]; `stretch` [shape=(n,)] numbers the stretches of windows that follow
    each other without a gap, from 0. A window starts each `step_s` and is `window_s` long.
    """

    probabilities: npt.NDArray[np.float32]
    targets: npt.NDArray[np.uint8]
    levels_dbfs: npt.NDArray[np.float32]
    stretch: npt.NDArray[np.int32]
    step_s: float
    window_s: float

    @property
    def first(self) -> npt.NDArray[np.int64]:
        """First window of each stretch."""
        return np.flatnonzero(np.diff(self.stretch, prepend=-1))

    @property
    def hours(self) -> npt.NDArray[np.float64]:
        """Length of each stretch, in hours."""
        windows = np.diff(self.first, append=len(self.stretch))
        return ((windows - 1) * self.step_s + self.window_s) / 3600

    def rows(self) -> list[npt.NDArray[np.int64]]:
        """Numbers of the windows of each stretch."""
        return np.split(np.arange(len(self.stretch)), self.first[1:])


@dataclass(frozen=True)
class Followed:
    """What a listener said.

    `sounding` [shape=(n, n_labels)]: whether an event of the label holds the window whole;
    `events` [shape=(n_stretches, n_labels)]: how many there were; `state` [shape=(n,)]: number in
    `STATES` of what was heard at the end of each window.
    """

    sounding: npt.NDArray[np.bool_]
    events: npt.NDArray[np.int64]
    state: npt.NDArray[np.uint8]


def follow(
    recordings: Recordings,
    labels: Sequence[str],
    thresholds: Mapping[str, float],
    decision: Decision,
) -> Followed:
    """Follow each stretch from its start, through gate, smoothing, thresholds and durations."""
    step_s, window_s = recordings.step_s, recordings.window_s
    stretches = recordings.rows()
    sounding = np.zeros(recordings.targets.shape, bool)
    events = np.zeros((len(stretches), len(labels)), np.int64)
    state = np.zeros(len(recordings.stretch), np.uint8)
    levels = recordings.levels_dbfs.tolist()
    for number, rows in enumerate(stretches):
        tracker, changes = Tracker(labels, thresholds, decision), list[Change]()
        for i, row in enumerate(rows):
            start_s = i * step_s
            changes += tracker.push(
                start_s, start_s + window_s, recordings.probabilities[row], levels[row]
            )
            state[row] = STATES.index(tracker.state)
        start = step_s * np.arange(len(rows))
        for change in [*changes, *tracker.finish()]:
            if change.kind == "end":
                label = labels.index(change.label)
                inside = (start >= change.start_s - 1e-6) & (
                    start + window_s <= change.end_s + 1e-6
                )
                sounding[rows[inside], label] = True
                events[number, label] += 1
    return Followed(sounding, events, state)
