"""Voices of the starter corpus: they talk, sing, whisper, and stay themselves when humanised."""

from dataclasses import replace

import numpy as np
import pytest

from auricle.synthesis import SAMPLE_RATE_HZ, humanise, manners, singing, talking
from auricle.synthesis.voice import Speaker, frames, synthesise
from helpers import pitches_hz


def held_vowel(speaker, f0_hz=120.0):
    """Synthesise one second of an open vowel."""
    from auricle.synthesis import phones

    targets = frames([(1.0, phones.Phone(*phones.VOWELS[4], voicing=1.0))])
    pitch = np.full(len(targets), f0_hz)
    return synthesise(np.random.default_rng(0), speaker, targets, pitch)


@pytest.fixture
def speaker():
    drawn = Speaker.draw(np.random.default_rng(3))
    return replace(drawn, jitter=0.005, shimmer=0.02, breath=0.05)


def centroid_hz(samples):
    power = np.abs(np.fft.rfft(samples)) ** 2
    return float(power @ np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE_HZ) / power.sum())


def test_a_singer_hits_the_notes():
    f0_hz = 220.0
    notes = [(0.0, 1.5, f0_hz), (1.5, 1.5, 1.5 * f0_hz)]
    hit = 0
    for seed in range(10):
        sung = singing.sing(np.random.default_rng(seed), notes, 3.0)
        halves = [pitches_hz(half)[0] for half in np.split(sung, 2)]
        hit += all(
            abs(np.log2(np.median(found) / asked)) < 1 / 12
            for found, asked in zip(halves, (f0_hz, 1.5 * f0_hz), strict=True)
            if len(found)
        )
    assert hit >= 8  # a first formant on the octave fools the estimate now and then


def test_singing_is_steadier_than_talking():
    def wander(samples):
        found, _ = pitches_hz(samples)
        return np.median(np.abs(np.diff(np.log2(found))))

    notes = [(0.5 * k, 0.5, 200.0 * 1.12**k) for k in range(6)]
    sung = [wander(singing.sing(np.random.default_rng(s), notes, 3.0)) for s in range(8)]
    said = [wander(talking.speak(np.random.default_rng(s), 3.0)) for s in range(8)]
    assert np.median(sung) < np.median(said)


def test_a_choir_holds_all_its_voices():
    lines = [[(0.0, 2.0, hz)] for hz in (130.8, 196.0, 261.6, 329.6)]
    choir = singing.sing_together(np.random.default_rng(0), lines, 2.0)
    assert choir.shape == (2 * SAMPLE_RATE_HZ,)
    spectrum = np.abs(np.fft.rfft(choir[8000:24000] * np.hanning(16000)))  # bins of 1 Hz
    for hz in (130.8, 196.0, 261.6, 329.6):
        assert spectrum[round(hz) - 8 : round(hz) + 9].max() > 4 * np.median(spectrum[100:400])


@pytest.mark.parametrize("manner", [m for m, _ in manners.MANNERS], ids=lambda m: m.__name__)
def test_each_manner_gives_a_voice_that_sounds(manner, speaker):
    changed = manner(np.random.default_rng(0), speaker)
    vowel = held_vowel(changed, changed.f0_hz)
    assert np.all(np.isfinite(vowel))
    assert np.sqrt(np.mean(vowel**2)) == pytest.approx(0.1, rel=0.01)


def test_a_whisper_has_no_pitch(speaker):
    _, voiced = pitches_hz(held_vowel(speaker))
    _, whispered = pitches_hz(held_vowel(replace(speaker, voiced=False)))
    assert voiced > 0.8
    assert whispered < 0.3


def test_shares_of_manners_are_all_there_is():
    assert sum(share for _, share in manners.MANNERS) == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(4))
def test_humanised_speech_is_finite_about_as_long_and_the_same_each_time(seed):
    talk = talking.speak(np.random.default_rng(seed), 3.0)
    warped = humanise.humanise(np.random.default_rng(seed), talk)
    assert np.all(np.isfinite(warped))
    assert 0.8 * len(talk) < len(warped) < 1.25 * len(talk)
    assert warped.tobytes() == humanise.humanise(np.random.default_rng(seed), talk).tobytes()


def test_formants_move_while_the_pitch_stays(speaker):
    vowel = held_vowel(speaker)
    centroids = []
    for factor in (0.8, 1.0, 1.25):
        moved = humanise.move_formants(np.random.default_rng(0), vowel, factor)
        assert np.median(pitches_hz(moved)[0]) == pytest.approx(120.0, rel=0.05)
        centroids.append(centroid_hz(moved))
    assert centroids == sorted(centroids)
    assert centroids[2] > 1.2 * centroids[0]
