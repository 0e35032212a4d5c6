"""The spread of a cross-validation is that of its folds, and of its seeds apart from it."""

import pytest

from auricle.core.compose import quoted
from auricle.experiments.cross_validation import summary_of


def row(job, fold, seed, window, error=None):
    return {
        "job": job,
        "overrides": [f"dataset.test_folds=['{fold}']", f"train.seed={seed}"],
        "numbers": {} if error else {"val_loss": 0.3, "window": window, "clip": 1.0},
        "error": error,
    }


def test_a_folds_score_is_the_mean_over_its_seeds():
    rows = [row(0, 1, 0, 0.8), row(1, 1, 1, 0.9), row(2, 2, 0, 0.6), row(3, 2, 1, 0.7)]
    found = summary_of(rows, 0.95, 0)["scores"]["window"]
    assert found["mean"] == pytest.approx(0.75)
    assert found["sd"] == pytest.approx(0.2 / 2**0.5)  # of 0.85 and 0.65
    assert found["sd_seeds"] == pytest.approx(0.1 / 2**0.5)  # of 0.8, 0.9 and of 0.6, 0.7


def test_the_interval_is_students():
    rows = [row(i, i, 0, value) for i, value in enumerate([0.70, 0.72, 0.74, 0.76, 0.78])]
    found = summary_of(rows, 0.95, 0)["scores"]["window"]
    # t(0.975; 4) = 2.776 (any table); sd = 0.0316228
    assert found["high"] - found["mean"] == pytest.approx(2.776 * 0.0316228 / 5**0.5, abs=1e-4)
    assert found["mean"] - found["low"] == pytest.approx(2.776 * 0.0316228 / 5**0.5, abs=1e-4)
    assert "sd_seeds" not in found


def test_a_job_that_failed_is_counted_and_left_out_of_the_mean():
    rows = [row(0, 1, 0, 0.8), row(1, 2, 0, 0.6), row(2, 3, 0, None, error="disk full")]
    found = summary_of(rows, 0.95, 0)
    assert found["failed"] == 1
    assert list(found["folds"]) == ["1", "2"]
    assert found["scores"]["window"]["mean"] == pytest.approx(0.7)


def test_nothing_is_claimed_where_all_jobs_failed():
    assert summary_of([row(0, 1, 0, None, error="x")], 0.95, 0)["scores"] == {}


def test_folds_are_in_the_order_of_their_numbers_and_seeds_of_their_jobs():
    rows = [row(job, fold, job % 2, 0.5) for job, fold in enumerate([10, 10, 2, 2])]
    found = summary_of(rows[::-1], 0.95, 0)["folds"]
    assert list(found) == ["2", "10"]
    assert [of["seeds"] for of in found.values()] == [[0, 1], [0, 1]]


def test_jobs_that_never_ended_are_missing_and_leaks_are_counted():
    rows = [row(0, 1, 0, 0.8), row(1, 2, 0, 0.6)]
    rows[0]["numbers"]["leaks"] = 1
    found = summary_of(rows, 0.95, 5)
    assert (found["missing"], found["failed"], found["leaks"]) == (3, 0, 1)


def test_an_accuracy_is_never_below_nothing_or_above_all():
    rows = [row(i, i, 0, value) for i, value in enumerate([0.0, 1.0, 0.0])]
    found = summary_of(rows, 0.95, 3)["scores"]["window"]
    assert (found["low"], found["high"]) == (0.0, 1.0)


@pytest.mark.parametrize("name", ["a'b", "[1]", "b, c", "d=e", "7"])
def test_a_fold_may_have_any_name(name):
    one = row(0, 1, 0, 0.5)
    one["overrides"][0] = f"dataset.test_folds=[{quoted(name)}]"
    assert list(summary_of([one], 0.95, 1)["folds"]) == [name]
