"""What is done to the sound is what is said to be done, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.errors import AuricleError
from auricle.evaluation.hearing import Condition, Sweeps, at_level, in_noise, narrowed
from auricle.noise import pink_noise

RATE = 16000
T = np.arange(RATE) / RATE


def tone(hz, level=0.25):
    return (level * np.sin(2 * np.pi * hz * T)).astype(np.float32)


def rms(samples):
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


@settings(deadline=None, max_examples=60)
@given(values=st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=50))
def test_at_no_gain_a_sound_is_itself_but_for_the_rounding_to_16_bits(values):
    samples = np.array(values, np.float32)
    found = at_level(samples, 0)
    assert np.abs(found - samples).max() <= 1 / 32768  # full scale itself is a step too high
    assert np.array_equal(at_level(found, 0), found)


@pytest.mark.parametrize(("gain_db", "times"), [(-20, 0.1), (-40, 0.01), (6.0206, 2.0)])
def test_a_gain_of_20_db_is_a_factor_of_ten(gain_db, times):
    assert rms(at_level(tone(440), gain_db)) == pytest.approx(times * rms(tone(440)), rel=0.01)


def test_what_is_louder_than_full_scale_is_clipped():
    found = at_level(tone(440, 0.9), 10)
    assert found.max() == 32767 / 32768
    assert found.min() == -1


def test_what_is_quieter_than_half_a_step_is_gone():
    assert not at_level(tone(440, 0.001), -40).any()


@settings(deadline=None, max_examples=30)
@given(snr_db=st.floats(-20, 40), level=st.floats(0.01, 0.5))
def test_noise_lies_as_far_below_the_sound_as_is_said(snr_db, level):
    sound, noise = tone(440, level), pink_noise(RATE, RATE, (1, 2))
    added = in_noise(sound, noise, snr_db) - sound
    assert 20 * np.log10(rms(sound) / rms(added)) == pytest.approx(snr_db, abs=0.01)


def test_silence_has_no_power_to_compare_with_and_stays_silent():
    assert not in_noise(np.zeros(100, np.float32), pink_noise(100, RATE, (0,)), 10).any()


def test_noise_as_long_as_a_power_of_two_has_no_seam():
    steps = np.abs(
        np.diff(pink_noise(1 << 16, RATE, (3,)), append=pink_noise(1 << 16, RATE, (3,))[0])
    )
    assert steps[-1] < 4 * np.mean(steps)


def test_pink_noise_has_as_much_power_in_each_octave_from_20_hz_on_and_none_below():
    spectrum = np.abs(np.fft.rfft(pink_noise(1 << 18, RATE, (3,)))) ** 2
    begin = round(20 / RATE * (1 << 18))
    assert spectrum[: begin - 1].max() < 1e-6 * spectrum[begin : 2 * begin].mean()
    octaves = [spectrum[begin * 2**k : begin * 2 ** (k + 1)].sum() for k in range(8)]
    assert 10 * np.log10(np.max(octaves) / np.min(octaves)) < 1.5


def test_noise_is_the_same_each_time_and_another_for_another_recording():
    assert np.array_equal(pink_noise(999, RATE, (0, 7)), pink_noise(999, RATE, (0, 7)))
    assert not np.array_equal(pink_noise(999, RATE, (0, 7)), pink_noise(999, RATE, (0, 8)))


@pytest.mark.parametrize(("hz", "left"), [(500, 1.0), (1500, 1.0), (2600, 0.0), (6000, 0.0)])
def test_a_narrow_channel_passes_what_lies_below_it(hz, left):
    middle = slice(RATE // 4, -RATE // 4)
    found = narrowed(tone(hz), RATE, 2000)
    assert len(found) == RATE
    assert rms(found[middle]) == pytest.approx(left * rms(tone(hz)), abs=0.002)


def test_a_bandwidth_that_the_rate_cannot_hold_is_left_out():
    sweeps = Sweeps([0.0], [], [8000.0, 4000.0])
    assert sweeps.conditions(16000) == [
        Condition("level_db", 0.0),
        Condition("bandwidth_hz", 4000.0),
    ]
    assert Condition("bandwidth_hz", 8000.0) in sweeps.conditions(22050)


def test_a_bandwidth_of_nothing_is_refused():
    with pytest.raises(AuricleError, match="bandwidth_hz"):
        Sweeps([], [], [0.0])
