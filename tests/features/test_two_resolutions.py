"""The two resolutions are librosa's mel bands and NumPy's spectrum, relative to their mean."""

import librosa
import numpy as np
import pytest

from auricle.core.errors import AuricleError
from auricle.core.schema import parse_group
from auricle.features import Features, extract, shape
from helpers import composed

RATE = 16000


def features(*overrides):
    config = composed("features=two_resolutions", *overrides)
    return parse_group(config.features, Features, "features")


def windows(count=3):
    rng = np.random.default_rng(0)
    t = np.arange(4000) / RATE
    tones = np.sin(2 * np.pi * rng.uniform(100, 4000, (count, 1)) * t)
    return (0.1 * tones + 0.01 * rng.standard_normal((count, 4000))).astype(np.float32)


def relative_db(power, hz, floor_db):
    # The response of y[n] = x[n] - 0.97 x[n - 1]
    response = np.abs(1 - 0.97 * np.exp(-2j * np.pi * hz / RATE)) ** 2
    power = power * response
    return 10 * np.log10(power / power.mean() + 10 ** (-floor_db / 10))


def test_the_first_rows_are_librosas_mel_bands():
    rows = extract(windows(), RATE, features())[:, :22]
    centres = librosa.mel_frequencies(66, fmin=60, fmax=8000)[1:-1]
    for window, ours in zip(windows(), rows, strict=True):
        power = librosa.feature.melspectrogram(
            y=window, sr=RATE, n_fft=512, hop_length=160, center=False, n_mels=64, fmin=60.0
        )
        np.testing.assert_allclose(ours, relative_db(power.T, centres, 40), atol=2e-3)


def test_the_last_rows_are_the_spectrum_of_the_whole_window():
    rows = extract(windows(), RATE, features())[:, 22:]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(4000) / 4000)
    for window, ours in zip(windows(), rows, strict=True):
        power = np.abs(np.fft.rfft(window.astype(np.float64) * hann, 4096)) ** 2
        power[: int(60 * 4096 / RATE)] = 0
        strongest = power[:1024].reshape(512, 2).max(axis=1)
        np.testing.assert_allclose(
            ours.reshape(-1),
            relative_db(strongest, (np.arange(512) + 0.5) * 4000 / 512, 40),
            atol=2e-2,
        )


def test_a_tone_stands_at_its_frequency():
    t = np.arange(4000) / RATE
    tone = (0.1 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)[None]
    fine = extract(tone, RATE, features())[0, 22:].reshape(-1)
    assert fine.argmax() == round(1000 * 512 / 4000)


@pytest.mark.parametrize("gain_db", [-40, -20, 10])
def test_loudness_and_an_offset_change_nothing(gain_db):
    before = extract(windows(), RATE, features())
    louder = windows() * np.float32(10 ** (gain_db / 20))
    np.testing.assert_allclose(extract(louder, RATE, features()), before, atol=1e-2)
    moved = windows() + np.float32(0.05)
    assert np.abs(extract(moved, RATE, features()) - before).mean() < 0.1


def test_one_window_none_and_many_are_the_same_bits():
    together = extract(windows(20), RATE, features())
    assert extract(windows(20)[:0], RATE, features()).shape == (0, 30, 64)
    for window, row in zip(windows(20), together, strict=True):
        assert np.array_equal(extract(window[None], RATE, features())[0], row)


def test_digital_silence_is_at_the_floor():
    silence = extract(np.zeros((1, 4000), np.float32), RATE, features())
    np.testing.assert_allclose(silence, -40, atol=1e-3)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("features.fine_bins=500", "fine_bins=500 must be a multiple of n_mels=64"),
        ("features.floor_db=0", "floor_db=0.0 must be positive"),
        ("features.fine_hz=10", "fine_hz=10.0 must lie above fmin_hz"),
    ],
)
def test_wrong_settings_are_refused_by_name(wrong, named):
    with pytest.raises(AuricleError, match=named):
        features(wrong)


@pytest.mark.parametrize("wrong", ["features.fine_bins=4096", "features.fine_hz=9000"])
def test_more_bins_than_a_window_holds_are_refused(wrong):
    with pytest.raises(AuricleError, match="cannot be had from windows of 4000 samples"):
        shape(4000, RATE, features(wrong))
