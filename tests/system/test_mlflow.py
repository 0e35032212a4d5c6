"""MLflow as a person meets it: a real database, a real server, a served bundle."""

import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.system

Run = Callable[..., subprocess.CompletedProcess[str]]
SMALL = ("experiment=smoke", "dataset.minutes_per_class=0.5", "train.epochs=2")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 90) -> None:
    """Ask until the server answers: it tells in no other way that it is ready."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"{url} did not answer in {seconds} s")


@contextlib.contextmanager
def serving(
    command: list[str], environment: dict[str, str], folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server for the length of a block and end it with all its workers."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PATH": path, **environment},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        sys.stderr.write((folder / "server.log").read_text(errors="replace"))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def built(checkout: Callable[[str], Path], run: Run) -> Path:
    folder = checkout("mlflow")
    run(folder, "auricle", "repro", *SMALL)
    return folder


@pytest.fixture(scope="module")
def client(built: Path) -> Any:
    import mlflow

    return mlflow.MlflowClient(f"sqlite:///{built / 'mlflow.db'}")


@pytest.fixture(scope="module")
def recorded(built: Path, client: Any) -> Any:
    note = json.loads((built / "models" / "run.json").read_text())
    return client.get_run(note["run_id"])


def test_one_run_holds_training_and_evaluation(client: Any, recorded: Any) -> None:
    experiment = client.get_experiment_by_name("auricle")
    assert len(client.search_runs([experiment.experiment_id])) == 1
    assert recorded.info.status == "FINISHED"
    assert recorded.data.params["network.filters"] == "16"
    assert recorded.data.params["features.kind"] == "mfcc"
    epochs = client.get_metric_history(recorded.info.run_id, "val_loss")
    assert [metric.step for metric in epochs] == [1, 2]
    assert "test.window.balanced_accuracy.value" in recorded.data.metrics


def test_the_run_says_what_it_was_made_of(built: Path, run: Run, recorded: Any) -> None:
    head = run(built, "git", "rev-parse", "HEAD").stdout.strip()
    tags = recorded.data.tags
    assert tags["mlflow.source.git.commit"] == head
    digest = run(built, "sha256sum", "data/processed/train.jsonl").stdout.split()[0]
    assert tags["data_sha256"] == digest
    assert len(tags["parameters_sha256"]) == 64


def test_figures_and_bundle_are_kept_without_pickle(
    client: Any, recorded: Any, built: Path
) -> None:
    names = {file.path for file in client.list_artifacts(recorded.info.run_id, "reports")}
    assert {"reports/metrics.json", "reports/report.html", "reports/plots"} <= names
    assert not list((built / "mlruns").rglob("*.pkl"))


def test_the_logged_bundle_serves(built: Path, run: Run, recorded: Any, client: Any) -> None:
    models = client.search_logged_models([recorded.info.experiment_id])
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local"]
    command += ["-m", f"models:/{models[0].model_id}", "-h", "127.0.0.1", "-p", str(port)]
    environment = {
        "MLFLOW_TRACKING_URI": f"sqlite:///{built / 'mlflow.db'}",
        "PYTHONPATH": str(built / "src"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    sound = next((built / "data" / "raw" / "starter" / "speech").glob("*.flac"))
    expected = run(
        built, "auricle", "classify", str(sound), "--bundle", "models/classifier",
        "--format", "jsonl",
    )  # fmt: skip
    with serving(command, environment, built) as server:
        wait_for(f"http://127.0.0.1:{port}/ping", server)
        records = [
            {"audio": base64.b64encode(sound.read_bytes()).decode()},
            {"audio": base64.b64encode(b"no sound at all").decode()},
        ]
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/invocations",
            json.dumps({"inputs": records}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            heard, failed = json.load(response)["predictions"]
    offline = json.loads(expected.stdout)
    assert heard["probabilities"] == offline["probabilities"]
    assert heard["events"] == offline["events"]
    assert "cannot be decoded" in failed["error"]


def test_a_server_by_url_records_the_run(
    checkout: Callable[[str], Path], run: Run, built: Path, tmp_path: Path
) -> None:
    import mlflow

    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{tmp_path}/server.db", "--workers", "1"]
    command += ["--artifacts-destination", str(tmp_path / "artifacts")]
    with serving(command, {"MLFLOW_DISABLE_TELEMETRY": "true"}, tmp_path) as server:
        wait_for(f"http://127.0.0.1:{port}/health", server)
        run(built, "auricle", "train", f"tracking.uri=http://127.0.0.1:{port}", "train.epochs=1")
        remote = mlflow.MlflowClient(f"http://127.0.0.1:{port}")
        experiment = remote.get_experiment_by_name("auricle")
        (found,) = remote.search_runs([experiment.experiment_id])
    assert found.info.status == "FINISHED"
    assert found.data.params["train.epochs"] == "1"


def test_training_ends_where_the_server_cannot_be_reached(built: Path, run: Run) -> None:
    before = (built / "models" / "training" / "model.keras").stat().st_mtime_ns
    nobody = f"http://127.0.0.1:{free_port()}"
    trained = run(built, "auricle", "train", f"tracking.uri={nobody}", "train.epochs=1")
    assert "MLflow did not take this" in trained.stderr
    assert (built / "models" / "training" / "model.keras").stat().st_mtime_ns > before
    exported = run(built, "auricle", "export", f"tracking.uri={nobody}")
    assert "MLflow did not take this" in exported.stderr
    assert (built / "models" / "classifier" / "model.tflite").is_file()


def test_a_password_in_the_address_is_refused_and_written_nowhere(built: Path, run: Run) -> None:
    address = "tracking.uri=http://someone:hush-hush@127.0.0.1:1"
    for command in (["train"], ["train", "-m"], ["repro"], ["compose"]):
        result = run(built, "auricle", *command, address, check=False)
        assert result.returncode == 1
        assert "MLFLOW_TRACKING_PASSWORD" in result.stderr
        assert "hush-hush" not in result.stdout + result.stderr
    written = [p for p in built.rglob("*") if p.is_file() and p.name != Path(__file__).name]
    assert not [p for p in written if b"hush-hush" in p.read_bytes()]
