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
    calibration = Calibration([scale, 1.0, 2.0], [offset, 0.0, -1.0], exclusive=False)
    z = logits.astype(np.float64) * [scale, 1.0, 2.0] + [offset, 0.0, -1.0]
    ours = calibration.probabilities(logits)
    assert ours.dtype == np.float32
    assert ours == pytest.approx(scipy.special.expit(z), abs=1e-4)


@settings(deadline=None, max_examples=60)
@given(logits=logit_rows, scale=st.floats(0.01, 5))
def test_exclusive_probabilities_are_a_softmax(logits, scale):
    calibration = Calibration([scale] * 3, [0.0, 0.5, -0.5], exclusive=True)
    z = np.float32(scale) * logits + np.array([0.0, 0.5, -0.5], np.float32)
    ours = calibration.probabilities(logits)
    assert ours == pytest.approx(scipy.special.softmax(z.astype(np.float64), axis=-1), abs=1e-4)
    assert ours.sum(axis=-1) == pytest.approx(np.ones(len(logits)), abs=1e-5)


@pytest.mark.parametrize("exclusive", [False, True])
def test_extreme_logits_give_certainties_without_overflow(exclusive):
    calibration = Calibration([1.0, 1.0], [0.0, 0.0], exclusive)
    logits = np.array([[1e30, -1e30], [-1e30, 1e30], [0.0, 0.0]], np.float32)
    with np.errstate(over="raise", invalid="raise"):
        found = calibration.probabilities(logits)
    assert found.tolist() == [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]
