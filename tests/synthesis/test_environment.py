"""What is neither speech nor music: each source sounds as its name says, and never twice alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.synthesis import SAMPLE_RATE_HZ, environment
from auricle.synthesis.environment import alarms, motors, plumbing, room_tone, strokes
from auricle.synthesis.environment.building_blocks import drone, glide, resonate
from auricle.synthesis.environment.throat import Throat
from helpers import pitches_hz

SOURCES = [source for source, _ in environment.SOURCES]


def peak_hz(samples):
    """Return the frequency of the strongest component."""
    return np.abs(np.fft.rfft(samples * np.hanning(len(samples)))).argmax() * (
        SAMPLE_RATE_HZ / len(samples)
    )


def rhythm_hz(samples, low_hz, high_hz):
    """Return the strongest frequency of the loudness between two limits."""
    loudness = np.add.reduceat(samples.astype(np.float64) ** 2, np.arange(0, len(samples), 32))
    spectrum = np.abs(np.fft.rfft(loudness - loudness.mean()))
    frequencies_hz = np.arange(len(spectrum)) * SAMPLE_RATE_HZ / len(samples)
    spectrum[(frequencies_hz < low_hz) | (frequencies_hz > high_hz)] = 0.0
    return frequencies_hz[spectrum.argmax()]


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_fills_any_length_the_same_each_time(source):
    for count in (4000, 16001):
        for seed in range(4):
            sound = source(np.random.default_rng(seed), count)
            assert sound.shape == (count,)
            assert sound.dtype == np.float32
            assert np.all(np.isfinite(sound))
            assert sound.tobytes() == source(np.random.default_rng(seed), count).tobytes()


@pytest.mark.parametrize("source", SOURCES)
def test_no_two_sounds_of_a_source_are_alike(source):
    """Their spectra in octaves differ by more than chance makes steady noise differ."""
    spectra = []
    for seed in range(8):
        sound = source(np.random.default_rng(seed), 2 * SAMPLE_RATE_HZ)
        power = np.abs(np.fft.rfft(sound)) ** 2
        octaves = np.add.reduceat(power, 2 * np.array([60, 125, 250, 500, 1000, 2000, 4000]))
        spectra.append(10 * np.log10(octaves / octaves.sum() + 1e-6))
    assert np.std(spectra, axis=0).max() > 1.0  # dB


def test_scenes_of_every_seed_are_at_their_level():
    for seed in range(60):
        scene = environment.surround(np.random.default_rng(seed), 0.7)
        assert np.sqrt(np.mean(scene.astype(np.float64) ** 2)) == pytest.approx(0.1, rel=1e-3)


@settings(max_examples=30, deadline=None)
@given(f0_hz=st.floats(40.0, 3000.0), seed=st.integers(0, 99))
def test_a_drone_has_no_sound_between_its_harmonics(f0_hz, seed):
    f0_hz = round(f0_hz)
    sound = drone(np.random.default_rng(seed), np.full(16000, f0_hz), -6.0, 3.0)
    power = np.abs(np.fft.rfft(sound * np.hanning(16000))) ** 2  # bins of 1 Hz
    between = np.abs(np.arange(8001) / f0_hz % 1.0 - 0.5) < 0.5 - 6.0 / f0_hz
    assert power[between].sum() < 0.01 * power.sum()


@settings(max_examples=20, deadline=None)
@given(centre_hz=st.floats(150.0, 7000.0))
def test_resonators_ring_where_they_are_asked_to(centre_hz):
    click = np.zeros(16000, np.float32)
    click[0] = 1.0
    still = np.full(len(click), centre_hz)
    for rung in (resonate(click, [centre_hz], [30.0]), glide(click, still, 30.0)):
        spectrum = np.abs(np.fft.rfft(rung))  # bins of 1 Hz
        assert spectrum.argmax() == pytest.approx(centre_hz, abs=10.0)


@pytest.mark.parametrize("f0_hz", [110.0, 220.0, 440.0])
def test_a_throat_calls_at_its_pitch(f0_hz):
    found = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        throat = Throat.draw(rng, (f0_hz, f0_hz), (0.15, 0.18), (0.0, 0.0), (0.02, 0.02))
        pitch, voiced = pitches_hz(throat.call(rng, 1.0, (0.0,), (0.8,)))
        if voiced > 0.3:
            found.append(np.median(pitch))
    assert np.median(found) == pytest.approx(f0_hz, rel=0.06)


def test_a_shorter_throat_has_higher_formants():
    def lowest_hz(tract_m):
        draw = [
            Throat.draw(np.random.default_rng(k), (100, 100), (tract_m, tract_m), (0, 0), (1, 1))
            for k in range(40)
        ]
        return np.median([throat.formants_hz[0] for throat in draw])

    assert lowest_hz(0.175) == pytest.approx(500.0, rel=0.1)  # the textbook's neutral tract
    assert lowest_hz(0.0875) == pytest.approx(1000.0, rel=0.1)


def test_a_bubble_of_a_millimetre_rings_at_three_kilohertz():
    """A textbook value: 3.26 kHz at 1 mm, and 326 Hz at 1 cm."""
    for radius_m, pitch_hz in ((0.001, 3260.0), (0.01, 326.0)):
        sound = plumbing.bubble(np.random.default_rng(0), radius_m)
        upwards = np.flatnonzero((sound[:-1] < 0.0) & (sound[1:] >= 0.0))
        assert SAMPLE_RATE_HZ / np.diff(upwards)[0] == pytest.approx(pitch_hz, rel=0.25)


def test_rotors_and_hands_keep_their_rhythm():
    for seed in range(6):
        rotor = motors.helicopter(np.random.default_rng(seed), 4 * SAMPLE_RATE_HZ)
        assert 7.0 < rhythm_hz(rotor, 2.0, 40.0) < 36.0
    rates_hz = [
        rhythm_hz(strokes.saw(np.random.default_rng(k), 8 * SAMPLE_RATE_HZ), 0.4, 15.0)
        for k in range(8)
    ]
    assert np.std(np.log2(rates_hz)) > 0.3  # some saw slowly, some fast


def test_sirens_sweep_and_steady_noise_does_not():
    def spread(sound):
        frames = sound[: len(sound) // 4000 * 4000].reshape(-1, 4000)
        return np.std(np.log2([max(peak_hz(frame), 30.0) for frame in frames]))

    sirens = [
        spread(alarms.emergency(np.random.default_rng(k), 5 * SAMPLE_RATE_HZ)) for k in range(8)
    ]
    assert np.median(sirens) > 0.1  # octaves


def test_steady_noises_come_in_many_colours():
    centroids_hz = []
    for seed in range(40):
        power = (
            np.abs(np.fft.rfft(room_tone.shaped(np.random.default_rng(seed), SAMPLE_RATE_HZ))) ** 2
        )
        centroids_hz.append(np.sum(power * np.arange(len(power))) / power.sum())
    assert np.ptp(np.log2(centroids_hz)) > 2.5  # octaves
