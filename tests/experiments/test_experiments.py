"""The five systems are rebuilt as they were published: what each hears, and what its network holds.

Shapes, sizes and settings are those of the originals' own code and papers.
"""

import json
from pathlib import Path

import pytest

from auricle.audio.preprocess import Preprocess
from auricle.cli.main import main
from auricle.core.schema import build, parse_group
from auricle.features import Features, shape
from auricle.networks import NetworkInput, build_network
from auricle.training.hyperparameters import Train
from helpers import composed
from published_sets import esc50

# Rate in Hz, samples of a window, shape of its features, outputs of the network, its parameters.
BUILT = {
    "real_time_audio_classification": (22050, 5512, (11, 13), 1, 25_921),
    "audio_class": (44100, 220_500, (220, 11), 50, 85_550),
    "audify": (22050, 88_200, (1, 40), 10, 45_410),
    "audio_classifier": (16000, 80_000, (1, 257), 3, 181_635),
    "noise_recognition": (22050, 88_200, (1, 50), 11, 1_173_011),
}
TRAINED = {
    "real_time_audio_classification": {
        "epochs": 40,
        "batch_size": 32,
        "learning_rate": 1e-4,
        "monitor": "balanced_accuracy",
    },
    "audio_class": {"learning_rate": 1e-3, "monitor": "val_balanced_accuracy"},
    "audify": {"epochs": 100, "batch_size": 50},
    "audio_classifier": {"schedule": "exponential", "decay": 0.1, "decay_after": 10},
    "noise_recognition": {"epochs": 200, "batch_size": 64, "patience": 10},
}


@pytest.mark.parametrize("name", BUILT)
def test_a_system_hears_and_holds_what_the_original_did(name: str) -> None:
    rate_hz, samples, frames, outputs, parameters = BUILT[name]
    config = composed(f"experiment={name}")
    preprocess = parse_group(config.preprocess, Preprocess, "preprocess")
    features = parse_group(config.features, Features, "features")
    assert (preprocess.sample_rate_hz, preprocess.window) == (rate_hz, samples)
    assert shape(samples, rate_hz, features) == frames
    network = build(config.network, "network")
    model = build_network(network, NetworkInput.unit(*frames), outputs)
    # The mean and variance that are taken out of the features are no weights of the original.
    assert sum(weights.size for weights in weights_of(model)) == parameters


def weights_of(model):
    return [
        weights
        for layer in model.layers
        if type(layer).__name__ != "Normalization"
        for weights in layer.get_weights()
    ]


def test_the_network_for_urbansound8k_is_the_wider_one() -> None:
    overrides = composed().results.systems.audio_class_urbansound8k.overrides
    network = build(composed(*overrides).network, "network")
    model = build_network(network, NetworkInput.unit(176, 11), 10)
    assert model.count_params() == 110_530


@pytest.mark.parametrize("name", TRAINED)
def test_a_system_is_trained_as_the_original_was(name: str) -> None:
    config = composed(f"experiment={name}")
    train = parse_group(config.train, Train, "train")
    assert {key: getattr(train, key) for key in TRAINED[name]} == TRAINED[name]
    assert train.targets == "exclusive"
    assert not train.changes.any
    assert (train.averaging, train.label_smoothing, train.comparison) == (0, 0, 0)


@pytest.mark.system
@pytest.mark.parametrize("name", BUILT)
def test_a_system_goes_through_every_stage(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a small synthetic copy of ESC-50's layout: two classes of five recordings."""
    esc50(tmp_path / "set")
    monkeypatch.chdir(tmp_path)
    asked = [
        f"experiment={name}",
        "dataset=esc50",
        "dataset.path=set",
        "dataset.layout.recordings=10",
    ]
    asked += ["train.epochs=2", "train.patience=2", "evaluate=scores", "evaluate.bootstrap=20"]
    asked += ["cluster.workers=1", "tracking=none"]
    for verb in ("fetch", "prepare", "train", "export", "evaluate", "replay"):
        with pytest.raises(SystemExit) as ended:
            main([verb, *asked])
        assert not ended.value.code, verb
    report = json.loads(Path("reports/metrics.json").read_text())
    assert report["test"]["clips"] == 2
    replayed = json.loads(Path("reports/replay.json").read_text())
    # Whole recordings, and windows as long as one, are nothing to listen to live.
    assert ("skipped" in replayed) == (name != "real_time_audio_classification")
