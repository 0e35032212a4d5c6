"""A bundle that wants whole recordings goes through every stage, classifies, does not listen."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from auricle.cli.main import main
from auricle.datasets import window_file
from auricle.inference.classify import classify_file
from auricle.inference.scorer import Scorer
from helpers import without_pictures

FIT = "preprocess.steps=[{kind: fit, seconds: 5.0, fill: repeat}]"
BUILD = [
    *(
        "tracking=none",
        "dataset=folder",
        "dataset.path=sounds",
        "dataset.background=null",
        "cluster.workers=1",
    ),
    *("preprocess.window_s=5", "preprocess.hop_s=5", FIT, "features=mfcc_mean", "network=dense"),
    *("network.units=[16]", "network.l2=[0]", "train/changes=none", "train.epochs=5"),
    *("augment=none", "evaluate.bootstrap=50", "evaluate.naive.windows=0"),
    *("evaluate.sweeps.level_db=[-20]", "evaluate.sweeps.snr_db=[10]"),
    *("evaluate.sweeps.bandwidth_hz=[4000]", "evaluate.sweeps.both_db=[0]"),
    *("evaluate.nothing.seconds=5", "evaluate.nothing.unknown_s=0", "train.learning_rate=0.01"),
]


def auricle(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Work in a folder with recordings of tones and noise, of any length."""
    folder = tmp_path_factory.mktemp("whole")
    rng = np.random.default_rng(0)
    for i in range(10):
        t = np.arange(rng.integers(3000, 40000)) / 16000
        tone = np.sin(2 * np.pi * rng.uniform(300, 3000) * t)
        for name, sound in (("tone", tone), ("noise", rng.uniform(-1, 1, len(t)))):
            path = folder / "sounds" / name / f"{i}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, 0.3 * sound, 16000)
    with pytest.MonkeyPatch.context() as patch, without_pictures():
        patch.chdir(folder)
        for verb in ("fetch", "prepare", "train", "export", "evaluate", "replay"):
            assert auricle(verb, *BUILD) == 0
        yield folder


def test_each_recording_is_one_window(project: Path) -> None:
    for name in ("train", "validation", "test"):
        windows = window_file.read(project / "data" / "processed" / f"{name}.jsonl")
        assert len(windows) == len(windows.clips)
        assert windows.features.shape[1:] == (1, 40)


def test_it_is_evaluated_in_noise_and_over_narrow_channels_too(project: Path) -> None:
    metrics = json.loads((project / "reports" / "metrics.json").read_text())
    assert metrics["window"]["balanced_accuracy"]["value"] > 0.7
    assert (project / "reports" / "plots" / "snr.csv").is_file()


def test_a_file_is_classified_as_its_window_was(project: Path) -> None:
    classifier = Scorer(project / "models" / "classifier")
    test = window_file.read(project / "data" / "processed" / "test.jsonl")
    for path, features in zip(test.clips, test.features, strict=True):
        heard = classify_file(Path(path), classifier)
        assert np.array_equal(heard.logits, classifier._model.logits(features[None]))


def test_the_replay_says_why_it_is_skipped(project: Path) -> None:
    report = json.loads((project / "reports" / "replay.json").read_text())
    assert report == {"skipped": "preprocess.steps (fit) need the whole recording"}


def test_a_listener_refuses_it_by_name(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert auricle("listen", "sounds/tone/0.wav", "bundle=models/classifier")
    told = capsys.readouterr().err
    assert "The bundle classifier (models/classifier) cannot listen" in told
    assert "preprocess.steps (fit) need the whole recording" in told
    assert "Traceback" not in told
