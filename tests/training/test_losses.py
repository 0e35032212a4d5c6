"""The losses are what their formulas say, in NumPy."""

import numpy as np
import pytest

from auricle.training.losses import each_and_compared

LOGITS = np.array([[2.0, -1.0], [0.5, 0.5], [-3.0, -2.0], [1.0, 4.0]], np.float32)
TARGETS = np.array([[1, 0], [1, 1], [0, 0], [0, 1]], np.float32)


def of_each(targets, logits, smoothing):
    y = targets * (1 - smoothing) + smoothing / 2
    p = 1 / (1 + np.exp(-logits))
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(axis=1)


def compared(shares, logits):
    return -(shares * (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))).sum(axis=1)


@pytest.mark.parametrize("smoothing", [0.0, 0.02])
def test_without_comparison_it_is_the_cross_entropy_of_each_label(smoothing):
    found = np.asarray(each_and_compared(smoothing, 0.0)(TARGETS, LOGITS))
    np.testing.assert_allclose(found, of_each(TARGETS, LOGITS, smoothing), rtol=1e-4)


def test_comparison_asks_which_where_just_one_sounds():
    smoothing = 0.02
    found = np.asarray(each_and_compared(smoothing, 0.5)(TARGETS, LOGITS))
    shares = TARGETS * (1 - smoothing) + smoothing / 2
    one = TARGETS.sum(axis=1) == 1
    expected = of_each(TARGETS, LOGITS, smoothing) + 0.5 * one * compared(shares, LOGITS)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
