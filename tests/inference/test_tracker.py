"""What is said follows from probabilities by rules that can be worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.inference.tracker import Tracker
from helpers import decision

STEP_S = 0.25


def track(rows, thresholds, settings, levels=None):
    """Give what changes over consecutive windows of 0.25 s."""
    rows = np.asarray(rows, np.float32).reshape(-1, len(thresholds))
    levels = [-20.0] * len(rows) if levels is None else levels
    tracker = Tracker(settings.rules(list(thresholds), thresholds), settings)
    changes = []
    for i, (row, level) in enumerate(zip(rows, levels, strict=True)):
        changes += tracker.push(i * STEP_S, (i + 1) * STEP_S, row, level)
    return [*changes, *tracker.finish()]


def when(change):
    """Time at which a change happened."""
    return change.start_s if change.kind == "begin" else change.end_s


def times(changes):
    return [(change.kind, when(change)) for change in changes]


sequences = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=60)
decisions = st.builds(
    decision,
    smoothing_s=st.sampled_from([0.0, 0.3, 2.0]),
    hysteresis=st.floats(0, 1),
    min_duration_s=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    hold_s=st.sampled_from([0.0, 0.25, 0.75, 2.0]),
    cool_down_s=st.sampled_from([0.0, 1.0]),
    gate_dbfs=st.sampled_from([None, -70.0]),
    gate_above_floor_db=st.sampled_from([None, 3.0]),
    pre_roll_s=st.sampled_from([0.0, 0.25, 0.5]),
    hang_over_s=st.sampled_from([0.0, 0.5]),
)


def test_a_label_sounds_from_the_start_of_its_first_window_to_the_end_of_its_last():
    changes = track([0.1, 0.9, 0.7, 0.1, 0.1], {"music": 0.5}, decision())
    assert times(changes) == [("begin", 0.25), ("end", 0.75)]
    assert changes[0].confidence == pytest.approx(0.9)
    assert changes[1].confidence == pytest.approx(0.8)


def test_the_threshold_itself_is_enough():
    assert times(track([0.5], {"music": 0.5}, decision())) == [("begin", 0.0), ("end", 0.25)]
    assert track([0.499], {"music": 0.5}, decision()) == []


def test_each_label_has_its_own_threshold():
    changes = track([[0.6, 0.6]] * 2, {"speech": 0.5, "music": 0.7}, decision())
    assert {change.label for change in changes} == {"speech"}


def test_labels_may_sound_together():
    rows = [[0.9, 0.1], [0.9, 0.9], [0.1, 0.9], [0.1, 0.1]]
    changes = track(rows, {"speech": 0.5, "music": 0.5}, decision())
    assert [(c.kind, c.label, when(c)) for c in changes] == [
        ("begin", "speech", 0.0),
        ("begin", "music", 0.25),
        ("end", "speech", 0.5),
        ("end", "music", 0.75),
    ]


def test_what_is_shorter_than_the_least_duration_is_not_said():
    short, long = [0.9, 0.9, 0.1, 0.1], [0.9, 0.9, 0.9, 0.1]
    settings = decision(min_duration_s=0.75)
    assert track(short, {"music": 0.5}, settings) == []
    assert times(track(long, {"music": 0.5}, settings)) == [("begin", 0.0), ("end", 0.75)]


def test_an_interruption_starts_the_least_duration_anew():
    rows = [0.9, 0.9, 0.1, 0.9, 0.9, 0.9, 0.1]
    changes = track(rows, {"music": 0.5}, decision(min_duration_s=0.75))
    assert times(changes) == [("begin", 0.75), ("end", 1.5)]


def test_a_pause_shorter_than_the_hold_does_not_end_a_label():
    rows = [0.9, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1]
    changes = track(rows, {"music": 0.5}, decision(hold_s=0.75))
    assert times(changes) == [("begin", 0.0), ("end", 1.0)]


def test_a_pause_as_long_as_the_hold_ends_a_label():
    rows = [0.9, 0.1, 0.1, 0.1, 0.9]
    changes = track(rows, {"music": 0.5}, decision(hold_s=0.75))
    assert times(changes) == [("begin", 0.0), ("end", 0.25), ("begin", 1.0), ("end", 1.25)]


def test_hysteresis_keeps_a_label_on_until_it_is_well_below_its_threshold():
    rows = [0.6, 0.45, 0.41, 0.39, 0.45]
    assert times(track(rows, {"music": 0.5}, decision(hysteresis=0.1))) == [
        ("begin", 0.0),
        ("end", 0.75),
    ]


@pytest.mark.parametrize("hysteresis", [0.1, 0.5, 1.0])
def test_a_hysteresis_above_the_threshold_still_lets_a_label_end(hysteresis):
    rows = [0.9] + [0.0] * 4
    changes = track(rows, {"music": 0.05}, decision(hysteresis=hysteresis))
    assert times(changes) == [("begin", 0.0), ("end", 0.25)]


def test_quiet_windows_are_silence_whatever_their_probability():
    levels = [-20.0, -69.9, -70.1, -120.0]
    changes = track([0.9] * 4, {"music": 0.5}, decision(gate_dbfs=-70.0), levels)
    assert times(changes) == [("begin", 0.0), ("end", 0.5)]


def test_smoothing_is_that_of_an_exponential_filter():
    # From 0, a step to 1 is at 1 - exp(-t/T) after t seconds.
    time_constant_s, threshold = 1.0, 0.6
    changes = track([0.0] + [1.0] * 20, {"music": threshold}, decision(smoothing_s=time_constant_s))
    needed = math.ceil(-time_constant_s * math.log(1 - threshold) / STEP_S)
    reached = 1 - math.exp(-needed * STEP_S / time_constant_s)
    assert when(changes[0]) == pytest.approx(needed * STEP_S)
    assert changes[0].confidence == pytest.approx(reached)


def test_the_first_window_is_not_smoothed():
    settings = decision(smoothing_s=10.0)
    assert track([0.9], {"music": 0.8}, settings)[0].confidence == pytest.approx(0.9)


def test_sounding_names_what_is_on_and_finish_ends_it():
    tracker = Tracker(
        decision().rules(["speech", "music"], {"speech": 0.5, "music": 0.5}), decision()
    )
    list(tracker.push(0.0, 0.25, np.array([0.9, 0.1], np.float32), -20.0))
    assert tracker.sounding == ["speech"]
    ended = list(tracker.finish())
    assert [(c.kind, c.label, when(c)) for c in ended] == [("end", "speech", 0.25)]
    assert tracker.sounding == []
    assert list(tracker.finish()) == []


@settings(deadline=None, max_examples=100)
@given(speech=sequences, threshold=st.floats(0.01, 0.99), settings=decisions)
def test_a_label_begins_and_ends_by_turns(speech, threshold, settings):
    rows = [[p, 1 - p] for p in speech]
    changes = track(rows, {"speech": threshold, "music": 0.5}, settings)
    for label in ("speech", "music"):
        mine = [change for change in changes if change.label == label]
        assert [change.kind for change in mine] == ["begin", "end"] * (len(mine) // 2)
        marks = [when(change) for change in mine]
        assert marks == sorted(marks)
        assert all(0 <= change.confidence <= 1 for change in mine)
        for begin, end in zip(mine[::2], mine[1::2], strict=True):
            assert when(end) - when(begin) >= max(STEP_S, settings.min_duration_s)


@settings(deadline=None, max_examples=100)
@given(rows=sequences, threshold=st.floats(0.01, 0.99), settings=decisions)
def test_a_label_never_begins_below_its_threshold(rows, threshold, settings):
    # The mean of what began it was at its threshold or above, each window of it too.
    for change in track(rows, {"music": threshold}, settings):
        if change.kind == "begin":
            assert change.confidence >= threshold - 1e-6
            if not settings.smoothing_s:
                assert rows[round(when(change) / STEP_S)] >= threshold


@settings(deadline=None, max_examples=60)
@given(rows=sequences, settings=decisions, threshold=st.floats(0.01, 0.99))
def test_long_silence_ends_every_label(rows, settings, threshold):
    tracker = Tracker(settings.rules(["music"], {"music": threshold}), settings)
    for i, p in enumerate([*rows, *[0.0] * 100]):
        list(tracker.push(i * STEP_S, (i + 1) * STEP_S, np.array([p], np.float32), -20.0))
    assert tracker.sounding == []


def test_each_label_has_its_own_thresholds_and_durations():
    settings = decision(
        threshold={"speech": 0.8},
        hysteresis={"speech": 0.3},
        min_duration_s={"music": 0.5},
        hold_s={"speech": 0.5},
    )
    rows = [[0.6, 0.6], [0.9, 0.6], [0.6, 0.4], [0.4, 0.4], [0.4, 0.4]]
    changes = track(rows, {"speech": 0.5, "music": 0.5}, settings)
    told = [(change.label, *time) for change, time in zip(changes, times(changes), strict=True)]
    # Speech: on at .8, off below .5 for half a second. Music: on once .5 has held for .5 s.
    assert told == [
        ("speech", "begin", 0.25),
        ("music", "begin", 0.0),
        ("music", "end", 0.5),
        ("speech", "end", 0.75),
    ]


def test_a_label_that_cools_down_is_not_said_again():
    rows = [0.9, 0.0, 0.9, 0.9, 0.9, 0.9]
    changes = track(rows, {"music": 0.5}, decision(cool_down_s=0.75))
    # It ended at 0.25, so it is said again from 1.0 on.
    assert times(changes) == [("begin", 0.0), ("end", 0.25), ("begin", 1.0), ("end", 1.5)]


def test_confidence_peak_and_level_are_those_of_the_windows_that_held_it():
    changes = track([0.6, 0.8, 0.1], {"music": 0.5}, decision(), [-20.0, -10.0, 0.0])
    assert changes[-1].confidence == pytest.approx(0.7)
    assert changes[-1].peak == pytest.approx(0.8)
    # The mean power of .01 and .1
    assert changes[-1].level_dbfs == pytest.approx(10 * math.log10(0.055))


def gated(**changes):
    return decision(gate_dbfs=-70.0, gate_above_floor_db=3.0, **changes)


def follow(rows, levels, settings, threshold=0.5):
    """Give the state after each window, and all changes."""
    tracker = Tracker(settings.rules(["music"], {"music": threshold}), settings)
    states, changes = [], []
    for i, (p, level) in enumerate(zip(rows, levels, strict=True)):
        row = np.array([p], np.float32)
        changes += tracker.push(i * STEP_S, (i + 1) * STEP_S, row, level)
        states.append(tracker.state)
    return states, [*changes, *tracker.finish()], tracker


def test_steady_noise_becomes_silence_and_what_rises_above_it_is_heard():
    # From -73 dB the floor rises 3 dB/s: to -45 dB in about 10 s.
    seconds = 30
    levels = [-45.0] * (4 * seconds) + [-35.0] * 4
    states, changes, _ = follow([0.1] * (4 * seconds) + [0.9] * 4, levels, gated())
    assert states[0] == "none"
    assert states[4 * seconds - 1] == "silence"
    assert times(changes) == [("begin", float(seconds)), ("end", seconds + 1.0)]


def test_noise_that_would_be_named_is_not_once_it_is_the_background():
    # Unsure while it is new, so below the threshold; later just above it.
    levels = [-45.0] * 200
    _, changes, _ = follow([0.3] * 100 + [0.6] * 100, levels, gated())
    assert changes == []


def test_hiss_that_was_taken_for_a_sound_becomes_silence():
    """From -73 dB the floor rises 0.3 dB/s while a label is on: to -60 dB within 45 s."""
    windows = 4 * 120
    states, changes, _ = follow([0.9] * windows, [-60.0] * windows, gated())
    assert states[0] == "sounding" and states[-1] == "silence"
    assert times(changes)[-1][0] == "end" and times(changes)[-1][1] < 45


def test_a_continuous_sound_is_reported_for_as_long_as_it_lasts():
    windows = 4 * 3600
    _, changes, _ = follow([0.9] * windows, [-40.0] * windows, gated())
    assert times(changes) == [("begin", 0.0), ("end", 3600.0)]


def test_the_floor_falls_at_once_and_rises_slowly():
    _, _, tracker = follow([0.0] * 5, [-80.0, -30.0, -30.0, -30.0, -30.0], gated())
    # 4 windows of .25 s at 3 dB/s above -80
    assert tracker.floor_dbfs == pytest.approx(-77.0)


def test_pre_roll_gives_back_the_quiet_beginning_of_a_sound():
    levels = [-80.0, -80.0, -30.0, -30.0]
    rows = [0.9, 0.9, 0.9, 0.9]
    _, without, _ = follow(rows, levels, gated())
    _, with_it, _ = follow(rows, levels, gated(pre_roll_s=0.25))
    assert times(without)[0] == ("begin", 0.5)
    assert times(with_it)[0] == ("begin", 0.25)


def test_hang_over_keeps_the_quiet_end_of_a_sound():
    levels = [-30.0, -80.0, -80.0, -80.0]
    rows = [0.9, 0.9, 0.9, 0.9]
    _, without, _ = follow(rows, levels, gated())
    _, with_it, _ = follow(rows, levels, gated(hang_over_s=0.5))
    assert times(without)[-1] == ("end", 0.25)
    assert times(with_it)[-1] == ("end", 0.75)


def test_the_state_tells_silence_none_unsure_and_sounding_apart():
    rows, levels = [0.9, 0.1, 0.4, 0.9], [-90.0, -30.0, -30.0, -30.0]
    assert follow(rows, levels, gated())[0] == ["silence", "none", "uncertain", "sounding"]


def test_a_sound_that_is_not_yet_long_enough_is_unsure():
    states, _, _ = follow([0.9] * 3, [-30.0] * 3, gated(min_duration_s=0.75))
    assert states == ["uncertain", "uncertain", "sounding"]


def test_what_goes_on_is_known_before_it_ends():
    tracker = Tracker(
        decision().rules(["speech", "music"], {"speech": 0.5, "music": 0.5}), decision()
    )
    for i in range(4):
        list(tracker.push(i * STEP_S, (i + 1) * STEP_S, np.array([0.9, 0.1], np.float32), -20.0))
    (sound,) = tracker.ongoing
    assert (sound.kind, sound.label, sound.start_s, sound.end_s) == ("ongoing", "speech", 0.0, 1.0)


@settings(deadline=None, max_examples=60)
@given(rows=sequences, levels=st.lists(st.floats(-120, 0), min_size=60, max_size=60), of=decisions)
def test_the_floor_never_lies_above_the_last_level(rows, levels, of):
    tracker = Tracker(of.rules(["music"], {"music": 0.5}), of)
    for i, (p, level) in enumerate(zip(rows, levels[: len(rows)], strict=True)):
        list(tracker.push(i * STEP_S, (i + 1) * STEP_S, np.array([p], np.float32), level))
        if of.gate_above_floor_db is not None:
            assert tracker.floor_dbfs <= max(level, -120.0)
