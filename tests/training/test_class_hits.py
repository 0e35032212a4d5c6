"""Balanced accuracy over batches is that of scikit-learn over all windows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from auricle.training.class_hits import ClassHits, balanced_accuracy


def over_batches(targets, logits, size):
    metric, total = ClassHits(targets.shape[1]), 0.0
    for start in range(0, len(targets), size):
        metric.reset_state()
        metric.update_state(targets[start : start + size], logits[start : start + size])
        total = total + np.asarray(metric.result())
    return balanced_accuracy(total)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 99), labels=st.integers(2, 5), size=st.integers(1, 7))
def test_windows_of_one_label_count_and_no_others(seed, labels, size):
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 2, (20, labels)).astype(np.float32)
    targets[0] = np.eye(labels)[0]
    logits = rng.normal(size=(20, labels)).astype(np.float32)
    one = targets.sum(axis=1) == 1
    wanted = recalls(targets[one].argmax(axis=1), logits[one].argmax(axis=1))
    assert over_batches(targets, logits, size) == pytest.approx(wanted, abs=1e-6)


def recalls(truth, answer):
    """Return the mean recall; scikit-learn warns of answers that no window has."""
    there = [np.mean(answer[truth == name] == name) for name in np.unique(truth)]
    if set(answer) <= set(truth):
        assert np.mean(there) == pytest.approx(balanced_accuracy_score(truth, answer))
    return np.mean(there)


def test_answering_no_label_at_all_is_worth_no_more_than_chance():
    targets = np.eye(5, dtype=np.float32)
    assert over_batches(targets, np.full((5, 5), -9, np.float32), 2) == pytest.approx(1 / 5)


def test_a_single_label_is_told_from_what_has_none():
    targets = np.array([[1], [1], [1], [1], [0], [0]], np.float32)
    logits = np.array([[2], [1], [3], [-1], [-2], [4]], np.float32)
    assert over_batches(targets, logits, 4) == pytest.approx((3 / 4 + 1 / 2) / 2)
