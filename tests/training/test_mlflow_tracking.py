"""What is recorded of a run, in a real MLflow database."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.training.mlflow_tracking import Tracking, fingerprints, flatten, mlflow_run, note_run


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a database once: MLflow takes seconds for its tables."""
    import mlflow

    path = tmp_path_factory.mktemp("empty") / "mlflow.db"
    mlflow.MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def tracking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tracking:
    monkeypatch.chdir(tmp_path)
    return Tracking(enabled=True, uri=None, experiment="test", parent=None, run=None)


def stored(tmp_path: Path, run_id: str | None) -> Any:
    import mlflow

    return mlflow.MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}").get_run(run_id)


def test_the_database_lies_in_the_project_wherever_it_is_asked_from(
    tracking: Tracking, tmp_path: Path
) -> None:
    with mlflow_run(tracking, "train", tmp_path / "run.json") as run:
        run.parameters({"network": {"filters": 8, "none": None}, "features": {"kind": "mfcc"}})
        run.metrics({"loss": 0.5}, step=1)
        run.tags({"data_sha256": "abc"})
    found = stored(tmp_path, run.run_id)
    assert found.data.params == {
        "network.filters": "8",
        "network.none": "None",
        "features.kind": "mfcc",
    }
    assert found.data.metrics == {"loss": 0.5}
    assert found.data.tags["data_sha256"] == "abc"
    assert found.info.status == "FINISHED"


def test_a_later_stage_goes_on_with_the_run_of_its_network(
    tracking: Tracking, empty_database: Path, tmp_path: Path
) -> None:
    shutil.copy(empty_database, tmp_path)
    note, model = tmp_path / "run.json", tmp_path / "model.keras"
    model.write_bytes(b"one")
    with mlflow_run(tracking, "train", note) as first:
        note_run(first, tracking, note, model)
    with mlflow_run(tracking, "evaluate", note, model) as same:
        pass
    model.write_bytes(b"another")
    with mlflow_run(tracking, "evaluate", note, model) as other:
        pass
    assert same.run_id == first.run_id
    assert other.run_id != first.run_id
    assert json.loads(note.read_text())["run_id"] == first.run_id


def test_a_run_that_fails_is_marked(
    tracking: Tracking, empty_database: Path, tmp_path: Path
) -> None:
    shutil.copy(empty_database, tmp_path)
    with (
        pytest.raises(ZeroDivisionError),
        mlflow_run(tracking, "train", tmp_path / "run.json") as run,
    ):
        _ = 1 / 0
    assert stored(tmp_path, run.run_id).info.status == "FAILED"


def test_a_database_that_cannot_be_made_is_said_and_the_work_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    config = Tracking(
        True, f"sqlite:///{tmp_path}/file/a.db", experiment="x", parent=None, run=None
    )
    with mlflow_run(config, "train", tmp_path / "run.json") as run:
        run.metrics({"loss": 1.0})
    assert run.run_id is None
    assert "MLflow did not take this" in capsys.readouterr().err


def test_switched_off_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with mlflow_run(Tracking(False, None, "x", None, None), "train", tmp_path / "run.json") as run:
        run.metrics({"loss": 1.0})
        note_run(run, Tracking(False, None, "x", None, None), tmp_path / "run.json", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_repository_the_commit_says_so(tracking: Tracking, tmp_path: Path) -> None:
    tags = fingerprints({"a": 1}, "abc")
    assert tags["mlflow.source.git.commit"] == "no git repository"
    assert tags["data_sha256"] == "abc"


def test_mlflow_does_not_report_to_its_makers() -> None:
    """It does unless it is told otherwise before it is imported."""
    ask = (
        "import auricle.training.mlflow_tracking, mlflow.telemetry as t; "
        "print(t.get_telemetry_client())"
    )
    environment = {k: v for k, v in os.environ.items() if "TELEMETRY" not in k}
    environment.pop("DO_NOT_TRACK", None)
    environment.pop("CI", None)  # MLflow keeps quiet there by itself
    answer = subprocess.run(
        [sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "None"


nested = st.recursive(
    st.integers(),
    lambda inner: st.dictionaries(st.text("abc", min_size=1), inner, min_size=1, max_size=3),
    max_leaves=8,
)


@given(tree=st.dictionaries(st.text("abc", min_size=1), nested, max_size=4))
def test_flat_names_lead_back_to_their_values(tree: Mapping[str, Any]) -> None:
    def leaf(name: str) -> Any:
        node: Any = tree
        for part in name.split("."):
            node = node[part]
        return node

    def leaves(node: Any) -> int:
        return sum(map(leaves, node.values())) if isinstance(node, Mapping) else 1

    flat = dict(flatten(tree))
    assert all(leaf(name) == value for name, value in flat.items())
    assert len(flat) == leaves(tree)
