"""Moving spectra moves what is in them."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.augmentation.resampling import paced, warped
from auricle.augmentation.spectral import Sounds, spectral_augment
from auricle.core.errors import AuricleError
from auricle.core.schema import parse_group
from auricle.features import Features, Spectra
from helpers import UNCHANGED, composed


def bump(place, length, width=2.0):
    """Return a curve with its top at a place."""
    return np.exp(-0.5 * ((np.arange(length) - place) / width) ** 2)


def window(frame=20.0, band=15.0, frames=60, bands=40):
    return np.outer(bump(frame, frames), bump(band, bands)).astype(np.float32)[None]


def top(power):
    return np.unravel_index(power[0].argmax(), power[0].shape)


def one(value):
    return np.array([value], np.float32)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.8, 1.25))
def test_a_sound_is_found_at_its_band_over_the_factor(factor):
    frame, band = top(warped(window(), one(factor)))
    assert frame == 20
    assert band == pytest.approx(15 / factor, abs=1)


@settings(deadline=None, max_examples=40)
@given(speed=st.floats(0.7, 1.4), later=st.integers(-10, 20))
def test_a_sound_is_found_at_another_pace_and_moment(speed, later):
    frame, band = top(paced(window(), one(speed), one(later)))
    assert band == 15
    assert frame == pytest.approx(29.5 + (20 + later - 29.5) / speed, abs=1.5)


def test_neither_changes_anything_at_one_and_none():
    power = window()
    np.testing.assert_allclose(warped(power, one(1)), power, rtol=1e-5)
    np.testing.assert_allclose(paced(power, one(1), one(0)), power, rtol=1e-5)


def test_what_comes_in_is_silence_and_what_goes_out_is_gone():
    power = np.ones((2, 10, 4), np.float32)
    moved = paced(power, np.ones(2, np.float32), np.array([3, -2], np.float32))
    assert (moved[0, :3] < 1e-10).all()
    assert (moved[0, 3:] == 1).all()
    assert (moved[1, -2:] < 1e-10).all()
    assert (moved[1, :-2] == 1).all()


def test_windows_are_moved_each_in_its_own_way_and_the_same_with_the_same_seed():
    config = parse_group(composed().features, Features, "features")
    spectra = Spectra((60, 40), 16000, config)
    many = np.repeat(window(), 8, axis=0)
    level = np.full(8, -20, np.float32)
    sounds = Sounds(many, level, level, np.ones((8, 1), np.float32))
    changes = dataclasses.replace(
        UNCHANGED,
        warp=1.0,
        warp_factor=[0.8, 1.2],
        shift=1.0,
        shift_share=[-0.1, 0.3],
    )

    def changed(seed):
        rng = np.random.default_rng(seed)
        return spectral_augment(sounds, sounds, None, spectra, changes, rng)[0]

    assert np.array_equal(changed(0), changed(0))
    assert not np.array_equal(changed(0), changed(1))
    assert len({features.tobytes() for features in changed(0)}) == 8


@pytest.mark.parametrize("wrong", [{"warp": 1.5}, {"speed_factor": [0, 1]}, {"shift_share": [1]}])
def test_what_cannot_be_is_named(wrong):
    with pytest.raises(AuricleError, match=next(iter(wrong))):
        dataclasses.replace(UNCHANGED, **wrong)
