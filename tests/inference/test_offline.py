"""What a listener says of recordings is what the tracker's events say, recording by recording."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.inference.offline import STATES, track
from auricle.inference.tracker import Tracker
from helpers import decision, ended, recordings

LABELS = ["speech", "music"]


def test_each_recording_is_followed_from_its_start():
    one = [[0.9, 0.1]] * 4 + [[0.1, 0.9]] * 4
    found = track(
        recordings(one * 2, [[1, 0], [1, 0]], [8, 8]),
        LABELS, {"speech": 0.5, "music": 0.5}, decision(min_duration_s=0.5),
    )  # fmt: skip
    assert found.events.tolist() == [[1, 1], [1, 1]]
    assert found.sounding.tolist() == ([[True, False]] * 4 + [[False, True]] * 4) * 2
    # It has been on for long enough at the end of the second window.
    assert [STATES[i] for i in found.state[:3]] == ["uncertain", "sounding", "sounding"]


def test_silence_and_nothing_are_told_apart():
    found = track(
        recordings([[0.1, 0.1]] * 2, [[0, 0]], [2], levels=[-90, -20]),
        LABELS, {"speech": 0.5, "music": 0.5}, decision(gate_dbfs=-70.0),
    )  # fmt: skip
    assert [STATES[i] for i in found.state] == ["silence", "none"]
    assert not found.sounding.any()


def test_hours_are_from_the_first_sample_to_the_last():
    found = recordings(np.zeros((10, 1)), [[0], [0]], [9, 1], step_s=0.125)
    assert 3600 * found.hours == pytest.approx([8 * 0.125 + 0.25, 0.25])


@settings(deadline=None, max_examples=40)
@given(data=st.data(), sizes=st.lists(st.integers(1, 12), min_size=1, max_size=4))
def test_events_are_as_many_as_the_tracker_ends(data, sizes):
    number = st.floats(0, 1, width=32)
    rows = data.draw(st.lists(st.tuples(number, number), min_size=sum(sizes), max_size=sum(sizes)))
    rules = decision(min_duration_s=0.5, hold_s=0.25, hysteresis=0.1, gate_above_floor_db=3.0)
    thresholds = {"speech": 0.6, "music": 0.7}
    levels = data.draw(st.lists(st.floats(-80, 0), min_size=sum(sizes), max_size=sum(sizes)))
    mine = recordings(rows, [[0, 0]] * len(sizes), sizes, levels)
    found = track(mine, LABELS, thresholds, rules)
    for number, part in enumerate(mine.rows()):
        tracker = Tracker(rules.rules(LABELS, thresholds), rules)
        told = ended(tracker, mine.probabilities[part], mine.levels_dbfs[part])
        for i, label in enumerate(LABELS):
            assert found.events[number, i] == sum(span.label == label for span in told)
