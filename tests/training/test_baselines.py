"""Baselines learn, are kept without code, and go through the stages as a network does."""

import dataclasses
import json
import os
import pickle
import zipfile

import numpy as np
import pytest
import skops.io
import soundfile
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from auricle.cli.main import main
from auricle.core.errors import AuricleError
from auricle.core.schema import build
from auricle.inference import sklearn_model
from auricle.inference.scorer import Scorer
from auricle.networks import NetworkInput
from auricle.training.fit import fit_to_the_end
from helpers import SHAPE, UNCHANGED, composed, train, without_pictures, write_windows

NETWORKS = {
    "random_forest": "network.trees=5",
    "nearest_neighbours": "network.neighbours=3",
    "support_vectors": "network.c=1",
}
CHANGE = {"targets": "exclusive"}


def baseline(name, labels=2, *overrides):
    network = build(composed(f"network={name}", *overrides).network, "network")
    return network(NetworkInput.unit(*SHAPE), labels)


@pytest.fixture
def windows(tmp_path):
    """Speech is loud, music is soft."""
    rng = np.random.default_rng(0)
    return write_windows(
        tmp_path / "train.jsonl",
        [
            (f"{i}.wav", [label], "none", rng.normal(mean, 1, (10, *SHAPE)).astype(np.float32))
            for i, (label, mean) in enumerate([("speech", 2), ("music", -2)] * 3)
        ],
    )


@pytest.mark.parametrize(("name", "override"), NETWORKS.items())
def test_classes_that_differ_are_learnt_and_kept(name, override, windows, tmp_path):
    model = baseline(name, 2, override)
    fit_to_the_end(model, train(**CHANGE), np.zeros(SHAPE[1], np.float32), windows)
    logits = model(windows.features)
    assert (logits.argmax(axis=1) == windows.targets.argmax(axis=1)).mean() > 0.95
    np.testing.assert_allclose(np.exp(logits).sum(axis=1), 1, atol=1e-4)
    assert model.count_params() > 0
    model.estimator.save(tmp_path / "model.skops")
    loaded = sklearn_model.load(tmp_path / "model.skops", SHAPE, 2)
    assert np.array_equal(loaded.logits(windows.features), logits)


@pytest.mark.parametrize(("name", "override"), NETWORKS.items())
def test_training_twice_with_one_seed_gives_the_same_file(name, override, windows, tmp_path):
    for place in ("one", "two"):
        model = baseline(name, 2, override)
        fit_to_the_end(model, train(**CHANGE), np.zeros(SHAPE[1], np.float32), windows)
        model.estimator.save(tmp_path / place)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_label_that_training_lacks_is_never_likely(windows):
    model = baseline("random_forest", 3, "network.trees=5")
    fit_to_the_end(model, train(**CHANGE), np.zeros(SHAPE[1], np.float32), windows)
    assert (np.exp(model(windows.features))[:, 2] < 1e-5).all()


def test_labels_that_may_sound_together_are_refused(windows):
    with pytest.raises(AuricleError, match=r"set train\.targets=exclusive"):
        baseline("random_forest").fit(windows, train(targets="independent"))


def test_changes_that_it_would_not_learn_by_are_refused(windows):
    changes = dataclasses.replace(UNCHANGED, equalise=0.5)
    with pytest.raises(AuricleError, match="set train/changes=none"):
        baseline("random_forest").fit(windows, train(targets="exclusive", changes=changes))


@pytest.mark.parametrize(
    ("name", "override"),
    [
        ("random_forest", "network.trees=0"),
        ("random_forest", "network.depth=0"),
        ("nearest_neighbours", "network.neighbours=0"),
        ("nearest_neighbours", "network.weights=all"),
        ("support_vectors", "network.c=0"),
        ("support_vectors", "network.kernel=sine"),
    ],
)
def test_settings_that_make_no_classifier_are_named(name, override):
    with pytest.raises(AuricleError, match=override.split("=")[0]):
        baseline(name, 2, override)


class Evil:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch /tmp/auricle-was-here",)


def a_function(path, windows):
    flat = np.asarray(windows.features).reshape(len(windows), -1)
    pipeline = make_pipeline(FunctionTransformer(os.path.join), RandomForestClassifier(2))
    skops.io.dump(pipeline, path)
    assert len(flat)


def a_pickle(path, windows):
    path.write_bytes(pickle.dumps(Evil()))


def a_zip_of_words(path, windows):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("schema.json", json.dumps({"words": 1}))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (a_function, "could run code: it is not loaded"),
        (a_pickle, "is no classifier that skops can load"),
        (a_zip_of_words, "is no classifier that skops can load"),
    ],
)
def test_a_file_that_holds_more_than_a_classifier_is_not_loaded(make, told, windows, tmp_path):
    make(tmp_path / "model.skops", windows)
    with pytest.raises(AuricleError, match=told):
        sklearn_model.load(tmp_path / "model.skops", SHAPE, 2)


def test_a_classifier_of_other_features_or_labels_is_refused(windows, tmp_path):
    model = baseline("random_forest", 2, "network.trees=2")
    fit_to_the_end(model, train(**CHANGE), np.zeros(SHAPE[1], np.float32), windows)
    model.estimator.save(tmp_path / "model.skops")
    with pytest.raises(AuricleError, match="takes 64 values and gives the labels"):
        sklearn_model.load(tmp_path / "model.skops", (1, 40), 2)
    with pytest.raises(AuricleError, match=r"the labels \[0, 1\]"):
        sklearn_model.load(tmp_path / "model.skops", SHAPE, 1)


def test_it_goes_through_every_stage(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    t = np.arange(32000) / 16000
    for i in range(8):
        for name, sound in (
            ("tone", np.sin(3000 * (i + 1) * t)),
            ("noise", rng.normal(0, 1, 32000)),
        ):
            path = tmp_path / "sounds" / name / f"{i}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, 0.1 * sound, 16000)
    monkeypatch.chdir(tmp_path)
    settings = [
        *(
            "tracking=none",
            "dataset=folder",
            "dataset.path=sounds",
            "dataset.background=null",
            "cluster.workers=1",
        ),
        *("features=mfcc_mean", "network=random_forest", "network.trees=10", "augment=none"),
        *("train/changes=none", "train.targets=exclusive", "evaluate.bootstrap=20"),
        *("evaluate.sweeps.level_db=[]", "evaluate.sweeps.snr_db=[10]", "replay.bootstrap=20"),
        *(
            "evaluate.sweeps.bandwidth_hz=[]",
            "evaluate.nothing.seconds=2",
            "evaluate.nothing.unknown_s=0",
        ),
        *("preprocess.window_s=0.25", "evaluate.naive={windows: 50, epochs: 1}"),
    ]
    for verb in ("fetch", "prepare", "train", "export", "evaluate", "replay"):
        with pytest.raises(SystemExit) as ended, without_pictures():
            main([verb, *settings])
        assert not ended.value.code, verb
    bundle = tmp_path / "models" / "classifier"
    assert sorted(path.name for path in bundle.iterdir()) == ["bundle.json", "model.skops"]
    assert Scorer(bundle).bundle.model == "model.skops"
    metrics = json.loads((tmp_path / "reports" / "metrics.json").read_text())
    assert metrics["clip"]["balanced_accuracy"]["value"] > 0.7
    assert set(metrics["naive"]) == {"honest", "random_windows", "claimed_too_much"}
    assert json.loads((tmp_path / "reports" / "replay.json").read_text())["right"]["live"]
