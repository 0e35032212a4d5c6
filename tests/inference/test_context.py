"""Scores in context are plain means, and the same live."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from auricle.inference.context import mean_over_context

scores = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 30), st.integers(1, 3)),
    elements=st.floats(-50, 50, width=32),
)


@settings(deadline=None, max_examples=60)
@given(logits=scores, count=st.integers(1, 12))
def test_the_mean_over_a_context_is_that_of_a_plain_loop(logits, count):
    wanted = [
        np.mean(logits[max(0, i - count + 1) : i + 1].astype(np.float64), axis=0)
        for i in range(len(logits))
    ]
    assert mean_over_context(logits, count) == pytest.approx(np.array(wanted), abs=1e-4)


@settings(deadline=None, max_examples=60)
@given(logits=scores, count=st.integers(1, 12))
def test_a_listener_that_keeps_the_last_windows_gets_the_same_bits(logits, count):
    offline = mean_over_context(logits, count)
    for i in range(len(logits)):
        history = logits[max(0, i - count + 1) : i + 1]
        assert np.array_equal(mean_over_context(history, count)[-1], offline[i])


def test_a_context_of_one_window_changes_nothing_and_the_input_is_left_alone():
    logits = np.array([[1.0], [-2.0], [4.0]], np.float32)
    before = logits.copy()
    assert np.array_equal(mean_over_context(logits, 1), before)
    mean_over_context(logits, 3)
    assert np.array_equal(logits, before)
