"""Training is repeatable, and batches are what the configuration makes of the windows."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn.metrics import balanced_accuracy_score

from auricle.core.errors import AuricleError
from auricle.networks import NetworkInput, build_network
from auricle.networks.cnn import cnn
from auricle.networks.dense import dense
from auricle.training.batches import Batches, window_weights
from auricle.training.fit import (
    best_epoch,
    fit,
    fit_to_the_end,
    fitted,
    labelled,
    reproducible,
    statistics,
)
from auricle.training.hyperparameters import SpecAugment
from auricle.training.losses import one_or_none
from helpers import SHAPE, UNCHANGED, default_features, train, two_classes, write_windows


def small(of, labels):
    """For what is about training and not about what is trained: it is compiled in half the time."""
    return dense(of, labels, units=[8], l2=[1e-4], batch_norm=True, dropout=0.2, standardise=True)


def network(of, labels):
    return cnn(
        of,
        labels,
        filters=2,
        kernel_size=3,
        time_steps=2,
        dropout=0.2,
        l2=1e-4,
        batch_norm_momentum=0.9,
    )


@pytest.fixture
def windows(tmp_path):
    return two_classes(tmp_path / "train.jsonl")


@pytest.fixture
def uneven(tmp_path):
    """Six windows of speech, three of music, one of both."""
    counts = {("speech",): 6, ("music",): 3, ("speech", "music"): 1}
    return write_windows(
        tmp_path / "uneven.jsonl",
        [
            (f"{i}.wav", labels, "none", np.full((count, *SHAPE), i, np.float32))
            for i, (labels, count) in enumerate(counts.items())
        ],
    )


def learning(windows, **changes):
    return Batches(windows, train(**changes), np.zeros(SHAPE[1], np.float32))


def trained(windows, validation, network=network, **changes):
    config = train(**changes)
    reproducible(config.seed)
    given = statistics(windows)
    model = build_network(network, given, 2)
    epochs = []
    history = fit(
        model, config, given.mean, windows, validation, lambda epoch, _: epochs.append(epoch)
    )
    assert epochs == [row["epoch"] for row in history]
    return model, history


def balanced(model, windows):
    """Return what scikit-learn has for the windows of one label, the largest logit naming it."""
    one = windows.targets.sum(axis=1) == 1
    z = np.asarray(model(windows.features[one], training=False))
    return balanced_accuracy_score(windows.targets[one].argmax(axis=1), z.argmax(axis=1))


def test_windows_weigh_the_same_where_balance_is_off(uneven):
    assert window_weights(uneven, balance=False).tolist() == [1.0] * 10


def test_combinations_of_labels_weigh_alike_where_balance_is_on(uneven):
    weights = window_weights(uneven, balance=True)
    assert weights.sum() == pytest.approx(10)
    for clip in range(3):
        assert weights[uneven.clip == clip].sum() == pytest.approx(10 / 3)


@pytest.mark.parametrize("chunk", [1, 7, 4096])
def test_mean_and_variance_are_those_of_numpy(tmp_path, chunk):
    rng = np.random.default_rng(0)
    features = (5 + rng.standard_normal((20, 4, 3)) * [1, 10, 0.1]).astype(np.float32)
    windows = write_windows(
        tmp_path / "a.jsonl", [("a.wav", ["speech"], "none", features)], shape=(4, 3)
    )
    found = statistics(windows, chunk)
    assert (found.frames, found.coefficients) == (4, 3)
    assert found.mean == pytest.approx(features.mean(axis=(0, 1), dtype=np.float64), rel=1e-5)
    assert found.variance == pytest.approx(features.var(axis=(0, 1), dtype=np.float64), rel=1e-4)


def test_a_coefficient_that_never_changes_does_not_divide_by_zero(tmp_path):
    constant = np.full((3, *SHAPE), 7, np.float32)
    windows = write_windows(tmp_path / "a.jsonl", [("a.wav", ["speech"], "none", constant)])
    model = network(statistics(windows), 2)
    assert np.isfinite(model(constant, training=False)).all()


def test_exclusive_labels_are_one_a_window(tmp_path, windows, uneven):
    assert labelled(windows, "exclusive") is windows
    assert labelled(uneven, "independent") is uneven
    for targets in ("exclusive", "exclusive_or_none"):
        with pytest.raises(AuricleError, match=r"2\.wav \(and 0 more\) has several.*independent"):
            labelled(uneven, targets)


@pytest.fixture
def with_background(tmp_path):
    """Three windows of speech, two of music, four of neither."""
    counts = {"speech": 3, "music": 2, "": 4}
    return write_windows(
        tmp_path / "background.jsonl",
        [
            (f"{i}.wav", [label] if label else [], "none", np.full((count, *SHAPE), i, np.float32))
            for i, (label, count) in enumerate(counts.items())
        ],
    )


def test_windows_of_no_label_are_left_out_where_one_label_always_sounds(with_background):
    learnt = labelled(with_background, "exclusive")
    assert learnt.targets.tolist() == [[1, 0]] * 3 + [[0, 1]] * 2
    assert learnt.features[:, 0, 0].tolist() == [0, 0, 0, 1, 1]
    assert labelled(with_background, "exclusive_or_none") is with_background


def test_what_is_auto_fits_the_windows(windows, with_background):
    auto = train(targets="auto", epochs="auto", batch_size="auto", patience=None)
    alone = dataclasses.replace(
        windows, header=dataclasses.replace(windows.header, targets="exclusive")
    )
    noisy = dataclasses.replace(with_background, header=alone.header)
    assert fitted(auto, alone)[0].targets == "exclusive"
    assert fitted(auto, noisy)[0].targets == "exclusive_or_none"
    assert fitted(auto, windows)[0].targets == "independent"
    assert fitted(train(targets="exclusive"), noisy)[0].targets == "exclusive"


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 300_000))
def test_few_windows_are_learnt_from_as_often_as_many(count):
    of = train(epochs="auto", batch_size="auto").fitted("exclusive", count, 9, unlabelled=False)
    assert of.batch_size in (32, 64, 128)
    steps = of.epochs * math.ceil(count / of.batch_size)
    assert steps >= 900
    assert of.epochs == 20 or steps - steps / of.epochs < 900
    given_ones = train(epochs=7, batch_size=5).fitted("exclusive", count, 9, unlabelled=False)
    assert (given_ones.epochs, given_ones.batch_size) == (7, 5)


def test_pauses_of_a_recording_teach_to_name_nothing(tmp_path):
    loud_then_silent = write_windows(
        tmp_path / "pause.jsonl", [("a.wav", ["speech"], "none", np.zeros((4, *SHAPE), np.float32))]
    )
    levels = np.array([-20, -25, -70, -80], np.float32)
    of = dataclasses.replace(loud_then_silent, levels_dbfs=levels)
    batches = Batches(of, train(targets="exclusive_or_none", batch_size=4))
    assert batches[0][1].tolist() == [[1, 0], [1, 0], [0, 0], [0, 0]]
    assert Batches(of, train(batch_size=4))[0][1].tolist() == [[1, 0]] * 4


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_one_label_or_none_costs_the_cross_entropy_of_one_class_more(smoothing):
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (6, 3)).astype(np.float32)
    targets = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 3, 0]]  # the fourth: none of them
    log_p = log_softmax(np.pad(logits.astype(np.float64), ((0, 0), (0, 1))), axis=1)
    wanted = -((targets * (1 - smoothing) + smoothing / 4) * log_p).sum(axis=1)
    found = one_or_none(smoothing)(targets[:, :3], logits)
    assert np.asarray(found) == pytest.approx(wanted, rel=1e-5)


def test_each_window_comes_once_an_epoch(windows):
    batches = learning(windows, batch_size=16)
    assert [len(batches[i][0]) for i in range(len(batches))] == [16, 16, 16, 12]
    seen = np.concatenate([batches[i][0] for i in range(len(batches))])
    assert sorted(seen.sum(axis=(1, 2))) == sorted(windows.features.sum(axis=(1, 2)))


def test_features_targets_and_weights_of_a_batch_belong_together(uneven):
    batches = learning(uneven, batch_size=4)
    weights = window_weights(uneven, balance=True)
    for i in range(len(batches)):
        for x, y, weight in zip(*batches[i], strict=True):
            row = int(np.flatnonzero(uneven.clip == x[0, 0])[0])
            assert y.tolist() == uneven.targets[row].tolist()
            assert weight == weights[row]


def test_validation_keeps_its_order_and_is_not_changed(windows):
    config = train(
        batch_size=16, mixup_alpha=1.0, spec_augment=SpecAugment(2, 4, 2, 4), balance=False
    )
    batches = Batches(windows, config)
    assert np.array_equal(
        np.concatenate([batches[i][0] for i in range(len(batches))]), windows.features
    )


def test_batches_are_those_of_seed_epoch_and_number(windows):
    changes = {"mixup_alpha": 0.4, "spec_augment": SpecAugment(1, 4, 1, 4)}
    one, two = (learning(windows, **changes) for _ in range(2))
    forth = [one[i] for i in range(len(one))]
    back = [two[i] for i in reversed(range(len(two)))][::-1]
    for a, b in zip(forth, back, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    one.deal(1)
    assert not np.array_equal(one[0][0], forth[0][0])
    two.deal(1)
    assert np.array_equal(one[0][0], two[0][0])
    assert not np.array_equal(learning(windows, seed=1)[0][0], learning(windows, seed=0)[0][0])


def test_masks_are_spans_of_the_training_mean(tmp_path):
    frames, coefficients = 20, 16
    high = np.full((64, frames, coefficients), 100, np.float32)
    windows = write_windows(
        tmp_path / "a.jsonl", [("a.wav", ["speech"], "none", high)], shape=(frames, coefficients)
    )
    mean = np.arange(coefficients, dtype=np.float32)
    config = train(batch_size=64, spec_augment=SpecAugment(1, 5, 1, 3))
    x = Batches(windows, config, mean)[0][0]
    hidden = x != 100
    assert np.array_equal(x[hidden], np.broadcast_to(mean, x.shape)[hidden])
    widths = {"frames": set(), "coefficients": set()}
    for window in hidden:
        # A masked frame is hidden in all coefficients, a masked coefficient in all frames.
        for name, rows in (("frames", window.all(axis=1)), ("coefficients", window.all(axis=0))):
            where = np.flatnonzero(rows)
            widths[name].add(len(where))
            assert len(where) == 0 or where[-1] - where[0] + 1 == len(where)
        covered = window.all(axis=1)[:, None] | window.all(axis=0)[None]
        assert np.array_equal(window, covered)
    assert widths == {"frames": set(range(6)), "coefficients": set(range(4))}


def test_mixup_mixes_features_targets_and_weights_by_the_same_share(uneven):
    alone = window_weights(uneven, balance=True)
    x, y, weights = learning(uneven, batch_size=10, mixup_alpha=1.0)[0]
    assert len(np.unique(x[:, 0, 0])) > 3
    # A window of clip i holds i everywhere, so its value tells what was mixed into it.
    values = np.array([0.0, 1.0, 2.0])
    rows = [int(np.flatnonzero(uneven.clip == clip)[0]) for clip in range(3)]
    for window, target, weight in zip(x, y, weights, strict=True):
        assert np.ptp(window) < 1e-6
        candidates = []
        for a in range(3):
            for b in range(3):
                span = values[a] - values[b]
                share = (window[0, 0] - values[b]) / span if span else 1.0
                mixed = share * uneven.targets[rows[a]] + (1 - share) * uneven.targets[rows[b]]
                weigh = share * alone[rows[a]] + (1 - share) * alone[rows[b]]
                candidates.append((*mixed, weigh))
        off = np.abs(np.array(candidates) - [*target, weight]).max(axis=1)
        assert off.min() < 1e-4


# Each training compiles a network anew: of several alike one is quick enough.
SLOW = pytest.mark.system


@pytest.mark.parametrize("network", [small, pytest.param(network, marks=SLOW)])
def test_training_twice_with_one_seed_gives_the_same_weights(windows, tmp_path, network):
    changes = {
        "epochs": 2,
        "batch_size": 20,
        "mixup_alpha": 0.2,
        "spec_augment": SpecAugment(1, 2, 1, 2),
        "schedule": "cosine",
    }
    validation = two_classes(tmp_path / "validation.jsonl", clips=2, seed=5)
    (one, history), (two, again) = (
        trained(windows, validation, network, **changes) for _ in range(2)
    )
    assert history == again
    for a, b in zip(one.get_weights(), two.get_weights(), strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("targets", ["independent", pytest.param("exclusive", marks=SLOW)])
def test_classes_that_differ_are_learnt(tmp_path, targets):
    windows = two_classes(tmp_path / "train.jsonl", clips=10, windows=20)
    validation = two_classes(tmp_path / "validation.jsonl", clips=4, seed=5)
    model, history = trained(windows, validation, targets=targets, epochs=8, batch_size=40)
    answers = np.asarray(model(validation.features, training=False)).argmax(axis=1)
    assert (answers == validation.targets.argmax(axis=1)).mean() > 0.95
    assert history[-1]["loss"] < history[0]["loss"]


def test_the_weights_of_the_best_epoch_are_kept(windows, tmp_path):
    # Labels of the validation windows are exchanged, so that learning makes it worse.
    def exchanged(name, features):
        return (name, ["music" if "speech" in name else "speech"], "none", features)

    right = two_classes(tmp_path / "right.jsonl", clips=4, seed=5)
    wrong = write_windows(
        tmp_path / "wrong.jsonl",
        [exchanged(name, right.features[right.clip == i]) for i, name in enumerate(right.clips)],
    )
    model, history = trained(windows, wrong, small, epochs=6, patience=2)
    best = best_epoch(history, "val_loss")
    assert best["val_loss"] == min(row["val_loss"] for row in history)
    assert len(history) == min(6, best["epoch"] + 2)
    # Cross-entropy of logits z and targets t is log(1 + exp(z)) - t z; weight decay is added.
    z = np.asarray(model(wrong.features, training=False)).astype(np.float64)
    loss = np.mean(np.logaddexp(0, z) - wrong.targets * z) + float(sum(model.losses))
    assert loss == pytest.approx(best["val_loss"], rel=1e-4)
    assert balanced(model, wrong) == pytest.approx(best["val_balanced_accuracy"])


@pytest.mark.parametrize(
    "monitor",
    [
        "val_balanced_accuracy",
        pytest.param("loss", marks=SLOW),
        pytest.param("balanced_accuracy", marks=SLOW),
    ],
)
def test_the_kept_epoch_is_the_best_of_what_is_monitored(windows, tmp_path, monitor):
    validation = two_classes(tmp_path / "validation.jsonl", clips=4, seed=5)
    model, history = trained(windows, validation, small, epochs=4, patience=4, monitor=monitor)
    best = best_epoch(history, monitor)
    extreme = max if monitor.endswith("accuracy") else min
    assert best[monitor] == extreme(row[monitor] for row in history)
    assert balanced(model, validation) == pytest.approx(best["val_balanced_accuracy"])


@SLOW
def test_a_rate_that_decays_at_once_leaves_the_weights_of_the_epochs_before(windows, tmp_path):
    validation = two_classes(tmp_path / "validation.jsonl", clips=2, seed=5)
    settings = {"schedule": "exponential", "decay_after": 2, "patience": 9, "monitor": "loss"}
    two, _ = trained(windows, validation, epochs=2, **settings, decay=0.0)
    four, _ = trained(windows, validation, epochs=4, **settings, decay=60.0)
    less, _ = trained(windows, validation, epochs=4, **settings, decay=0.1)
    for same, other, changed in zip(
        *(model.trainable_weights for model in (two, four, less)), strict=True
    ):
        np.testing.assert_allclose(same.numpy(), other.numpy(), atol=1e-6)
        assert not np.allclose(same.numpy(), changed.numpy(), atol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"monitor": "f1"}, "monitor=f1 is none of val_loss, val_balanced_accuracy, loss"),
        ({"decay": -0.1}, "decay=-0.1 must not be negative"),
        ({"targets": "both"}, "targets=both is none of auto, independent, exclusive"),
        ({"schedule": "step"}, "schedule=step is none of constant, cosine, exponential"),
        ({"epochs": 0}, "epochs=0 must be a positive whole number, or auto"),
        ({"patience": 0}, "patience=0 must be positive"),
        ({"batch_size": -1}, "batch_size=-1 must be a positive whole number, or auto"),
        ({"learning_rate": 0.0}, "learning_rate=0.0 must be positive"),
        ({"label_smoothing": 1.0}, "label_smoothing=1.0"),
        ({"mixup_alpha": -1.0}, "mixup_alpha=-1.0"),
        ({"optimizer": {"_target_": "os.system"}}, "train.optimizer._target_=os.system"),
        (
            {"optimizer": {"_target_": "keras.optimizers.SGD", "momentun": 0.9}},
            "`train.optimizer.momentun`: did you mean `train.optimizer.momentum`",
        ),
    ],
)
def test_settings_that_cannot_train_are_named(wrong, named):
    with pytest.raises(AuricleError, match=named):
        train(**wrong)


def test_a_network_input_of_unit_data_changes_nothing():
    unit = NetworkInput.unit(3, 2)
    assert (unit.mean.tolist(), unit.variance.tolist()) == ([0, 0], [1, 1])


# What is averaged, weighed and changed


def test_averaged_weights_are_kept_and_training_goes_on_from_its_own(windows):
    models = {}
    for averaging in (0.0, 0.9):
        reproducible(0)
        config = train(averaging=averaging, epochs=4)
        given = statistics(windows)
        model = build_network(small, given, 2)
        begun = model.get_weights()
        fit_to_the_end(model, config, given.mean, windows)
        models[averaging] = model.get_weights()
    sets = (begun, *models.values())
    begun, own, mean = (np.concatenate([np.ravel(part) for part in parts]) for parts in sets)
    # A mean over the steps lies between where they begin and where they end.
    assert 0 < np.linalg.norm(own - mean) < np.linalg.norm(own - begun)
    assert 0 < np.linalg.norm(mean - begun) < np.linalg.norm(own - begun)


def test_a_group_of_many_windows_weighs_less_of_them_each(tmp_path):
    rows = np.zeros((12, *SHAPE), np.float32)
    segments = [("long", ["speech"], "none", rows[:9]), ("short", ["speech"], "none", rows[9:])]
    windows = write_windows(tmp_path / "w.jsonl", segments)
    weights = window_weights(windows, balance=False, group_power=1.0)
    assert weights[:9].sum() == pytest.approx(weights[9:].sum())
    assert weights.mean() == pytest.approx(1.0)


def test_pauses_weigh_what_is_asked(tmp_path):
    rows = np.zeros((4, *SHAPE), np.float32)
    windows = write_windows(tmp_path / "w.jsonl", [("a", ["speech"], "none", rows)])
    quiet = dataclasses.replace(windows, levels_dbfs=np.array([-20, -49, -51, -90], np.float32))
    weights = window_weights(quiet, balance=False, pause_weight=0.5)
    assert weights.tolist() == pytest.approx([4 / 3, 4 / 3, 2 / 3, 2 / 3])


def test_changes_are_drawn_anew_each_epoch_and_repeat(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.normal(0, 8, (40, 22, 40)).astype(np.float32)
    segments = [
        ("a", ["speech"], "none", rows[:15]),
        ("b", ["music"], "none", rows[15:30]),
        ("n", [], "none", rows[30:]),
    ]
    features = default_features()
    windows = write_windows(tmp_path / "w.jsonl", segments, shape=(22, 40), features=features)
    some = dataclasses.replace(UNCHANGED, equalise=0.5, noise=0.5, together=1.0)
    batches = Batches(windows, train(changes=some, batch_size=40), statistics(windows).mean)
    first = batches[0]
    again = batches[0]
    batches.deal(1)
    other = batches[0]
    assert np.array_equal(first[0], again[0])
    assert not np.array_equal(first[0], other[0])
    assert (first[1].sum(axis=1) == 2).any()  # two sound together


def test_labels_that_exclude_each_other_are_not_mixed(tmp_path):
    rows = np.random.default_rng(0).normal(0, 8, (20, 22, 40)).astype(np.float32)
    segments = [("a", ["speech"], "none", rows[:10]), ("b", ["music"], "none", rows[10:])]
    features = default_features()
    windows = write_windows(tmp_path / "w.jsonl", segments, shape=(22, 40), features=features)
    some = dataclasses.replace(UNCHANGED, together=1.0)
    config = train(targets="exclusive", changes=some, batch_size=20)
    _, y, _ = Batches(windows, config, statistics(windows).mean)[0]
    assert (y.sum(axis=1) == 1).all()
