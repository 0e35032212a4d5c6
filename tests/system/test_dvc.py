"""`auricle repro` and DVC: what is built again after which change, in a fresh checkout."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.system

Run = Callable[..., subprocess.CompletedProcess[str]]

SMALL = ("experiment=smoke", "dataset.minutes_per_class=0.5", "train.epochs=1", "tracking=none")
ALL = {
    "compose_config",
    "fetch_dataset",
    "prepare_dataset",
    "train_model",
    "export_model",
    "evaluate_model",
    "replay_realtime",
}
# fetch_dataset always runs: it scans, so that a changed recording is seen.
SCAN = {"fetch_dataset"}


def ran(output: str) -> set[str]:
    return set(re.findall(r"Running stage '(\w+)'", output))


@pytest.fixture(scope="module")
def built(checkout: Callable[[str], Path], run: Run) -> Path:
    folder = checkout("dvc")
    result = run(folder, "auricle", "repro", *SMALL)
    assert ran(result.stdout) == ALL
    return folder


def test_another_checkout_and_number_of_workers_build_the_same_bytes(
    built: Path, checkout: Callable[[str], Path], run: Run
) -> None:
    """First of all, while `built` is as it was built."""
    other = checkout("dvc_again")
    run(other, "auricle", "repro", *SMALL, "cluster.workers=1")
    for name in (
        "data/raw/clips.csv",
        "data/processed/train.jsonl",
        "data/processed/validation.jsonl",
        "data/processed/test.jsonl",
        "models/training/model.keras",
        "models/classifier/model.tflite",
        "models/classifier/bundle.json",
        "reports/metrics.json",
        "reports/report.html",
        "reports/plots/snr.csv",
        "reports/replay.json",
        "reports/replay/events.csv",
    ):
        assert (other / name).read_bytes() == (built / name).read_bytes(), name


@pytest.fixture
def repro(built: Path, run: Run) -> Callable[[], set[str]]:
    return lambda: ran(run(built, "dvc", "repro").stdout)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def stamps(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_second_repro_only_scans(built: Path, repro: Callable[[], set[str]]) -> None:
    sounds = stamps(built / "data" / "raw" / "starter" / "speech")
    assert repro() == SCAN
    assert stamps(built / "data" / "raw" / "starter" / "speech") == sounds


def test_what_was_asked_for_is_kept(built: Path) -> None:
    assert yaml.safe_load((built / "conf" / "build.yaml").read_text()) == list(SMALL)
    assert yaml.safe_load((built / "params.yaml").read_text())["train"]["epochs"] == 1


def test_compiled_code_is_no_dependency(built: Path, repro: Callable[[], set[str]]) -> None:
    cached = built / "src" / "auricle" / "features" / "__pycache__" / "mfcc.cpython-399.pyc"
    cached.parent.mkdir(exist_ok=True)
    cached.write_bytes(b"compiled")
    assert repro() == SCAN


def test_an_unused_option_only_composes(built: Path, repro: Callable[[], set[str]]) -> None:
    edit(built / "conf" / "train" / "optimizer" / "sgd.yaml", "momentum: 0.9", "momentum: 0.8")
    assert repro() == {"compose_config"} | SCAN


def test_a_comment_only_composes(built: Path, repro: Callable[[], set[str]]) -> None:
    edit(built / "conf" / "features" / "mfcc.yaml", "kind: mfcc", "kind: mfcc  # a word")
    assert repro() == {"compose_config"} | SCAN


def test_the_terminal_is_no_part_of_the_replay(built: Path, repro: Callable[[], set[str]]) -> None:
    edit(built / "conf" / "realtime" / "default.yaml", "screen: auto", "screen: lines")
    with (built / "src/auricle/realtime/sinks/lines.py").open("a") as file:
        file.write("\n# a word\n")
    assert repro() == {"compose_config"} | SCAN


def test_a_longer_gap_only_replays(built: Path, repro: Callable[[], set[str]]) -> None:
    edit(built / "conf" / "replay" / "default.yaml", "[2.0, 8.0]", "[3.0, 8.0]")
    assert repro() == {"compose_config", "replay_realtime"} | SCAN


def test_a_network_edit_trains_anew(built: Path, repro: Callable[[], set[str]]) -> None:
    edit(built / "conf" / "network" / "cnn.yaml", "filters: 16", "filters: 12")
    assert repro() == ALL - {"prepare_dataset"}


def test_a_feature_edit_prepares_anew(built: Path, repro: Callable[[], set[str]]) -> None:
    sounds = stamps(built / "data" / "raw" / "starter" / "music")
    edit(built / "conf" / "features" / "_spectrum.yaml", "n_mels: 40", "n_mels: 48")
    assert repro() == ALL
    assert stamps(built / "data" / "raw" / "starter" / "music") == sounds


def test_a_hand_edit_of_the_parameters_is_undone(
    built: Path, repro: Callable[[], set[str]]
) -> None:
    before = (built / "params.yaml").read_text()
    edit(built / "params.yaml", "batch_size: auto", "batch_size: 7")
    assert repro() == {"compose_config"} | SCAN
    assert (built / "params.yaml").read_text() == before


def test_a_changed_recording_is_seen(built: Path, repro: Callable[[], set[str]]) -> None:
    sound = built / "data" / "raw" / "starter" / "speech" / "speech_0000.flac"
    original = sound.read_bytes()
    sound.write_bytes((built / "data/raw/starter/speech/speech_0001.flac").read_bytes())
    # A generated recording that is not what its recipe gives is made again.
    assert repro() == SCAN
    assert sound.read_bytes() == original


def test_an_experiment_of_dvc_sets_a_key(built: Path, run: Run) -> None:
    git = ("git", "-c", "user.name=test", "-c", "user.email=test@localhost")
    run(built, *git, "add", "-A")
    run(built, *git, "commit", "-qm", "built")
    result = run(built, "dvc", "exp", "run", "-n", "small", "-S", "conf/network/cnn.yaml:filters=8")
    assert "train_model" in ran(result.stdout)
    assert "prepare_dataset" not in ran(result.stdout)
    assert yaml.safe_load((built / "params.yaml").read_text())["network"]["filters"] == 8


def test_an_override_that_would_not_build_changes_nothing(built: Path, run: Run) -> None:
    before = (built / "conf" / "build.yaml").read_text()
    result = run(built, "auricle", "repro", "network.filtres=8", check=False)
    assert result.returncode == 1
    assert "did you mean `network.filters`?" in result.stderr
    assert (built / "conf" / "build.yaml").read_text() == before


@pytest.mark.parametrize("text", ["", "train.epochs: 3\n", "- [1\n"])
def test_reset_goes_back_to_the_default(built: Path, run: Run, text: str) -> None:
    (built / "conf" / "build.yaml").write_text(text or "- train.epochs=3\n")
    run(built, "auricle", "repro", "--reset", "--dry")
    assert yaml.safe_load((built / "conf" / "build.yaml").read_text()) == []


def test_analytics_and_update_checks_are_off(built: Path, run: Run) -> None:
    assert run(built, "dvc", "config", "core.analytics").stdout.strip() == "false"
    assert run(built, "dvc", "config", "core.check_update").stdout.strip() == "false"
