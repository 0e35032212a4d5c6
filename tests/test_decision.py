"""What is said follows from probabilities by rules that can be worked out by hand."""

import math

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from auricle.decision import Calibration, Decision, Tracker, mean_over_context, windows_in_context
from auricle.errors import AuricleError

STEP_S = 0.25


def decision(**changes):
    plain = {
        "context_s": 0.25,
        "smoothing_s": 0.0,
        "threshold": None,
        "hysteresis": 0.0,
        "min_duration_s": 0.0,
        "hold_s": 0.0,
        "gate_dbfs": None,
    }
    return Decision(**{**plain, **changes})


def track(rows, thresholds, settings, levels=None):
    """Give what changes over consecutive windows of 0.25 s."""
    rows = np.asarray(rows, np.float32).reshape(-1, len(thresholds))
    levels = [-20.0] * len(rows) if levels is None else levels
    tracker = Tracker(list(thresholds), thresholds, settings)
    changes = []
    for i, (row, level) in enumerate(zip(rows, levels, strict=True)):
        changes += tracker.push(i * STEP_S, (i + 1) * STEP_S, row, level)
    return [*changes, *tracker.finish()]


def times(changes):
    return [(change.kind, change.time_s) for change in changes]


scores = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 30), st.integers(1, 3)),
    elements=st.floats(-50, 50, width=32),
)
sequences = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=60)
decisions = st.builds(
    decision,
    smoothing_s=st.sampled_from([0.0, 0.3, 2.0]),
    hysteresis=st.floats(0, 1),
    min_duration_s=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    hold_s=st.sampled_from([0.0, 0.25, 0.75, 2.0]),
    gate_dbfs=st.sampled_from([None, -70.0]),
)


@settings(deadline=None, max_examples=60)
@given(logits=scores, count=st.integers(1, 12))
def test_the_mean_over_a_context_is_that_of_a_plain_loop(logits, count):
    wanted = [
        np.mean(logits[max(0, i - count + 1) : i + 1].astype(np.float64), axis=0)
        for i in range(len(logits))
    ]
    assert mean_over_context(logits, count) == pytest.approx(np.array(wanted), abs=1e-4)


@settings(deadline=None, max_examples=60)
@given(logits=scores, count=st.integers(1, 12))
def test_a_listener_that_keeps_the_last_windows_gets_the_same_bits(logits, count):
    offline = mean_over_context(logits, count)
    for i in range(len(logits)):
        history = logits[max(0, i - count + 1) : i + 1]
        assert np.array_equal(mean_over_context(history, count)[-1], offline[i])


def test_a_context_of_one_window_changes_nothing_and_the_input_is_left_alone():
    logits = np.array([[1.0], [-2.0], [4.0]], np.float32)
    before = logits.copy()
    assert np.array_equal(mean_over_context(logits, 1), before)
    mean_over_context(logits, 3)
    assert np.array_equal(logits, before)


@pytest.mark.parametrize(
    ("context_s", "window_s", "hop_s", "windows"),
    [
        (0.25, 0.25, 0.25, 1),
        (0.0, 0.25, 0.25, 1),
        (0.49, 0.25, 0.25, 1),
        (0.5, 0.25, 0.25, 2),
        (1.0, 0.25, 0.25, 4),
        (1.0, 0.25, 0.125, 7),
        (1.0, 0.25, 0.5, 2),
        (0.3, 0.1, 0.1, 3),  # a float quotient of 1.9999...
        (1.0, 1.0, 0.25, 1),
        (2.0, 1.0, 0.25, 5),
    ],
)
def test_as_many_windows_as_lie_whole_in_the_context(context_s, window_s, hop_s, windows):
    assert windows_in_context(context_s, window_s, hop_s) == windows


logit_rows = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 6), st.just(3)), elements=st.floats(-1e4, 1e4, width=32)
)


@settings(deadline=None, max_examples=60)
@given(logits=logit_rows, scale=st.floats(0.01, 5), offset=st.floats(-5, 5))
def test_independent_probabilities_are_sigmoids(logits, scale, offset):
    calibration = Calibration([scale, 1.0, 2.0], [offset, 0.0, -1.0], exclusive=False)
    z = logits.astype(np.float64) * [scale, 1.0, 2.0] + [offset, 0.0, -1.0]
    ours = calibration.probabilities(logits)
    assert ours.dtype == np.float32
    assert ours == pytest.approx(scipy.special.expit(z), abs=1e-4)


@settings(deadline=None, max_examples=60)
@given(logits=logit_rows, scale=st.floats(0.01, 5))
def test_exclusive_probabilities_are_a_softmax(logits, scale):
    calibration = Calibration([scale] * 3, [0.0, 0.5, -0.5], exclusive=True)
    z = np.float32(scale) * logits + np.array([0.0, 0.5, -0.5], np.float32)
    ours = calibration.probabilities(logits)
    assert ours == pytest.approx(scipy.special.softmax(z.astype(np.float64), axis=-1), abs=1e-4)
    assert ours.sum(axis=-1) == pytest.approx(np.ones(len(logits)), abs=1e-5)


@pytest.mark.parametrize("exclusive", [False, True])
def test_extreme_logits_give_certainties_without_overflow(exclusive):
    calibration = Calibration([1.0, 1.0], [0.0, 0.0], exclusive)
    logits = np.array([[1e30, -1e30], [-1e30, 1e30], [0.0, 0.0]], np.float32)
    with np.errstate(over="raise", invalid="raise"):
        found = calibration.probabilities(logits)
    assert found.tolist() == [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]


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
    assert [(c.kind, c.label, c.time_s) for c in changes] == [
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
    assert changes[0].time_s == pytest.approx(needed * STEP_S)
    assert changes[0].confidence == pytest.approx(reached)


def test_the_first_window_is_not_smoothed():
    settings = decision(smoothing_s=10.0)
    assert track([0.9], {"music": 0.8}, settings)[0].confidence == pytest.approx(0.9)


def test_sounding_names_what_is_on_and_finish_ends_it():
    tracker = Tracker(["speech", "music"], {"speech": 0.5, "music": 0.5}, decision())
    list(tracker.push(0.0, 0.25, np.array([0.9, 0.1], np.float32), -20.0))
    assert tracker.sounding == ["speech"]
    ended = list(tracker.finish())
    assert [(c.kind, c.label, c.time_s) for c in ended] == [("end", "speech", 0.25)]
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
        marks = [change.time_s for change in mine]
        assert marks == sorted(marks)
        assert all(0 <= change.confidence <= 1 for change in mine)
        for begin, end in zip(mine[::2], mine[1::2], strict=True):
            assert end.time_s - begin.time_s >= max(STEP_S, settings.min_duration_s)


@settings(deadline=None, max_examples=100)
@given(rows=sequences, threshold=st.floats(0.01, 0.99), settings=decisions)
def test_a_label_never_begins_below_its_threshold(rows, threshold, settings):
    # The mean of what began it was at its threshold or above, each window of it too.
    for change in track(rows, {"music": threshold}, settings):
        if change.kind == "begin":
            assert change.confidence >= threshold - 1e-6
            if not settings.smoothing_s:
                assert rows[round(change.time_s / STEP_S)] >= threshold


@settings(deadline=None, max_examples=60)
@given(rows=sequences, settings=decisions, threshold=st.floats(0.01, 0.99))
def test_long_silence_ends_every_label(rows, settings, threshold):
    tracker = Tracker(["music"], {"music": threshold}, settings)
    for i, p in enumerate([*rows, *[0.0] * 100]):
        list(tracker.push(i * STEP_S, (i + 1) * STEP_S, np.array([p], np.float32), -20.0))
    assert tracker.sounding == []


def test_what_is_null_is_taken_from_the_bundle():
    stored = decision(hold_s=0.75, gate_dbfs=-70.0)
    asked = Decision(None, None, 0.3, None, 1.0, None, None)
    assert asked.over(stored) == decision(
        hold_s=0.75, gate_dbfs=-70.0, threshold=0.3, min_duration_s=1.0
    )


@pytest.mark.parametrize("key", ["context_s", "smoothing_s", "hysteresis", "min_duration_s"])
def test_a_negative_setting_is_named(key):
    with pytest.raises(AuricleError, match=f"{key}=-0.1 must not be negative"):
        decision(**{key: -0.1})


@pytest.mark.parametrize("threshold", [0.0, 1.0, 1.5])
def test_a_threshold_that_is_no_probability_is_refused(threshold):
    with pytest.raises(AuricleError, match=f"threshold={threshold} must lie between 0 and 1"):
        decision(threshold=threshold)
