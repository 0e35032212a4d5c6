"""The study's folds are the committed ones, its trials compose, its tables are right."""

from collections import defaultdict

import numpy as np
import pytest
from benchmarks.study import folds
from benchmarks.study.figures import differences
from benchmarks.study.recordings import weighted_mean
from benchmarks.study.variants import VARIANTS

from auricle.core.compose import compose
from auricle.core.schema import parse_group
from auricle.features import Features
from auricle.inference.context import in_context
from auricle.training.hyperparameters import Train


def test_the_committed_folds_part_no_group_and_are_alike():
    table = folds.read()
    assert set(table.values()) == set(range(folds.FOLDS))
    of_group = defaultdict(set)
    for (_, group), fold in table.items():
        together = next((n for n in ("olpc-berklee", "pockettorah") if group.startswith(n)), group)
        of_group[together].add(fold)
    assert all(len(found) == 1 for found in of_group.values())


@pytest.mark.skipif(
    not folds.SOURCES.is_file(), reason="the recordings of ../shared/data are not here"
)
def test_the_committed_folds_are_what_was_dealt():
    assert folds.deal() == folds.read()


@pytest.mark.parametrize(
    "name",
    [  # a few of them on each edit
        pytest.param(name, marks=[pytest.mark.system] if i % 12 else [])
        for i, name in enumerate(VARIANTS)
    ],
)
def test_each_trial_is_a_configuration(name):
    config = compose("config", list(VARIANTS[name].overrides))
    assert isinstance(parse_group(config.train, Train, "train"), Train)
    assert isinstance(parse_group(config.features, Features, "features"), Features)


def test_gains_are_over_the_base_on_the_same_fold_and_seed():
    rows = [
        {"variant": "base", "held out": 2.0, "seed": 0.0, "x": 0.9},
        {"variant": "base", "held out": 3.0, "seed": 0.0, "x": 0.8},
        {"variant": "other", "held out": 3.0, "seed": 0.0, "x": 0.85},
        {"variant": "other", "held out": 3.0, "seed": 1.0, "x": 0.1},
    ]
    assert differences(rows, "x") == {"other": [pytest.approx(5.0)]}


@pytest.mark.parametrize("count", [1, 2, 4])
def test_windows_of_one_level_weigh_alike(count):
    logits = np.random.default_rng(0).normal(0, 3, (12, 2)).astype(np.float32)
    segment = np.repeat([0, 1, 2], [5, 1, 6])
    found = weighted_mean(logits, np.full(12, -20, np.float32), segment, count, 0.5)
    np.testing.assert_allclose(found, in_context(logits, segment, count), rtol=1e-5)


def test_louder_windows_weigh_more_where_that_is_asked():
    logits = np.array([[4.0, 0.0], [0.0, 0.0]], np.float32)
    levels = np.array([-20.0, -40.0], np.float32)
    found = weighted_mean(logits, levels, np.zeros(2, int), 2, 0.5)
    assert found[1, 0] == pytest.approx(4 * 0.1 / (0.1 + 0.01))
