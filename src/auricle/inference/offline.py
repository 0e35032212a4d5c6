"""Recordings as a listener follows them: what is said of each window, and in how many events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.audio.preprocess import Preprocess
from auricle.inference.decision import Decision
from auricle.inference.tracker import Change, Tracker

STATES = ("sounding", "silence", "uncertain", "none")


@dataclass(frozen=True)
class ScoredWindows:
    """Scored windows of recordings, in order.

    `probabilities` and `targets` [shape=(n, n_labels)], after calibration and context;
    `levels_dbfs` [shape=(n,)]; `segment` [shape=(n,)] numbers the segments of windows that follow
    each other without a gap, from 0. `preprocess` is how they were cut.
    """

    probabilities: npt.NDArray[np.float32]
    targets: npt.NDArray[np.uint8]
    levels_dbfs: npt.NDArray[np.float32]
    segment: npt.NDArray[np.int32]
    preprocess: Preprocess

    @property
    def first(self) -> npt.NDArray[np.int64]:
        """First window of each segment."""
        return np.flatnonzero(np.diff(self.segment, prepend=-1))

    @property
    def hours(self) -> npt.NDArray[np.float64]:
        """Length of each segment, in hours."""
        windows = np.diff(self.first, append=len(self.segment))
        return ((windows - 1) * self.preprocess.step_s + self.preprocess.length_s) / 3600

    def rows(self) -> list[npt.NDArray[np.int64]]:
        """Numbers of the windows of each segment."""
        return np.split(np.arange(len(self.segment)), self.first[1:])


@dataclass(frozen=True)
class Tracked:
    """What a listener said.

    `sounding` [shape=(n, n_labels)]: whether an event of the label holds the window whole;
    `events` [shape=(n_segments, n_labels)]: how many there were; `state` [shape=(n,)]: number in
    `STATES` of what was heard at the end of each window.
    """

    sounding: npt.NDArray[np.bool_]
    events: npt.NDArray[np.int64]
    state: npt.NDArray[np.uint8]


def track(
    recordings: ScoredWindows,
    labels: Sequence[str],
    thresholds: Mapping[str, float],
    decision: Decision,
) -> Tracked:
    """Follow each segment from its start, through gate, smoothing, thresholds and durations."""
    segments, preprocess = recordings.rows(), recordings.preprocess
    sounding = np.zeros(recordings.targets.shape, bool)
    events = np.zeros((len(segments), len(labels)), np.int64)
    state = np.zeros(len(recordings.segment), np.uint8)
    rules = decision.rules(labels, thresholds)
    for number, rows in enumerate(segments):
        ended, states = follow(
            Tracker(rules, decision),
            recordings.probabilities[rows],
            recordings.levels_dbfs[rows],
            preprocess,
        )
        state[rows] = [STATES.index(name) for name in states]
        start_s = preprocess.step_s * np.arange(len(rows))
        for change in ended:
            label = labels.index(change.label)
            inside = (start_s >= change.start_s - 1e-6) & (
                start_s + preprocess.length_s <= change.end_s + 1e-6
            )
            sounding[rows[inside], label] = True
            events[number, label] += 1
    return Tracked(sounding, events, state)


def follow(
    tracker: Tracker,
    probabilities: npt.NDArray[np.float32],
    levels_dbfs: npt.NDArray[np.float32],
    preprocess: Preprocess,
) -> tuple[list[Change], list[str]]:
    """Return when each label sounds in one recording, in the order of the ends, and each state.

    Parameters
    ----------
    tracker
        A new one.
    probabilities : [shape=(n_windows, n_labels)]
        Of consecutive windows, the first of which starts at 0.
    levels_dbfs : [shape=(n_windows,)]

    Returns
    -------
    changes, states
        The changes that are ends; the state after each window.
    """
    changes, states = list[Change](), list[str]()
    for i, (row, level) in enumerate(zip(probabilities, levels_dbfs.tolist(), strict=True)):
        start_s = i * preprocess.step_s
        changes += tracker.push(start_s, start_s + preprocess.length_s, row, level)
        states.append(tracker.state)
    changes += tracker.finish()
    return [change for change in changes if change.kind == "end"], states
