"""Sweeps with each launcher and sweeper, recorded in a real MLflow database."""

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers import recording

pytestmark = pytest.mark.system

SMALL = [
    "dataset=folder",
    "dataset.background=null",
    "augment.copies=1",
    "dataset.path=sounds",
    "cluster.workers=1",
    "augment=none",
    "network.filters=2",
    "train.epochs=1",
    "evaluate=scores",
    "evaluate.bootstrap=20",
]


@pytest.fixture(scope="module")
def project(checkout: Callable[[str], Path], run: Callable[..., Any]) -> Path:
    """Make a checkout with two classes of nine recordings each, prepared and trained once."""
    folder = checkout("sweeps")
    for i in range(9):
        recording(folder / "sounds" / "hiss" / f"{i}.wav", seconds=2.0, seed=i)
        recording(folder / "sounds" / "noise" / f"{i}.wav", seconds=2.0, seed=100 + i)
    for verb in ("fetch", "prepare", "train"):
        run(folder, "auricle", verb, *SMALL)
    return folder


def files(folder: Path) -> dict[str, int]:
    return {
        os.fspath(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
    }


def newest(project: Path) -> Path:
    return max(project.glob("multirun/*"), key=lambda path: path.stat().st_mtime_ns)


def rows(project: Path) -> list[dict[str, str]]:
    with (newest(project) / "results.csv").open() as file:
        return list(csv.DictReader(file))


def last_sweep(project: Path) -> tuple[Any, list[Any]]:
    """Return the newest parent run and its children."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    (experiment,) = (e for e in client.search_experiments() if e.name == "auricle")
    runs = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time DESC"])
    parent = next(r for r in runs if r.info.run_name.startswith(("sweep", "cross_validate")))
    mark = "mlflow.parentRunId"
    return parent, [r for r in runs if r.data.tags.get(mark) == parent.info.run_id]


@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_a_sweep_over_features_is_one_run_with_a_child_a_job(
    launcher: str, project: Path, run: Callable[..., Any]
) -> None:
    before = files(project / "models")
    swept = ["features=mfcc,log_mel", "features.n_mels=20,40", f"hydra/launcher={launcher}"]
    told = run(project, "auricle", "train", "-m", *SMALL, *swept).stdout
    assert "4 jobs, best first" in told
    parent, children = last_sweep(project)
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["jobs"] == 4
    assert {child.info.status for child in children} == {"FINISHED"}
    asked = {(c.data.params["features.kind"], c.data.params["features.n_mels"]) for c in children}
    assert asked == {("mfcc", "20"), ("mfcc", "40"), ("log_mel", "20"), ("log_mel", "40")}
    assert len(children) == 4
    assert all("val_loss" in child.data.metrics for child in children)
    # The project's own windows served one of the four; each other kind was made once.
    cached = list((project / "data" / "processed" / "cache").glob("*/train.jsonl"))
    assert len(cached) == 3
    assert files(project / "models") == before


def test_a_failed_job_is_a_failed_child_and_the_others_end(
    project: Path, run: Callable[..., Any]
) -> None:
    swept = ["network.dropout=0.1,2.0,0.2", "hydra/launcher=joblib"]
    result = run(project, "auricle", "train", "-m", *SMALL, *swept, check=False)
    assert result.returncode == 1
    assert "network.dropout=2.0 must lie in [0, 1)" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert [bool(row["error"]) for row in rows(project)] == [False, False, True]
    parent, children = last_sweep(project)
    statuses = {c.data.params["network.dropout"]: c.info.status for c in children}
    assert statuses == {"0.1": "FINISHED", "0.2": "FINISHED", "2.0": "FAILED"}
    assert parent.data.metrics["jobs_failed"] == 1


def test_a_search_by_optuna_goes_on_after_a_failed_job(
    project: Path, run: Callable[..., Any]
) -> None:
    swept = [
        "hydra/sweeper=optuna",
        "hydra/sweeper/sampler=grid",
        "hydra.sweeper.n_jobs=1",
        "network.dropout=choice(2.0,0.1,0.2)",
    ]
    result = run(project, "auricle", "train", "-m", *SMALL, *swept, check=False)
    assert "Traceback" not in result.stdout + result.stderr
    assert sorted(row["network.dropout"] for row in rows(project)) == ["0.1", "0.2", "2.0"]
    _, children = last_sweep(project)
    assert sorted(child.info.status for child in children) == ["FAILED", "FINISHED", "FINISHED"]
    found = [row for row in rows(project) if not row["error"]]
    assert float(found[0]["val_loss"]) <= float(found[1]["val_loss"])


def test_a_cross_validation_is_recorded_with_its_spread(
    project: Path, run: Callable[..., Any]
) -> None:
    given = ["cross_validation.folds=3", "cross_validation.seeds=[0,1]"]
    told = run(project, "auricle", "cross_validate", *SMALL, *given).stdout
    assert "sd over folds" in told
    assert "sd over seeds" in told
    parent, children = last_sweep(project)
    assert len(children) == 6
    assert 0 <= parent.data.metrics["cross_validation.window.mean"] <= 1
    # One child holds all of its job: training, export and evaluation.
    for child in children:
        assert "val_loss" in child.data.metrics
        assert "test.window.balanced_accuracy.value" in child.data.metrics
