"""Augmentation is the same each time, keeps lengths, and does what its parameters say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from auricle.audio.level import level_dbfs
from auricle.augmentation.waveform import Augment, Codec, Room, augment
from auricle.core.errors import AuricleError
from auricle.core.schema import parse_group

RATE = 16000
GAIN = {
    "_target_": "audiomentations.Gain",
    "min_gain_db": -12.0,
    "max_gain_db": 12.0,
    "p": 1.0,
}
ROOM = {
    "_target_": "auricle.augmentation.waveform.Room",
    "min_rt60_s": 0.1,
    "max_rt60_s": 0.5,
    "min_direct_db": 0.0,
    "max_direct_db": 20.0,
    "p": 1.0,
}
CODEC = {
    "_target_": "auricle.augmentation.waveform.Codec",
    "formats": ["vorbis", "opus", "mp3"],
    "min_quality": 0.0,
    "max_quality": 0.8,
    "p": 1.0,
}
NOISE = {
    "_target_": "audiomentations.AddColorNoise",
    "min_snr_db": 8.0,
    "max_snr_db": 50.0,
    "p": 1.0,
}


def chain(*steps):
    """Give a chain of steps as the configuration builds it."""
    return Augment(0, 1, {"test": {f"step{i}": step for i, step in enumerate(steps)}}).chain("test")


def noise(length=RATE, seed=0):
    return (0.1 * np.random.default_rng(seed).standard_normal(length)).astype(np.float32)


def tone(frequency_hz=440.0, seconds=1.0):
    time_s = np.arange(round(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)


def room(rt60_s, direct_db):
    return Room(rt60_s, rt60_s, direct_db, direct_db, 1.0)


def codec(name, quality=0.5):
    return Codec([name], quality, quality, 1.0)


def run(transform, samples, seed=0):
    return augment(samples, RATE, transform, seed, "clip")


@pytest.mark.parametrize("steps", [[GAIN], [ROOM], [CODEC], [NOISE], [ROOM, NOISE, CODEC, GAIN]])
def test_the_same_seed_and_recording_give_the_same_samples(steps):
    samples = noise()
    once = augment(samples, RATE, chain(*steps), 3, "a")
    np.random.default_rng().standard_normal(7)
    again = augment(samples, RATE, chain(*steps), 3, "a")
    assert once.tobytes() == again.tobytes()
    assert not np.array_equal(once, samples)


def test_another_recording_or_seed_is_changed_otherwise():
    samples, of = noise(), chain(ROOM, NOISE, GAIN)
    first = augment(samples, RATE, of, 3, "a")
    assert not np.array_equal(first, augment(samples, RATE, of, 3, "b"))
    assert not np.array_equal(first, augment(samples, RATE, of, 4, "a"))


def test_the_order_in_which_recordings_are_changed_does_not_matter():
    of = chain(ROOM, CODEC, GAIN)
    forth = [augment(noise(), RATE, of, 0, name) for name in "abc"]
    back = [augment(noise(), RATE, of, 0, name) for name in "cba"][::-1]
    assert all(np.array_equal(a, b) for a, b in zip(forth, back, strict=True))


def test_what_is_too_loud_is_clipped():
    loud = {**GAIN, "min_gain_db": 30.0, "max_gain_db": 30.0}
    changed = augment(tone(), RATE, chain(loud), 0, "a")
    assert changed.dtype == np.float32
    assert changed.max() == 1.0
    assert changed.min() == -1.0


@settings(deadline=None, max_examples=15)
@given(length=st.integers(1, 20000), rt60_s=st.floats(0.05, 1.0))
def test_a_room_keeps_length_and_level(length, rt60_s):
    samples = noise(length)
    changed = run(room(rt60_s, 10.0), samples)
    assert changed.shape == samples.shape
    assert changed.dtype == np.float32
    assert level_dbfs(changed) == pytest.approx(level_dbfs(samples), abs=0.01)


@pytest.mark.parametrize("name", ["vorbis", "opus", "mp3"])
@pytest.mark.parametrize("length", [1, 100, 4000, 16001, 40000])
def test_a_codec_keeps_the_length(name, length):
    changed = run(codec(name), noise(length))
    assert changed.shape == (length,)
    assert np.isfinite(changed).all()


@pytest.mark.parametrize("rt60_s", [0.2, 0.5, 1.0])
def test_a_room_decays_by_60_db_in_its_reverberation_time(rt60_s):
    impulse = np.zeros(round(1.2 * RATE), np.float32)
    impulse[0] = 1.0
    # The direct sound is so far below the reverberation that only that is left.
    response = room(rt60_s, -80.0)(samples=impulse, sample_rate=RATE).astype(np.float64)
    # Backward integration (Schroeder, 1965); slope between -5 and -35 dB.
    decay_db = 10 * np.log10(np.cumsum(response[::-1] ** 2)[::-1] / np.sum(response**2) + 1e-30)
    fit = np.flatnonzero((decay_db < -5) & (decay_db > -35))
    slope = np.polyfit(fit / RATE, decay_db[fit], 1)[0]
    assert -60 / slope == pytest.approx(rt60_s, rel=0.1)


@pytest.mark.parametrize("direct_db", [0.0, 10.0, 20.0])
def test_the_direct_sound_stands_above_the_room_as_asked(direct_db):
    impulse = np.zeros(RATE, np.float32)
    impulse[1000] = 1.0
    response = room(0.3, direct_db)(samples=impulse, sample_rate=RATE).astype(np.float64)
    direct, tail = response[1000] ** 2, np.sum(response[1001:] ** 2)
    assert np.abs(response[:1000]).max() < 1e-6
    assert 10 * np.log10(direct / tail) == pytest.approx(direct_db, abs=1.5)


@pytest.mark.parametrize("name", ["vorbis", "opus", "mp3"])
@pytest.mark.parametrize("quality", [0.0, 0.8])
def test_a_tone_keeps_its_pitch_and_level_through_a_codec(name, quality):
    changed = run(codec(name, quality), tone(440.0, 2.0))[4000:-4000]
    spectrum = np.abs(np.fft.rfft(changed * np.hanning(len(changed))))
    assert np.argmax(spectrum) * RATE / len(changed) == pytest.approx(440, abs=1)
    assert level_dbfs(changed) == pytest.approx(level_dbfs(tone()), abs=1)


def test_a_codec_loses_something():
    samples = noise(8000)
    for name in ("vorbis", "opus", "mp3"):
        assert not np.allclose(run(codec(name, 0.0), samples), samples, atol=1e-4)


def test_a_step_set_to_null_is_taken_out():
    samples = noise()
    both = Augment(0, 1, {"test": {"room": ROOM, "gain": None}}).chain("test")
    alone = Augment(0, 1, {"test": {"room": ROOM}}).chain("test")
    assert np.array_equal(
        augment(samples, RATE, both, 0, "a"), augment(samples, RATE, alone, 0, "a")
    )
    nothing = Augment(0, 1, {"test": {"gain": None}}).chain("test")
    assert np.array_equal(augment(samples, RATE, nothing, 0, "a"), samples)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"_target_": "os.system", "command": "true"}, r"_target_=os\.system is not allowed"),
        ({"_target_": "audiomentations.core.os.getcwd"}, "is not allowed"),
        ({"_target_": "audiomentations.Echo"}, r"Echo cannot be imported"),
        ({"p": 1.0}, r"has no _target_: name a transform"),
        (3, r"has no _target_: name a transform"),
        ({**GAIN, "max_gain": 3.0}, r"max_gain.*did you mean.*max_gain_db"),
        ({**GAIN, "p": 7.0}, r"augment\.chains\.test\.step"),
        ({**CODEC, "formats": []}, "formats is empty"),
        ({**CODEC, "max_quality": 1.5}, r"max_quality=1\.5 must lie in \[0, 1\]"),
        ({**ROOM, "min_rt60_s": 0.0}, r"min_rt60_s=0\.0 must be positive"),
        ({**ROOM, "min_direct_db": 30.0}, r"min_direct_db=30\.0 must not lie above"),
        ({**CODEC, "formats": ["aac"]}, r"formats=aac is none of vorbis, opus, mp3"),
        (
            {"_target_": "auricle.augmentation.waveform.Room", "p": 1.0},
            r"max_direct_db` is missing",
        ),
    ],
)
def test_a_step_that_cannot_be_built_is_refused_when_the_configuration_is_read(step, told):
    node = OmegaConf.create({"seed": 0, "copies": 1, "chains": {"test": {"step": step}}})
    with pytest.raises(AuricleError, match=told) as refused:
        parse_group(node, Augment, "augment")
    assert "augment.chains.test.step" in str(refused.value)
