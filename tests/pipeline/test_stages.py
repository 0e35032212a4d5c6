"""The stages one after the other on a small corpus of tones and noise, without DVC."""

import csv
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import soundfile

from auricle.cli.main import main
from auricle.core.compose import compose
from auricle.core.errors import AuricleError
from auricle.datasets import window_file
from auricle.pipeline import compose_config
from helpers import without_pictures

SMALL = [
    "tracking=none",
    "dataset=folder",
    "dataset.background=null",
    "augment.copies=1",
    "dataset.path=sounds",
    "cluster.workers=1",
    "evaluate.bootstrap=50",
    "evaluate.sweeps.level_db=[-20]",
    "evaluate.sweeps.snr_db=[10]",
    "evaluate.sweeps.bandwidth_hz=[8000,2000]",
    "evaluate.sweeps.both_db=[0]",
    "evaluate.nothing.seconds=5",
    "evaluate.nothing.unknown_s=0",
    "decision.false_events_per_hour=60",
    "evaluate.worst_clips=2",
    "replay.bootstrap=50",
]
NETWORK = [
    "network.filters=4",
    "train.epochs=12",
    "train.learning_rate=0.01",
    "evaluate.naive.windows=0",
]
# Where nothing is about what is trained: it takes no time.
BASELINE = [
    "network=random_forest",
    "network.trees=5",
    "train.targets=exclusive",
    "train/changes=none",
    "evaluate.naive={windows: 60, epochs: 1}",
]


def stage(verb: str, *overrides: str, network: list[str] = NETWORK) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, *SMALL, *network, *overrides])
    assert not ended.value.code


def refused(verb: str, *overrides: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, *SMALL, *NETWORK, *overrides])
    assert ended.value.code == 1


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Work in a folder with 8 recordings of tones and 8 of noise."""
    folder, before = tmp_path_factory.mktemp("project"), Path.cwd()
    rng = np.random.default_rng(0)
    t = np.arange(4 * 16000) / 16000
    for i in range(8):
        tone = np.sin(2 * np.pi * rng.uniform(300, 3000) * t)
        for name, sound in (("tone", tone), ("noise", rng.uniform(-1, 1, len(t)))):
            path = folder / "sounds" / name / f"{i}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, rng.uniform(0.05, 0.9) * sound, 16000)
    os.chdir(folder)
    for verb in ("fetch", "prepare", "train", "export", "evaluate", "replay"):
        stage(verb)
    yield folder
    os.chdir(before)


@pytest.fixture
def copied(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in a copy of the project, for what changes it; no pictures are drawn there."""
    folder = shutil.copytree(project, tmp_path / "project")
    monkeypatch.chdir(folder)
    with without_pictures():
        yield folder


def test_each_recording_is_on_one_side_and_only_training_is_augmented(project: Path) -> None:
    clips = {}
    for name in ("train", "validation", "test"):
        windows = window_file.read(project / "data" / "processed" / f"{name}.jsonl")
        clips[name] = set(windows.clips)
        copies = {"none", "channel"} if name == "train" else {"none"}
        assert set(windows.augmentations) == copies
        # 4 s are 16 windows; each copy of a recording has as many
        assert len(windows) == 16 * len(clips[name]) * len(copies)
    assert len(set.union(*clips.values())) == sum(map(len, clips.values())) == 16


def test_the_window_json_can_be_read_by_any_reader(project: Path) -> None:
    text = (project / "data" / "processed" / "test.jsonl").read_text()
    header, *lines = map(json.loads, text.splitlines())
    assert header["labels"] == ["noise", "tone"]
    assert np.shape(lines[0]["features"]) == (16, 22, 40)
    assert lines[0]["augmentation"] == "none"


def test_tones_are_told_from_noise(project: Path) -> None:
    metrics = json.loads((project / "reports" / "metrics.json").read_text())
    for level in ("window", "second", "clip"):
        interval = metrics[level]["balanced_accuracy"]
        assert 0.9 < interval["low"] <= interval["value"] <= interval["high"] <= 1


def test_of_few_recordings_the_mean_of_two_networks_is_kept(project: Path) -> None:
    from auricle.training.saving import load_keras

    folder = project / "models" / "training"
    both, validated = load_keras(folder / "model.keras"), load_keras(folder / "validated.keras")
    features = window_file.read(project / "data" / "processed" / "test.jsonl").features
    one = np.asarray(validated(features))
    other = np.asarray(both.get_layer("refitted")(features))
    assert np.abs(one - other).max() > 0.1
    np.testing.assert_allclose(both(features), (one + other) / 2, rtol=1e-4, atol=1e-4)


def test_the_recordings_score_in_evaluation_as_their_windows_do(project: Path) -> None:
    from auricle.core.parallel import Cluster
    from auricle.core.project import ProjectPaths
    from auricle.datasets.clips import read_clips
    from auricle.evaluation.robustness import Condition, score_conditions
    from auricle.inference.scorer import LiteRTModel

    places = ProjectPaths(Path())
    test = window_file.read(places.processed / "test.jsonl")
    # 16-bit sound at the bundle's rate is what it was after a gain of nothing.
    as_it_is = [Condition("level_db", 0.0)]
    clips = [clip for clip in read_clips(places.raw) if clip.path in test.clips]
    here = Cluster("loky", 1, None)
    heard = score_conditions(test, clips, as_it_is, places.classifier, here, seed=0, noise="pink")
    wanted = LiteRTModel(places.classifier / "model.tflite").logits(test.features)
    assert np.array_equal(heard.logits[0], wanted)
    assert heard.levels_dbfs.shape == (len(test),)
    assert np.array_equal(heard.other, 1 - test.targets.argmax(axis=1))  # of two labels, the other


def test_thresholds_are_chosen_within_a_budget_and_the_bundle_says_at_what_cost(
    project: Path,
) -> None:
    content = json.loads((project / "models" / "classifier" / "bundle.json").read_text())
    assert content["decision"]["false_events_per_hour"] == 60
    table = content["trade_off"]
    validation = window_file.read(project / "data" / "processed" / "validation.jsonl")
    for i, label in enumerate(content["labels"]):
        without = 4 * len(set(np.asarray(validation.clips)[validation.segment][
            validation.targets[:, i] == 0
        ]))  # fmt: skip
        assert 3600 * table["hours"][label] == pytest.approx(without)
        assert content["thresholds"][label] in table["thresholds"]
    metrics = json.loads((project / "reports" / "metrics.json").read_text())
    assert metrics["label"]["tone"]["false_events_per_hour"]["value"] < 1000


def test_the_evaluation_is_reported_in_a_page_and_in_numbers(project: Path) -> None:
    metrics = json.loads((project / "reports" / "metrics.json").read_text())
    assert set(metrics["sweep"]) == {"level_db", "snr_db", "bandwidth_hz", "both_db"}
    assert set(metrics["sweep"]["bandwidth_hz"]) == {"2000"}
    assert 0.5 < metrics["said"]["exact"]["value"] <= 1
    text = (project / "reports" / "report.html").read_text(encoding="utf-8")
    assert text.count("<audio") == 2
    assert "What the data were" in text


def test_the_test_recordings_are_replayed_the_same_each_time(copied: Path) -> None:
    with (copied / "data" / "processed" / "splits.csv").open() as file:
        tested = {row["path"] for row in csv.DictReader(file) if row["split"] == "test"}
    with (copied / "reports" / "replay" / "sounds.csv").open() as file:
        assert {row["path"] for row in csv.DictReader(file)} == tested
    found = json.loads((copied / "reports" / "replay.json").read_text())
    assert found["programme"]["recordings"] == found["sounds"] == len(tested)
    assert found["missed"]["share"]["value"] == 0
    assert found["label"]["tone"]["right"]["live"]["value"] > 0.5
    first = replayed(copied)
    stage("replay")
    assert replayed(copied) == first
    stage("replay", "replay.seed=1")
    assert replayed(copied) != first


def replayed(project: Path) -> dict[str, bytes]:
    reports = project / "reports"
    written = [reports / "replay.json", *(reports / "replay").iterdir()]
    return {path.name: path.read_bytes() for path in written}


def test_evaluation_under_windows_dealt_out_leaves_the_recordings_alone(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The split of a leaky build is written by hand here: only its table matters."""
    splits = copied / "data" / "processed" / "splits.csv"
    splits.write_text(splits.read_text().replace(",test", ",all"))
    stage("evaluate")
    metrics = json.loads((copied / "reports" / "metrics.json").read_text())
    assert not {"sweep", "said", "naive"} & set(metrics)
    text = (copied / "reports" / "report.html").read_text(encoding="utf-8")
    assert "Left out" in text
    capsys.readouterr()
    stage("replay")
    assert "left out: windows of each recording were trained on" in capsys.readouterr().err
    assert json.loads(replayed(copied)["replay.json"])["programme"]["recordings"] == 0


def test_the_bundle_names_what_it_was_trained_on(project: Path, tmp_path: Path) -> None:
    from auricle.inference.classify import classify_file
    from auricle.inference.scorer import Scorer

    t = np.arange(3 * 16000) / 16000
    soundfile.write(tmp_path / "new.wav", 0.2 * np.sin(2 * np.pi * 1234 * t), 16000)
    heard = classify_file(tmp_path / "new.wav", Scorer(project / "models" / "classifier"))
    assert {event["label"] for event in heard.events()} == {"tone"}


def test_an_overlapping_hop_gives_a_window_every_eighth_of_a_second(
    project: Path, copied: Path
) -> None:
    stage("prepare", "preprocess.hop_s=0.125")
    windows = window_file.read(copied / "data" / "processed" / "test.jsonl")
    per_clip = np.bincount(windows.clip)
    assert set(per_clip) == {31}  # (4 - 0.25) / 0.125 + 1
    assert list(windows.start_s[:3]) == [0, 0.125, 0.25]
    # The same window of the same recording, whatever comes between.
    apart = window_file.read(project / "data" / "processed" / "test.jsonl")
    np.testing.assert_array_equal(apart.features[:16], windows.features[:31:2])


def test_windows_dealt_out_one_by_one_are_said_to_leak(
    project: Path, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = window_file.read(project / "data" / "processed" / "test.jsonl")
    leaky = ("dataset.split=random_windows", "dataset.allow_leaks=true")
    stage("prepare", *leaky)
    assert "THIS SPLIT LEAKS: windows of each recording stand on all sides" in (
        capsys.readouterr().err
    )
    seen: dict[tuple[str, float], Any] = {}
    for name in ("train", "validation", "test"):
        windows = window_file.read(copied / "data" / "processed" / f"{name}.jsonl")
        assert windows.header.dataset["split"] == "random_windows"
        for i in range(len(windows)):
            at = windows.segment[i]
            if windows.augmentations[at] == "none":
                key = (windows.clips[at], float(windows.start_s[i]))
                assert key not in seen
                seen[key] = windows.features[i]
    assert len(seen) == 16 * 16
    # The same windows as before, dealt out otherwise.
    for i in range(len(whole)):
        key = (whole.clips[whole.segment[i]], float(whole.start_s[i]))
        np.testing.assert_array_equal(seen[key], whole.features[i])
    for verb in ("train", "export", "evaluate"):
        stage(verb, *leaky, network=BASELINE)
    assert "WORTH LITTLE" in capsys.readouterr().err


def test_a_copy_of_a_training_recording_under_test_stops_the_preparation(
    copied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (copied / "data" / "processed" / "splits.csv").open() as file:
        sides = list(csv.DictReader(file))
    first = {row["split"]: row["path"] for row in sides}
    copies = copied / "sounds" / "copies.csv"
    rows = [{"file": row["path"], "split": row["split"]} for row in sides]
    copy = copied / "sounds" / "tone" / "copy.wav"
    copy.write_bytes(Path(first["train"]).read_bytes())
    rows.append({"file": "sounds/tone/copy.wav", "split": "test"})
    with copies.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["file", "split"])
        writer.writeheader()
        writer.writerows(rows)
    table = ("dataset.table=sounds/copies.csv", "dataset.table_root=.")
    table = (*table, "dataset.columns.split=split")
    stage("fetch", *table)
    refused("prepare", *table)
    told = capsys.readouterr().err
    pair = f"{first['train']} (train) and sounds/tone/copy.wav (test): identical"
    assert pair in told
    assert "dataset.allow_leaks=true" in told
    stage("prepare", *table, "dataset.allow_leaks=true")
    assert "THIS SPLIT LEAKS: 1 pair(s)" in capsys.readouterr().err
    header = window_file.read_header(copied / "data" / "processed" / "test.jsonl")
    assert header.dataset["leaks"] == 1


def test_what_may_have_been_trained_on_is_never_tested_or_calibrated_on(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = "dataset.split_seed=1"
    stage("prepare", other)
    for verb in ("export", "evaluate", "replay"):
        refused(verb)
        assert "prepared with another dataset.split_seed" in capsys.readouterr().err
        refused(verb, other)
        assert "than data/processed has" in capsys.readouterr().err
    stage("prepare")
    stage("evaluate")


def test_a_recording_changed_since_fetching_is_refused(copied: Path) -> None:
    sound = copied / "sounds" / "tone" / "0.wav"
    sound.write_bytes(sound.read_bytes() + b"\0")
    refused("prepare")


def test_export_refuses_windows_of_other_features(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage("prepare", "features=log_mel")
    refused("export", "features=log_mel")
    assert "trained with other features" in capsys.readouterr().err


def test_a_sweep_writes_below_its_own_folder(copied: Path) -> None:
    def models() -> dict[Path, bytes]:
        found = filter(Path.is_file, (copied / "models").rglob("*"))
        return {path: path.read_bytes() for path in found}

    before = models()
    stage("train", "-m", "network.trees=2,4", network=BASELINE)
    swept = sorted(copied.glob("multirun/*/*/models/training/training.json"))
    counts = [json.loads(path.read_text())["parameters"] for path in swept]
    assert len(counts) == 2
    assert counts[0] < counts[1]
    assert models() == before


def test_a_network_too_deep_for_its_window_is_refused_before_anything_runs() -> None:
    with pytest.raises(AuricleError, match=r"no frame of features.n_fft=8192"):
        compose_config.accepted(compose("config", ["features.n_fft=8192"]))


def test_features_that_training_cannot_change_are_refused_before_anything_is_prepared() -> None:
    with pytest.raises(AuricleError, match=r"features\.kind=rdt.*set train/changes=none"):
        compose_config.accepted(compose("config", ["features=rdt"]))
    compose_config.accepted(compose("config", ["features=rdt", "train/changes=none"]))


def test_parameters_are_what_the_stages_read(tmp_path: Path) -> None:
    import yaml

    path = tmp_path / "params.yaml"
    compose_config.compose_config(["train.epochs=3"], path)
    text = path.read_text()
    parameters = yaml.safe_load(text)
    assert text.startswith("# Generated by `auricle compose`")
    assert parameters["train"]["epochs"] == 3
    assert "realtime" not in parameters
    assert orjson.dumps(parameters["network"]) == orjson.dumps(
        dict(compose("config", [])["network"])
    )


def test_training_refuses_windows_made_with_other_features(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused("train", "features=log_mel")
    told = capsys.readouterr().err
    assert "prepared with another features.kind" in told
    assert "run `auricle prepare` with the same overrides first" in told


def test_a_training_that_diverges_is_no_result(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained = project / "models" / "training" / "model.keras"
    before = trained.read_bytes()
    refused("train", "train/optimizer=sgd", "train.learning_rate=1e30")
    assert "The loss is no longer finite in epoch 1" in capsys.readouterr().err
    assert trained.read_bytes() == before


def test_a_single_class_is_refused_before_preparation(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("sounds/noise").rename("noise_elsewhere")
    stage("fetch")
    refused("prepare")
    assert "All recordings are of one class (tone)" in capsys.readouterr().err


def test_a_file_where_a_folder_belongs_is_said_in_a_line(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").touch()
    refused("fetch", f"dataset.path={project}/sounds")
    assert "data" in capsys.readouterr().err
