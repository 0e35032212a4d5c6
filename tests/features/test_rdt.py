"""The Reaction-Diffusion Transform is what its closed form says, at any rate and batch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.core.compose import compose
from auricle.core.errors import AuricleError
from auricle.core.schema import parse_group
from auricle.features import Features, extract, shape
from auricle.features.rdt import Config

RATE = 44100
DELAYS = [2, 4, 8, 16, 20, 32, 50, 64, 100, 128, 200, 300]


def rdt(frame_s=1000 / RATE, delays_s=None, relative=False):
    given = [d / RATE for d in DELAYS] if delays_s is None else delays_s
    return Config("rdt", frame_s, given, relative)


def as_defined(frame, delay, relative):
    """One value of the transform, by its definition in a loop."""
    total, last = 0.0, len(frame) - delay - 2
    for t in range(delay, last + 1):
        before, now, after = (float(frame[t + step]) for step in (-delay, 0, delay))
        term = abs(before + after - 2 * now)
        total += term / (abs(before) + abs(after) + 2 * abs(now) + 1e-12) if relative else term
    return total / (last - delay + 1) / 4


def test_the_option_is_the_published_setting():
    config = parse_group(compose("config", ["features=rdt"]).features, Features, "features")
    assert config.delays(RATE) == DELAYS[:-1]  # 300 is more than a quarter of 1000
    assert shape(5 * RATE, RATE, config) == (220, 11)


def test_a_sine_gives_the_closed_form():
    time_s = np.arange(RATE) / RATE
    for amplitude, frequency_hz in ((0.5, 441.0), (0.1, 1000.0), (0.9, 4410.0)):
        sine = amplitude * np.sin(2 * np.pi * frequency_hz * time_s + 0.3)
        found = extract(sine[None].astype(np.float32), RATE, rdt())[0].mean(axis=0)
        phase = np.pi * frequency_hz * np.array(DELAYS[:-1]) / RATE
        expected = 2 * amplitude / np.pi * np.sin(phase) ** 2
        np.testing.assert_allclose(found, expected, atol=0.01 * amplitude)


@pytest.mark.parametrize("relative", [False, True])
def test_values_are_those_of_the_definition(relative):
    samples = np.random.default_rng(0).normal(0, 0.2, 500).astype(np.float32)
    config = rdt(100 / RATE, [1 / RATE, 3 / RATE, 25 / RATE, 26 / RATE], relative)
    found = extract(samples[None], RATE, config)[0]
    expected = [
        [as_defined(samples[100 * i : 100 * (i + 1)], delay, relative) for delay in (1, 3, 25)]
        for i in range(5)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@given(st.integers(0, 2**32 - 1), st.floats(-60, 20))
@settings(max_examples=30, deadline=None)
def test_relative_values_do_not_follow_the_level_and_stay_below_a_quarter(seed, level_db):
    samples = np.random.default_rng(seed).normal(0, 0.1, (1, 4410)).astype(np.float32)
    louder = samples * np.float32(10 ** (level_db / 20))
    quiet, loud = (extract(x, RATE, rdt(relative=True)) for x in (samples, louder))
    np.testing.assert_allclose(quiet, loud, rtol=1e-4, atol=1e-6)
    assert quiet.min() >= 0
    assert quiet.max() <= 0.25


def test_delays_are_seconds_so_that_another_rate_sees_the_same():
    sine = [np.sin(2 * np.pi * 300 * np.arange(rate) / rate)[None] for rate in (44100, 22050)]
    config = rdt(delays_s=[16 / RATE, 64 / RATE])
    high, low = (
        extract(x.astype(np.float32), rate, config)[0].mean(axis=0)
        for x, rate in zip(sine, (44100, 22050), strict=True)
    )
    np.testing.assert_allclose(high, low, atol=5e-3)


def test_delays_that_round_to_one_sample_are_one():
    assert rdt(delays_s=[1 / RATE, 1.2 / RATE, 9 / RATE]).delays(RATE) == [1, 9]


def test_a_window_alone_has_the_bits_it_has_among_others():
    windows = np.random.default_rng(0).normal(0, 0.1, (40, 8000)).astype(np.float32)
    together = extract(windows, RATE, rdt())
    alone = np.concatenate([extract(one[None], RATE, rdt()) for one in windows])
    assert together.tobytes() == alone.tobytes()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"delays_s": [1.0]}, "features.delays_s"),
        ({"frame_s": 1.0}, "features.frame_s=1.0"),
    ],
)
def test_what_cannot_be_had_is_refused_with_the_key(change, told):
    with pytest.raises(AuricleError, match=told):
        extract(np.zeros((1, 4410), np.float32), RATE, rdt(**change))


@pytest.mark.parametrize("change", [{"frame_s": 0}, {"delays_s": []}, {"delays_s": [-1e-3]}])
def test_settings_without_sense_are_refused(change):
    with pytest.raises(AuricleError, match=next(iter(change))):
        rdt(**change)
