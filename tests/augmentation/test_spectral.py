"""Changes of spectra do what the same changes of the sound would."""

import dataclasses
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.audio.level import level_dbfs
from auricle.augmentation.spectral import Sounds, spectral_augment
from auricle.core.compose import compose
from auricle.core.errors import AuricleError
from auricle.core.schema import parse_group
from auricle.features import Features, Spectra, extract, shape
from helpers import UNCHANGED

RATE, N = 16000, 24
KINDS = ("two_resolutions", "log_mel", "mfcc")


@cache
def features_of(kind):
    return parse_group(compose("config", [f"features={kind}"]).features, Features, "features")


@cache
def spectra_of(kind):
    config = features_of(kind)
    return Spectra(shape(4000, RATE, config), RATE, config), config


def hiss(seed, gain=0.1):
    rng = np.random.default_rng(seed)
    return (gain * rng.standard_normal((N, 4000))).astype(np.float32)


def hum(gain=0.1):
    t = np.arange(4000) / RATE
    pitches = np.linspace(300, 3000, N)[:, None]
    return (gain * np.sin(2 * np.pi * pitches * t)).astype(np.float32)


def sounds(kind, windows, targets, clip_dbfs=None):
    spectra, config = spectra_of(kind)
    levels = level_dbfs(windows)
    return Sounds(
        spectra.to_power(extract(windows, RATE, config), levels),
        levels,
        levels if clip_dbfs is None else np.full(len(levels), clip_dbfs, np.float32),
        np.tile(np.asarray(targets, np.float32), (len(windows), 1)),
    )


def change(kind, ours, others, noises=None, seed=0, **changes):
    spectra, _ = spectra_of(kind)
    rng = np.random.default_rng(seed)
    return spectral_augment(
        ours, others, noises, spectra, dataclasses.replace(UNCHANGED, **changes), rng
    )


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_changes_where_nothing_is_asked_for(kind):
    ours = sounds(kind, hiss(0), [1, 0])
    features, targets = change(kind, ours, ours)
    before = extract(hiss(0), RATE, features_of(kind))
    np.testing.assert_allclose(features, before, atol=0.02)
    assert targets.tolist() == ours.targets.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_powers_of_windows_are_their_levels(kind):
    spectra, _ = spectra_of(kind)
    windows = np.concatenate([hiss(0, 0.5), hiss(1, 0.001), hum()])
    total = spectra.total(sounds(kind, windows, [0, 0]).power)
    np.testing.assert_allclose(10 * np.log10(total), level_dbfs(windows), atol=1e-3)


@pytest.mark.parametrize("kind", ["two_resolutions", "log_mel"])
@pytest.mark.parametrize("ratio_db", [-10, 0, 10])
def test_two_that_sound_together_look_as_their_sum_does(kind, ratio_db):
    one, other = hiss(0), hum() * np.float32(0.5)
    ours, others = sounds(kind, one, [1, 0]), sounds(kind, other, [0, 1])
    features, targets = change(kind, ours, others, together=1, together_db=[ratio_db] * 2)
    gain = 10 ** ((level_dbfs(one) - level_dbfs(other) - ratio_db) / 20)
    mixed = extract(one + gain[:, None] * other, RATE, features_of(kind))
    # Powers add up on average only: where both are alike their phases decide.
    assert np.abs(features - mixed).mean() < 1.0
    assert abs(float((features - mixed).mean())) < 0.5
    assert (targets == 1).all()


@pytest.mark.parametrize(("ratio_db", "kept"), [(30, [1, 0]), (-30, [0, 1]), (10, [1, 1])])
def test_a_label_that_is_drowned_by_another_is_not_heard(ratio_db, kept):
    ours, others = sounds("log_mel", hiss(0), [1, 0]), sounds("log_mel", hum(), [0, 1])
    _, targets = change("log_mel", ours, others, together=1, together_db=[ratio_db] * 2)
    assert targets.tolist() == [kept] * N


def test_the_same_label_is_not_mixed_with_itself():
    ours = sounds("log_mel", hiss(0), [1, 0])
    others = sounds("log_mel", hum(), [1, 0])
    features, _ = change("log_mel", ours, others, together=1)
    np.testing.assert_allclose(features, extract(hiss(0), RATE, features_of("log_mel")), atol=0.01)


@pytest.mark.parametrize("recorded", [False, True])
def test_noise_is_as_loud_as_is_asked_for(recorded):
    kind = "log_mel"
    ours = sounds(kind, hum(), [1, 0])
    noises = sounds(kind, hiss(3), [0, 0]) if recorded else None
    features, targets = change(kind, ours, ours, noises, noise=1, noise_snr_db=[6, 6])
    absolute = extract(hum(), RATE, features_of(kind))
    # A tone stands as far above the rest of its window as the noise lies below it.
    loss = (absolute.max(axis=(1, 2)) - np.median(absolute, axis=(1, 2))).mean()
    assert np.ptp(features, axis=(1, 2)).mean() < loss
    assert (targets == [1, 0]).all()


def test_a_pause_in_louder_noise_has_no_label():
    ours = sounds("log_mel", hiss(0, 0.0001), [1, 0], clip_dbfs=-20.0)
    _, targets = change("log_mel", ours, ours, noise=1, noise_snr_db=[10, 10])
    assert not targets.any()


def test_digital_silence_stays_silence():
    silence = np.zeros((N, 4000), np.float32)
    ours = sounds("two_resolutions", silence, [0, 0])
    features, _ = change("two_resolutions", ours, ours)
    np.testing.assert_allclose(
        features, extract(silence, RATE, features_of("two_resolutions")), atol=0.1
    )


def test_a_louder_sound_that_was_added_is_not_drowned_with_the_pause():
    ours = sounds("log_mel", hiss(0, 0.0001), [1, 0], clip_dbfs=-20.0)
    others = sounds("log_mel", hum(), [0, 1], clip_dbfs=-20.0)
    noise = {"noise": 1, "noise_snr_db": [10, 10]}
    _, targets = change("log_mel", ours, others, together=1, together_db=[0, 0], **noise)
    assert targets.tolist() == [[0, 1]] * N


def test_a_response_is_the_same_in_each_frame():
    ours = sounds("log_mel", hiss(0), [1, 0])
    features, _ = change("log_mel", ours, ours, equalise=1, equalise_db=6)
    difference = features - extract(hiss(0), RATE, features_of("log_mel"))
    assert np.abs(difference).max() > 3
    assert np.ptp(difference, axis=1).max() < 0.02


def test_nothing_is_left_above_a_band_limit():
    ours = sounds("log_mel", hiss(0), [1, 0])
    features, _ = change("log_mel", ours, ours, band_limit=1, band_limit_hz=[3000, 3000])
    spectra, _ = spectra_of("log_mel")
    change_db = (features - extract(hiss(0), RATE, features_of("log_mel"))).mean(axis=1)
    upper = spectra.cells_hz[0] > 4000
    lower = (spectra.cells_hz[0] > 500) & (spectra.cells_hz[0] < 2900)
    limited = (change_db[:, upper].mean(axis=1) - change_db[:, lower].mean(axis=1)) < -10
    assert 0.4 < limited.mean() < 1  # the others lose what is low


def test_a_quiet_recording_is_rounded_and_a_loud_one_is_not():
    loud, quiet = sounds("log_mel", hum(0.5), [1, 0]), sounds("log_mel", hum(0.0005), [1, 0])
    for ours, least, most in ((loud, 0, 15), (quiet, 15, 60)):
        before, _ = change("log_mel", ours, ours)
        after, _ = change("log_mel", ours, ours, rounding=1, rounding_db=[20, 20])
        raised = (after - after.max(axis=(1, 2), keepdims=True)) - (
            before - before.max(axis=(1, 2), keepdims=True)
        )
        assert least <= raised.mean() <= most


@cache
def drawn_from():
    windows = np.concatenate([hiss(0)[:-3], np.zeros((3, 4000), np.float32)])
    kind = "two_resolutions"
    return sounds(kind, windows, [1, 0]), sounds(kind, hum(), [0, 1])


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 2**32),
    st.fixed_dictionaries(
        {
            name: st.sampled_from([0.0, 0.5, 1.0])
            for name in ("equalise", "band_limit", "noise", "together", "rounding")
        }
    ),
)
def test_whatever_is_drawn_is_finite_and_repeats(seed, shares):
    ours, others = drawn_from()
    drawn = [change("two_resolutions", ours, others, seed=seed, **shares) for _ in range(2)]
    assert np.isfinite(drawn[0][0]).all()
    assert set(np.unique(drawn[0][1])) <= {0, 1}
    assert np.array_equal(drawn[0][0], drawn[1][0])


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"noise": 1.5}, "noise=1.5 is no share"),
        ({"noise_snr_db": [30, 0]}, r"noise_snr_db=\[30, 0\] must be two numbers in order"),
        ({"together_db": [1]}, r"together_db=\[1\] must be two"),
    ],
)
def test_wrong_changes_are_refused_by_name(wrong, named):
    with pytest.raises(AuricleError, match=named):
        dataclasses.replace(UNCHANGED, **wrong)
