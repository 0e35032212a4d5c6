"""Recordings become windows of a known number of samples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.audio.preprocess import Preprocess, PreprocessSettings
from auricle.core.errors import AuricleError


def preprocess(rate=16000, window_s=0.25, hop_s=0.25, tails="pad", steps=()):
    return Preprocess(rate, window_s, hop_s, tails, list(steps))


@pytest.mark.parametrize(
    ("rate", "window_s", "samples"),
    [
        (16000, 0.25, 4000),
        (22050, 0.25, 5512),  # 5512.5, rounded down
        (22050, 0.03, 661),  # 661.5
        (20, 0.35, 7),  # a float product of 6.999...
        (44100, 1.0, 44100),
        (8000, 0.1, 800),
    ],
)
def test_a_window_has_the_whole_samples_of_its_length(rate, window_s, samples):
    assert preprocess(rate, window_s).window == samples
    assert preprocess(rate, hop_s=window_s).hop == samples


@pytest.mark.parametrize(("hop_s", "windows"), [(0.25, 8), (0.125, 15), (0.5, 4), (1.0, 2)])
def test_windows_of_two_seconds_are_as_many_as_the_hop_lets_fit(hop_s, windows):
    assert preprocess(hop_s=hop_s).windows(np.zeros(32000, np.float32)).shape == (windows, 4000)


def test_windows_overlap_by_half_where_the_hop_is_half_a_window():
    windows = preprocess(hop_s=0.125).windows(np.arange(12000, dtype=np.float32))
    assert windows[:, 0].tolist() == [0, 2000, 4000, 6000, 8000]
    assert np.array_equal(windows[0, 2000:], windows[1, :2000])


def test_a_short_clip_is_padded_with_zeros_to_one_window():
    windows = preprocess().windows(np.ones(1500, np.float32))
    assert windows.shape == (1, 4000)
    assert windows[0].sum() == 1500
    assert not windows[0, 1500:].any()


def test_a_short_clip_is_skipped_where_that_is_asked_for():
    assert preprocess(tails="skip").windows(np.ones(1500, np.float32)).shape == (0, 4000)


def test_a_clip_of_exactly_a_window_is_not_padded():
    samples = np.arange(4000, dtype=np.float32)
    for tails in ("pad", "skip"):
        assert np.array_equal(preprocess(tails=tails).windows(samples), [samples])


@pytest.mark.parametrize("tails", ["pad", "skip"])
def test_an_empty_clip_has_no_window(tails):
    assert preprocess(tails=tails).windows(np.zeros(0, np.float32)).shape == (0, 4000)


@settings(deadline=None, max_examples=30)
@given(
    length=st.integers(0, 4000),
    window_s=st.floats(0.02, 0.3),
    hop_s=st.floats(0.02, 0.5),
    block=st.integers(1, 900),
    tails=st.sampled_from(["pad", "skip"]),
)
def test_a_stream_has_the_windows_of_the_recording(length, window_s, hop_s, block, tails):
    cutter = preprocess(1000, window_s, hop_s, tails)
    samples = np.arange(length, dtype=np.float32)
    windower = cutter.windower()
    blocks = [samples[at : at + block] for at in range(0, max(1, length), block)]
    streamed = [*(windower.push(part) for part in blocks), cutter.end(windower)]
    assert np.array_equal(np.concatenate(streamed), cutter.windows(samples))
    assert len(np.concatenate(streamed)) == cutter.windows_of(length)


@settings(deadline=None, max_examples=60)
@given(length=st.integers(1, 4000), window=st.integers(20, 300), hop=st.integers(20, 500))
def test_less_than_half_a_hop_of_a_recording_is_in_no_window(length, window, hop):
    cutter = preprocess(1000, window / 1000, min(hop, window) / 1000)
    windows = cutter.windows(np.arange(1, length + 1, dtype=np.float32))
    heard = len(set(windows[windows > 0].tolist()))
    assert heard == cutter.heard(length)
    assert length - heard < max(1, min(hop, window) / 2)


def test_a_tail_of_half_a_hop_or_more_is_padded_to_a_window():
    # A clip of .4 s with windows of .25 s keeps its last .15 s, one of .3 s loses .05 s.
    windows = preprocess().windows(np.ones(6400, np.float32))
    assert windows.shape == (2, 4000)
    assert windows[1].sum() == 2400
    assert not windows[1, 2400:].any()
    assert preprocess().windows(np.ones(4800, np.float32)).shape == (1, 4000)
    assert preprocess(tails="skip").windows(np.ones(6400, np.float32)).shape == (1, 4000)


@pytest.mark.parametrize("wrong", ["long", None, True, [1.0]])
def test_a_length_is_a_number_or_auto(wrong):
    with pytest.raises(AuricleError, match="must be a number of seconds, or auto"):
        PreprocessSettings(16000, wrong, "auto", "pad", [])


def test_what_is_auto_gets_the_lengths_that_fit_and_leaves_no_gap():
    settings = PreprocessSettings(16000, "auto", "auto", "pad", [])
    assert settings.fitted(0.75, 0.1875) == preprocess(window_s=0.75, hop_s=0.1875)
    fixed = PreprocessSettings(16000, 0.1, "auto", "pad", [])
    assert fixed.fitted(0.75, 0.1875) == preprocess(window_s=0.1, hop_s=0.1)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"rate": 0}, "sample_rate_hz=0"),
        ({"window_s": 0.00001}, "window_s=1e-05"),
        ({"window_s": -1.0}, "window_s=-1.0"),
        ({"hop_s": 0.0}, "hop_s=0.0"),
        ({"tails": "segment"}, "tails=segment is none of pad, skip"),
    ],
)
def test_a_setting_that_makes_no_windows_is_named(wrong, named):
    with pytest.raises(AuricleError, match=named):
        preprocess(**wrong)


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
    assert preprocess(window_s=window_s, hop_s=hop_s).windows_in(context_s) == windows
