"""The mean magnitude spectrum is librosa's, scaled to [0, 1] whatever the level."""

import librosa
import numpy as np
import pytest

from auricle.core.errors import AuricleError
from auricle.core.schema import parse_group
from auricle.features import Features, extract
from helpers import composed

RATE = 16000


def option(*overrides):
    group = composed("features=stft_mean", *overrides).features
    return parse_group(group, Features, "features")


def sound():
    return np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)


def test_the_mean_is_that_of_librosas_magnitudes():
    found = extract(sound()[None], RATE, option("features.scale=absolute"))
    magnitudes = np.abs(librosa.stft(sound(), n_fft=512, hop_length=256, pad_mode="constant"))
    assert found.shape == (1, 1, 257)
    np.testing.assert_allclose(found[0, 0], magnitudes.mean(axis=1), rtol=1e-4)


@pytest.mark.parametrize("level_db", [-60, -20, 10])
def test_least_and_largest_are_0_and_1_at_any_level(level_db):
    quiet = extract(sound()[None] * np.float32(10 ** (level_db / 20)), RATE, option())
    assert quiet.min() == 0 and quiet.max() == 1
    np.testing.assert_allclose(quiet, extract(sound()[None], RATE, option()), atol=1e-5)


def test_silence_is_0_throughout():
    assert not extract(np.zeros((1, RATE), np.float32), RATE, option()).any()


def test_a_window_alone_has_the_bits_it_has_among_others():
    windows = np.random.default_rng(0).normal(0, 0.1, (40, 4000)).astype(np.float32)
    config = option()
    alone = np.concatenate([extract(one[None], RATE, config) for one in windows])
    assert extract(windows, RATE, config).tobytes() == alone.tobytes()


def test_a_window_shorter_than_a_frame_is_refused_with_the_key():
    with pytest.raises(AuricleError, match=r"features\.n_fft=512"):
        extract(np.zeros((1, 400), np.float32), RATE, option("features.center=false"))


def test_a_scale_that_is_not_known_is_refused():
    with pytest.raises(AuricleError, match=r"scale=decibels"):
        option("features.scale=decibels")
