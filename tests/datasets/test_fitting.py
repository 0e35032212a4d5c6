"""Windows are as long as what sounds, and labels exclude each other where recordings say so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.audio.level import active_s
from auricle.datasets.fitting import fit_targets, fit_windows
from helpers import clip

RATE = 16000


def tone(seconds, dbfs=-20.0):
    return (10 ** (dbfs / 20) * np.sin(np.arange(round(seconds * RATE)) * 0.3)).astype(np.float32)


def silence(seconds):
    return np.zeros(round(seconds * RATE), np.float32)


def of_lengths(**lengths_s):
    """Return recordings of each label, and how long each sounds."""
    clips = [
        clip(f"{label}/{i}.wav", (label,))
        for label, of in lengths_s.items()
        for i in range(len(of))
    ]
    return clips, {
        f"{label}/{i}.wav": s for label, of in lengths_s.items() for i, s in enumerate(of)
    }


@pytest.mark.parametrize(
    ("parts", "seconds"),
    [
        ([tone(1)], 1.0),
        ([silence(2), tone(0.4), silence(1)], 0.4),
        ([tone(0.2), silence(1), tone(0.3), silence(5)], 1.5),  # a pause is within the sound
        ([tone(0.5), tone(1, dbfs=-60)], 0.5),  # 40 dB below: a room, no sound
        ([tone(0.5), tone(1, dbfs=-45)], 1.5),
        ([silence(3)], 0.0),
        ([], 0.0),
    ],
)
def test_a_recording_is_active_from_its_first_to_its_last_sound(parts, seconds):
    samples = np.concatenate([silence(0), *parts])
    assert active_s(samples, RATE) == pytest.approx(seconds, abs=0.011)


def test_what_goes_on_gets_a_quarter_of_a_second():
    clips, active = of_lengths(speech=[5.0, 4.2, 6.0], music=[5.0, 30.0, 12.0])
    fitting = fit_windows(clips, active)
    assert (fitting.window_s, fitting.hop_s) == (0.25, 0.25)


def test_short_words_get_windows_that_hold_them_with_room_to_spare():
    clips, active = of_lengths(yes=[0.3, 0.35, 0.4, 0.5], no=[0.3, 0.3, 0.45, 0.4])
    fitting = fit_windows(clips, active)
    assert (fitting.window_s, fitting.hop_s) == (0.75, 0.1875)
    assert "no" in fitting.why


def test_one_class_of_short_events_among_long_ones_is_enough():
    clips, active = of_lengths(rain=[5.0] * 4, sneeze=[0.6, 0.7, 0.8, 2.0])
    assert fit_windows(clips, active).window_s == 1.0


def test_background_does_not_decide_how_long_a_window_is():
    clips, active = of_lengths(speech=[5.0] * 3, music=[6.0] * 3)
    clips += [clip("background/0.wav", ())]
    assert fit_windows(clips, active | {"background/0.wav": 0.1}).window_s == 0.25


@settings(deadline=None, max_examples=80)
@given(st.lists(st.floats(0.01, 3600), min_size=1, max_size=30))
def test_windows_of_events_hold_nine_of_ten_or_are_as_long_as_may_be(lengths_s):
    clips, active = of_lengths(event=lengths_s)
    fitting = fit_windows(clips, active)
    short = [s for s in lengths_s if s <= 2.5]
    if np.median(lengths_s) > 2.5:
        assert (fitting.window_s, fitting.hop_s) == (0.25, 0.25)
        return
    assert 0.5 <= fitting.window_s <= 1
    assert fitting.hop_s == fitting.window_s / 4
    held = np.mean([s <= fitting.window_s for s in short])
    assert fitting.window_s == 1 or held >= 0.9 - 1 / len(short)


@pytest.mark.parametrize(
    ("labels", "targets"),
    [
        ([("yes",), ("no",)], "exclusive"),
        ([("yes",), ()], "exclusive"),
        ([("speech",), ("music",), ("speech", "music")], "independent"),
    ],
)
def test_labels_exclude_each_other_unless_a_recording_has_two(labels, targets):
    assert fit_targets([clip(f"{i}.wav", of) for i, of in enumerate(labels)]) == targets
