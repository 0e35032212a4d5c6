"""Figures are scikit-learn's; intervals come from the groups and not from the windows."""

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.evaluation.metrics import (
    Bootstrap,
    balanced_accuracy,
    confusion,
    over_clips,
    precision_recall_f1,
)
from auricle.inference.context import in_context, mean_over_context

CASES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=80)


def judge(truth, answer, groups, classes=4, resamples=200, confidence=0.95, seed=0):
    return balanced_accuracy(
        np.asarray(truth),
        np.asarray(answer),
        groups,
        classes,
        Bootstrap(resamples, confidence, seed),
    )


def answers(groups, windows, right, seed=0):
    """Truth, answers and groups [shape=(groups * windows,)] of two classes, in equal groups."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(groups) % 2, windows)
    answer = np.where(rng.random(len(truth)) < right, truth, 1 - truth)
    return truth, answer, [f"group {g}" for g in np.repeat(np.arange(groups), windows)]


@settings(deadline=None, max_examples=60)
@given(cases=CASES)
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.filterwarnings("ignore:A single label was found")
def test_balanced_accuracy_is_that_of_scikit_learn(cases):
    truth, answer = np.array(cases).T
    found = judge(truth, answer, [str(i % 5) for i in range(len(cases))], resamples=10)
    assert found.value == pytest.approx(sklearn.metrics.balanced_accuracy_score(truth, answer))


@settings(deadline=None, max_examples=30)
@given(cases=CASES)
def test_the_confusion_counts_are_those_of_scikit_learn(cases):
    truth, answer = np.array(cases).T
    wanted = sklearn.metrics.confusion_matrix(truth, answer, labels=range(4))
    assert np.array_equal(confusion(truth, answer, 4), wanted)


@settings(deadline=None, max_examples=60)
@given(cases=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_precision_recall_and_f1_are_those_of_scikit_learn(cases):
    truth, answer = np.array(cases).T
    precision, recall, f1, _ = sklearn.metrics.precision_recall_fscore_support(
        truth, answer, average="binary", zero_division=0.0
    )
    found = precision_recall_f1(truth, answer, ["one"] * len(cases), Bootstrap(10, 0.95, 0))
    values = {name: interval.value for name, interval in found.items()}
    assert values == pytest.approx({"precision": precision, "recall": recall, "f1": f1})


@pytest.mark.parametrize("right", [0.6, 0.9])
def test_the_interval_holds_the_figure(right):
    found = judge(*answers(60, 50, right))
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(right, abs=0.03)


def test_groups_that_are_all_alike_leave_no_doubt():
    truth = [0, 0, 0, 0, 1, 1, 1, 1] * 20
    answer = [0, 0, 0, 1, 1, 0, 0, 0] * 20
    groups = [str(g) for g in range(20) for _ in range(8)]
    found = judge(truth, answer, groups, classes=2)
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))


def test_one_group_has_an_interval_of_no_width():
    found = judge([0, 1, 1, 1], [0, 1, 0, 0], ["alone"] * 4, classes=2)
    assert (found.value, found.low, found.high) == pytest.approx((2 / 3, 2 / 3, 2 / 3))


def test_windows_of_few_recordings_say_less_than_windows_of_many():
    # The same share is right, but in groups that are right or wrong as a whole.
    truth = np.repeat([0, 1], 400)
    right = np.tile(np.repeat([True, True, True, False], 10), 20)
    answer = np.where(right, truth, 1 - truth)
    few = [str(i // 10) for i in range(800)]
    many = [str(i) for i in range(800)]
    width = {}
    for name, groups in (("few", few), ("many", many)):
        found = judge(truth, answer, groups, classes=2, resamples=1000)
        assert found.value == pytest.approx(0.75)
        width[name] = found.high - found.low
    # Ten windows a group that agree are one case: the interval is about sqrt(10) times wider.
    assert width["few"] / width["many"] == pytest.approx(np.sqrt(10), rel=0.25)


def test_the_interval_of_independent_cases_is_that_of_the_binomial():
    # 4000 groups of one case: the standard error of each class is sqrt(p (1-p) / 2000).
    truth, answer, groups = answers(4000, 1, 0.8)
    found = judge(truth, answer, groups, classes=2, resamples=1000)
    error = np.sqrt(2 * 0.8 * 0.2 / 2000) / 2
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_more_confidence_takes_a_wider_interval():
    cases = answers(30, 20, 0.7)
    half, most = (judge(*cases, confidence=share) for share in (0.5, 0.99))
    assert most.low < half.low < half.high < most.high


def test_the_same_seed_gives_the_same_interval():
    cases = answers(30, 20, 0.7)
    assert judge(*cases, seed=1) == judge(*cases, seed=1)
    assert judge(*cases, seed=1) != judge(*cases, seed=2)


@settings(deadline=None, max_examples=40)
@given(sizes=st.lists(st.integers(1, 8), min_size=1, max_size=8), count=st.integers(1, 6))
def test_context_does_not_reach_into_the_recording_before(sizes, count):
    logits = np.random.default_rng(0).standard_normal((sum(sizes), 2)).astype(np.float32)
    segment = np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)
    found = in_context(logits, segment, count)
    for number in range(len(sizes)):
        mine = segment == number
        assert np.array_equal(found[mine], mean_over_context(logits[mine], count))


@settings(deadline=None, max_examples=40)
@given(sizes=st.lists(st.integers(1, 300), min_size=1, max_size=6))
def test_a_recording_scores_the_mean_of_all_its_windows(sizes):
    logits = np.random.default_rng(1).normal(0, 5, (sum(sizes), 3)).astype(np.float32)
    segment = np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)
    wanted = [logits[segment == i].astype(np.float64).mean(axis=0) for i in range(len(sizes))]
    found = over_clips(logits, segment)
    assert found.dtype == np.float32
    assert found == pytest.approx(np.array(wanted), abs=1e-4)


def test_resamples_without_the_label_say_nothing_of_how_well_it_is_found():
    # 12 groups, 3 of which have the label; all answers are right.
    truth = np.repeat([True] * 3 + [False] * 9, 10)
    groups = [f"g{i}" for i in range(12) for _ in range(10)]
    found = precision_recall_f1(truth, truth, groups, Bootstrap(1000, 0.95, 0))
    assert {(each.value, each.low, each.high) for each in found.values()} == {(1.0, 1.0, 1.0)}


def test_a_label_that_is_nowhere_has_no_share_found():
    nothing = np.zeros(20, bool)
    groups = [f"g{i}" for i in range(20)]
    found = precision_recall_f1(nothing, nothing, groups, Bootstrap(100, 0.95, 0))
    assert {(each.value, each.low, each.high) for each in found.values()} == {(0.0, 0.0, 0.0)}
