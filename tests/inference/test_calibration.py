"""Probabilities are what scipy gives."""

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from auricle.inference.calibration import Calibration

logit_rows = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 6), st.just(3)), elements=st.floats(-1e4, 1e4, width=32)
)


@settings(deadline=None, max_examples=60)
@given(logits=logit_rows, scale=st.floats(0.01, 5), offset=st.floats(-5, 5))
def test_independent_probabilities_are_sigmoids(logits, scale, offset):
    calibration = Calibration([scale, 1.0, 2.0], [offset, 0.0, -1.0], "independent")
    z = logits.astype(np.float64) * [scale, 1.0, 2.0] + [offset, 0.0, -1.0]
    ours = calibration.probabilities(logits)
    assert ours.dtype == np.float32
    assert ours == pytest.approx(scipy.special.expit(z), abs=1e-4)


@settings(deadline=None, max_examples=60)
@given(logits=logit_rows, scale=st.floats(0.01, 5))
def test_exclusive_probabilities_are_a_softmax(logits, scale):
    calibration = Calibration([scale] * 3, [0.0, 0.5, -0.5], "exclusive")
    z = np.float32(scale) * logits + np.array([0.0, 0.5, -0.5], np.float32)
    ours = calibration.probabilities(logits)
    assert ours == pytest.approx(scipy.special.softmax(z.astype(np.float64), axis=-1), abs=1e-4)
    assert ours.sum(axis=-1) == pytest.approx(np.ones(len(logits)), abs=1e-5)


@settings(deadline=None, max_examples=60)
@given(logits=logit_rows, scale=st.floats(0.01, 5))
def test_none_of_the_labels_is_a_class_of_logit_zero(logits, scale):
    ours = Calibration([scale] * 3, [0.0] * 3, "exclusive_or_none").probabilities(logits)
    z = np.pad((np.float32(scale) * logits).astype(np.float64), ((0, 0), (0, 1)))
    assert ours == pytest.approx(scipy.special.softmax(z, axis=-1)[:, :3], abs=1e-4)


def test_of_one_label_or_none_the_probability_is_its_sigmoid():
    logits = np.array([[-200.0], [-1.0], [0.0], [2.0], [200.0]], np.float32)
    ours = Calibration([1.0], [0.0], "exclusive_or_none").probabilities(logits)
    assert ours == pytest.approx(scipy.special.expit(logits.astype(np.float64)), abs=1e-6)


@pytest.mark.parametrize("targets", ["independent", "exclusive"])
def test_extreme_logits_give_certainties_without_overflow(targets):
    calibration = Calibration([1.0, 1.0], [0.0, 0.0], targets)
    logits = np.array([[1e30, -1e30], [-1e30, 1e30], [0.0, 0.0]], np.float32)
    with np.errstate(over="raise", invalid="raise"):
        found = calibration.probabilities(logits)
    assert found.tolist() == [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]
