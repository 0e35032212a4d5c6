"""What is done to the sound is what is said to be done, and nothing else."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.audio.noise import pink_noise
from auricle.core.errors import AuricleError
from auricle.evaluation.mix_partners import as_long, noises, partners
from auricle.evaluation.robustness import Condition, Sweeps, at_level, in_noise, narrowed
from helpers import clip, recording

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
    sweeps, test = Sweeps([0.0], [], [8000.0, 4000.0], []), windows_of([1, 0])
    assert sweeps.conditions(16000, test) == [
        Condition("level_db", 0.0),
        Condition("bandwidth_hz", 4000.0),
    ]
    assert Condition("bandwidth_hz", 8000.0) in sweeps.conditions(22050, test)


def test_a_bandwidth_of_nothing_is_refused():
    with pytest.raises(AuricleError, match="bandwidth_hz"):
        Sweeps([], [], [0.0], [])


def windows_of(*targets):
    """Windows that have nothing but targets."""
    return SimpleNamespace(targets=np.array(targets, np.uint8))


def test_two_labels_at_once_take_two_that_have_recordings_of_their_own():
    sweeps = Sweeps([], [], [], [0.0, -10.0])
    both = [Condition("both_db", 0.0), Condition("both_db", -10.0)]
    assert sweeps.conditions(16000, windows_of([1, 0], [0, 1])) == both
    assert sweeps.conditions(16000, windows_of([1, 0], [1, 1], [0, 0])) == []


def test_each_recording_of_one_label_gets_one_of_another_the_same_each_time():
    clips = [
        dataclasses.replace(clip(f"{i}", labels), sha256=f"{i:016x}" + "0" * 48)
        for i, labels in enumerate([["a"], ["a"], ["b"], ["c"], ["a", "b"], []] * 5)
    ]
    found = partners(clips, seed=0)
    for mine, other in zip(clips, found, strict=True):
        if len(mine.labels) == 1:
            assert len(other.labels) == 1
            assert other.labels != mine.labels
        else:
            assert other is None
    assert partners(clips, seed=0) == found
    assert partners(clips, seed=1) != found
    assert len({other.path for other in found if other}) > 5
    assert partners([clip("x"), clip("y"), clip("z", [])], seed=0) == [None] * 3


@settings(deadline=None, max_examples=20)
@given(ratio_db=st.floats(-20, 20))
def test_the_other_sound_lies_as_far_below_as_is_said(ratio_db):
    sound, other = tone(440, 0.1), tone(1000, 0.4)
    mixed = Condition("both_db", ratio_db).apply(sound, RATE, np.zeros_like(sound), other)
    assert 20 * np.log10(rms(sound) / rms(mixed - sound)) == pytest.approx(ratio_db, abs=0.01)


def test_what_is_mixed_in_begins_with_sound_and_goes_on_as_long_as_is_wanted(tmp_path):
    sound = np.concatenate([np.zeros(1000), tone(440)[:4000]])
    soundfile.write(tmp_path / "a.wav", sound, RATE, subtype="FLOAT")
    found = as_long(tmp_path / "a.wav", 10_000, RATE)
    assert len(found) == 10_000
    assert found[0] == sound[1001]  # its sample before is 0
    assert np.array_equal(found[:3999], found[3999:7998])
    assert len(as_long(tmp_path / "a.wav", 10, RATE)) == 10


def test_noise_is_made_or_comes_from_a_folder(tmp_path):
    assert noises("pink") == []
    for name in ("b.wav", "deeper/a.flac"):
        recording(tmp_path / name)
    (tmp_path / "notes.txt").write_text("rain")
    assert noises(str(tmp_path)) == [tmp_path / "b.wav", tmp_path / "deeper" / "a.flac"]


def test_noise_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AuricleError, match=r"evaluate\.noise=white is neither pink nor a folder"):
        noises("white")
    with pytest.raises(AuricleError, match="holds no recording"):
        noises(str(tmp_path))
