"""Jobs of a sweep share what they may, keep apart what they must, and none takes others with it."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from auricle.cli.main import main
from auricle.experiments.sweep_table import _rounded, _short, _varied
from helpers import recording, without_pictures

SMALL = [
    "tracking=none",
    "dataset=folder",
    "dataset.background=null",
    "augment.copies=1",
    "dataset.path=sounds",
    "cluster.workers=1",
    "evaluate=scores",
    "evaluate.bootstrap=20",
    "augment=none",
    # Setting up logging anew would close what pytest captures with: absl holds on to it.
    "hydra/job_logging=none",
    "hydra/hydra_logging=none",
]
# What most jobs train, because it takes no time.
BASELINE = ["network=nearest_neighbours", "train.targets=exclusive", "train/changes=none"]
NETWORK = ["network.filters=2", "train.epochs=1"]


def call(verb: str, *arguments: str, network: list[str] = BASELINE) -> int:
    with pytest.raises(SystemExit) as ended:
        main([verb, *network, *arguments, *SMALL])
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Work in a folder with two classes of nine recordings each, prepared; none draws pictures."""
    folder = tmp_path_factory.mktemp("project")
    for i in range(9):
        recording(folder / "sounds" / "hiss" / f"{i}.wav", seconds=2.0, seed=i)
        recording(folder / "sounds" / "noise" / f"{i}.wav", seconds=2.0, seed=100 + i)
    with pytest.MonkeyPatch.context() as patch, without_pictures():
        patch.chdir(folder)
        assert call("fetch") == 0
        assert call("prepare") == 0
        yield folder


def newest(project: Path) -> Path:
    return max(project.glob("multirun/*"), key=lambda path: path.stat().st_mtime_ns)


def results(project: Path) -> list[dict[str, str]]:
    with (newest(project) / "results.csv").open() as file:
        return list(csv.DictReader(file))


def cached(project: Path) -> set[Path]:
    cache = project / "data" / "processed" / "cache"
    return {path.parent.parent for path in cache.glob("*/reports/dataset.json")}


@pytest.mark.parametrize(
    ("network", "key", "values", "file"),
    [
        (BASELINE, "network.neighbours", {"1", "5"}, "model.skops"),
        pytest.param(
            *(NETWORK, "train.learning_rate", {"0.001", "0.01"}, "model.keras"),
            marks=pytest.mark.system,
        ),
    ],
    ids=["baseline", "network"],
)
def test_jobs_with_the_projects_windows_read_them_and_leave_its_models_alone(
    network: list[str],
    key: str,
    values: set[str],
    file: str,
    project: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert call("train", "-m", f"{key}={','.join(sorted(values))}", network=network) == 0
    assert not cached(project)
    assert not (project / "models").exists()
    rows = results(project)
    assert {row[key] for row in rows} == values
    losses = [float(row["val_loss"]) for row in rows]
    assert losses == sorted(losses)
    for row in rows:
        folder = newest(project) / row["job"] / "models" / "training"
        assert (folder / file).is_file()
    told = capfd.readouterr().out
    assert "2 jobs, best first" in told
    assert key.partition(".")[2].replace("_", " ") in told


def test_windows_of_another_kind_are_prepared_once_for_all_jobs(project: Path) -> None:
    before = cached(project)
    swept = ["features=mfcc,log_mel", "features.n_mels=20"]
    assert call("train", "-m", *swept, "train.seed=0,1") == 0
    made = cached(project) - before
    assert len(made) == 2
    times = {path: (path / "train.jsonl").stat().st_mtime_ns for path in made}
    assert call("train", "-m", *swept) == 0
    assert cached(project) - before == made
    assert {path: (path / "train.jsonl").stat().st_mtime_ns for path in made} == times


@pytest.mark.system
def test_a_preparation_that_was_broken_off_is_made_anew(project: Path) -> None:
    assert call("train", "-m", "features.n_mels=24") == 0
    folder = max(cached(project), key=lambda path: path.stat().st_mtime_ns)
    original = (folder / "train.jsonl").read_bytes()
    (folder / "train.jsonl").write_bytes(b"half")
    (folder / "reports" / "dataset.json").unlink()
    assert call("train", "-m", "features.n_mels=24", "train.seed=0,1") == 0
    assert (folder / "train.jsonl").read_bytes() == original


def test_other_recordings_in_a_sweep_leave_the_projects_list_alone(project: Path) -> None:
    for i in range(6):
        for name in ("one", "three"):
            recording(project / "others" / name / f"{i}.wav", seconds=1.0, seed=i + 50 * len(name))
    listed = (project / "data" / "raw" / "clips.csv").read_bytes()
    with pytest.raises(SystemExit) as ended:
        main(["train", "-m", *BASELINE, *SMALL, "dataset.path=choice(others,sounds)"])
    assert not ended.value.code
    assert (project / "data" / "raw" / "clips.csv").read_bytes() == listed
    labels = {
        tuple(json.loads(path.read_text())["windows"]["labels"])
        for path in newest(project).rglob("training.json")
    }
    assert labels == {("one", "three"), ("hiss", "noise")}


def test_a_job_that_fails_takes_no_other_with_it(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call("train", "-m", "network.neighbours=1,0,3") == 1
    rows = results(project)
    assert [row["network.neighbours"] for row in rows if row["error"]] == ["0"]
    assert len(rows) == 3
    assert rows[-1]["error"] == "network.neighbours=0 must be positive"
    told = capfd.readouterr()
    assert "job 1 failed: network.neighbours=0 must be positive" in told.out
    assert "Traceback" not in told.err + told.out


def test_a_fault_of_ours_keeps_its_traceback_in_a_file(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from auricle.pipeline import train_model

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(train_model, "statistics", broken)
    assert call("train", "-m", "train.seed=0,1") == 1
    assert "ZeroDivisionError: a fault" in results(project)[0]["error"]
    assert "a fault" in (newest(project) / "0" / "traceback.txt").read_text()
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.system
def test_two_sweeps_into_one_folder_keep_apart(project: Path) -> None:
    for _ in range(2):
        assert call("train", "-m", "hydra.sweep.dir=same") == 0
    assert (project / "same" / "results.csv").is_file()
    assert (project / "same-2" / "results.csv").is_file()


@pytest.mark.system
def test_cross_validation_tests_each_recording_once(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    given = ["cross_validation.folds=3", "hydra/launcher=basic"]
    assert call("cross_validate", *given, "dataset.split_seed=1") == 0
    summary = json.loads((project / "reports" / "cross_validation.json").read_text())
    assert list(summary["folds"]) == ["1", "2", "3"]
    assert set(summary["scores"]) == {"window", "second", "clip"}
    assert "sd over folds" in capfd.readouterr().out
    tested = []
    for row in results(project):
        assert row["dataset.folds"] == "3"
    for folder in cached(project):
        with (folder / "splits.csv").open() as file:
            sides = list(csv.DictReader(file))
        header = json.loads((folder / "train.jsonl").open().readline())
        if header["dataset_config"]["split_seed"] == 1:
            tested += [row["path"] for row in sides if row["split"] == "test"]
    assert len(tested) == len(set(tested)) == 18


def test_training_by_hand_refuses_windows_that_were_split_otherwise(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call("train", "dataset.split_seed=7", "features.n_mels=30") == 1
    told = capfd.readouterr().err
    assert "another dataset.split_seed, features.n_mels, features.n_mfcc than is asked" in told
    assert "run `auricle prepare`" in told


def test_cross_validation_refuses_recordings_whose_side_the_table_gives(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [f"sounds/{name}/{i}.wav" for name in ("hiss", "noise") for i in range(9)]
    sides = ["train", "validation", "test"]
    with (project / "sides.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "side"])
        writer.writerows((path, sides[i % 3]) for i, path in enumerate(rows))
    table = ["dataset.table=sides.csv", "dataset.columns.split=side"]
    assert call("cross_validate", *table) == 1
    assert "set dataset.columns.split=null" in capfd.readouterr().err


def test_a_mistake_that_all_jobs_share_is_said_before_anything_is_written(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = set(project.glob("multirun/*"))
    assert call("train", "-m", "network.filterz=1,2", network=NETWORK) == 1
    assert "did you mean `network.filters`?" in capfd.readouterr().err
    assert set(project.glob("multirun/*")) == before


@pytest.mark.system
def test_the_folder_of_a_sweep_may_have_any_name(project: Path) -> None:
    assert call("train", "-m", "hydra.sweep.dir='my sweeps (1), both'") == 0
    assert (project / "my sweeps (1), both" / "results.csv").is_file()


def test_a_sweep_that_searches_nothing_names_no_best(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call("prepare", "-m", "dataset.split_seed=0,1") == 0
    told = capfd.readouterr().out
    assert "2 jobs" in told
    assert "best" not in told


def test_a_sweep_takes_no_file_of_parameters(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["train", "-m", "--params", "params.yaml"])
    assert ended.value.code == 1
    assert "--params is for one run" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("overrides", "varied"),
    [
        ([["a=1", "b=2"], ["a=1", "b=3"]], ["b"]),
        ([["x=1", "b=2"], ["x=2", "b=3"]], ["x", "b"]),
        ([["a=1"]], []),
        ([["a=1", "a=2"], ["a=1", "a=2"]], []),
    ],
)
def test_only_what_differs_is_a_column(overrides: list[list[str]], varied: list[str]) -> None:
    assert _varied([{"overrides": given} for given in overrides]) == varied


def test_columns_are_named_shortly_where_that_is_clear() -> None:
    assert _short(["network.filters", "train.seed"]) == ["filters", "seed"]
    assert _short(["train.seed", "dataset.seed"]) == ["train.seed", "dataset.seed"]


def test_numbers_that_a_search_drew_are_shortened_and_names_are_not() -> None:
    assert _rounded("0.0032531993377706084") == "0.003253"
    assert _rounded("log_mel") == "log_mel"
