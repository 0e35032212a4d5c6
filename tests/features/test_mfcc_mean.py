"""Statistics of MFCCs are librosa's and numpy's."""

import librosa
import numpy as np
import pytest

from auricle.core.errors import AuricleError
from auricle.core.schema import parse_group
from auricle.features import Features, extract, shape
from helpers import composed

RATE = 22050


def option(*overrides):
    group = composed("features=mfcc_mean", *overrides).features
    return parse_group(group, Features, "features")


def sound():
    time_s = np.arange(2 * RATE) / RATE
    chirp = np.sin(2 * np.pi * (200 + 300 * time_s) * time_s)
    noise = np.random.default_rng(0).standard_normal(len(time_s))
    return (0.3 * chirp + 0.02 * noise).astype(np.float32)


def librosa_mfcc(samples):
    return librosa.feature.mfcc(y=samples, sr=RATE, n_mfcc=40, n_fft=2048, hop_length=512)


# What librosa does unless told otherwise.
AS_LIBROSA = (
    *("features.n_fft=2048", "features.hop_length=512", "features.center=true"),
    *("features.n_mels=128", "features.n_mfcc=40", "features.top_db=80", "features.level=absolute"),
)


def test_the_mean_is_that_of_librosas_coefficients():
    found = extract(sound()[None], RATE, option(*AS_LIBROSA))
    assert found.shape == (1, 1, 40)
    np.testing.assert_allclose(found[0, 0], librosa_mfcc(sound()).mean(axis=1), atol=2e-3)


def test_differences_are_librosas_deltas():
    config = option(*AS_LIBROSA, "features.differences=2", "features.statistics=[mean,std]")
    found = extract(sound()[None], RATE, config)[0, 0].reshape(2, 3, 40)
    coefficients = librosa_mfcc(sound())
    deltas = librosa.feature.delta(coefficients, mode="nearest")
    second = librosa.feature.delta(deltas, mode="nearest")
    for order, values in enumerate((coefficients, deltas, second)):
        np.testing.assert_allclose(found[0, order], values.mean(axis=1), atol=2e-3)
        np.testing.assert_allclose(found[1, order], values.std(axis=1), atol=2e-3)


def test_the_shape_is_one_row_of_all_values():
    config = option("features.differences=1", "features.statistics=[mean,std,min,max]")
    assert shape(16000, 16000, config) == (1, 4 * 2 * 40)


def test_a_window_alone_has_the_bits_it_has_among_others():
    windows = np.random.default_rng(0).normal(0, 0.1, (40, 4000)).astype(np.float32)
    config = option("features.differences=1", "features.statistics=[mean,std]")
    alone = np.concatenate([extract(one[None], 16000, config) for one in windows])
    assert extract(windows, 16000, config).tobytes() == alone.tobytes()


@pytest.mark.parametrize(
    "override",
    ["features.differences=3", "features.statistics=[]", "features.statistics=[median]"],
)
def test_settings_without_sense_are_refused(override):
    with pytest.raises(AuricleError, match=override.split("=")[0]):
        option(override)
