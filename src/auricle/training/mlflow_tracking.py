"""MLflow in one context manager; nothing else of Auricle imports it.

A run goes on where the server does not: what cannot be recorded is said once, and the work ends.
"""

import contextlib
import hashlib
import json
import logging
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from auricle import __version__
from auricle.core.files import digest, write_text
from auricle.core.nested import flatten
from auricle.core.secrets import mask, refuse_passwords

# Set before MLflow is imported: it reports to its makers otherwise, and retries for minutes.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")


@dataclass(frozen=True)
class Tracking:
    """Where runs are recorded."""

    enabled: bool
    uri: str | None
    experiment: str
    parent: str | None
    run: str | None

    def __post_init__(self) -> None:
        refuse_passwords([self.uri or ""])


class Run:
    """One MLflow run, or none where it cannot be recorded."""

    def __init__(self, run_id: str | None) -> None:
        self.run_id = run_id

    def tags(self, tags: Mapping[str, str]) -> None:
        """Record hashes and the like."""
        self._record(lambda mlflow: mlflow.set_tags(dict(tags)))

    def parameters(self, parameters: Mapping[str, Any]) -> None:
        """Record composed parameters under flat names (`network.filters`)."""
        flat = {_admitted(name): _short(value) for name, value in flatten(parameters)}
        self._record(lambda mlflow: mlflow.log_params(flat))

    def metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Record numbers, of an epoch where a step is given."""
        named = {_admitted(name): value for name, value in metrics.items()}
        self._record(lambda mlflow: mlflow.log_metrics(named, step=step))

    def file(self, path: Path, folder: str | None = None) -> None:
        """Record a file."""
        self._record(lambda mlflow: mlflow.log_artifact(str(path), folder))

    def reports(self, files: Iterable[Path], folder: Path) -> None:
        """Record files of a folder of reports, each below `reports` as it lies there."""
        for path in files:
            below = path.parent.relative_to(folder)
            self.file(path, (Path("reports") / below).as_posix())

    def bundle(self, folder: Path, served_by: Path) -> None:
        """Record the bundle as a model that `mlflow models serve` serves, without pickle.

        `served_by` is a file of code that ends with `mlflow.models.set_model`.
        """

        def log(mlflow: Any) -> None:
            mlflow.pyfunc.log_model(
                name="bundle",
                python_model=str(served_by),
                artifacts={"bundle": str(folder)},
                pip_requirements=[f"auricle=={__version__}"],
            )

        self._record(log)

    def _record(self, record: Callable[[Any], None]) -> None:
        if self.run_id is None:
            return
        import mlflow

        try:
            record(mlflow)
        except Exception as error:  # whatever a server or its client can raise
            self.run_id = None
            _say_unrecorded(error)


@contextlib.contextmanager
def mlflow_run(config: Tracking, name: str, note: Path, model: Path | None = None) -> Iterator[Run]:
    """Open a run, or go on with the one that made `model`.

    Parameters
    ----------
    name
        Name of a new run.
    note
        `models/run.json`, which says which run made which network.
    model
        A network: where `note` names its MD5, its run goes on; null opens a new one, unless
        `tracking.run` names one.
    """
    run_id = _open(config, name, note, model) if config.enabled else None
    run = Run(run_id)
    status = "FAILED"
    try:
        yield run
        status = "FINISHED"
    finally:
        if run_id is not None:
            import mlflow

            with contextlib.suppress(Exception):  # it was said when it could not be reached
                mlflow.end_run(status)


def note_run(run: Run, config: Tracking, note: Path, model: Path) -> None:
    """Write down which run made a network: `models/run.json`, an output of no stage."""
    if run.run_id is not None:
        content = {
            "run_id": run.run_id,
            "tracking": _uri(config),
            "model_md5": digest(model, "md5"),
        }
        write_text(note, json.dumps(content, indent=2) + "\n")


def fingerprints(parameters: Mapping[str, Any], data_sha256: str) -> dict[str, str]:
    """Tags that say what a run was made of: data, parameters, commit."""
    text = json.dumps(parameters, sort_keys=True)
    return {
        "data_sha256": data_sha256,
        "parameters_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "mlflow.source.git.commit": _commit(),
        "auricle_version": __version__,
    }


def _open(config: Tracking, name: str, note: Path, model: Path | None) -> str | None:
    import mlflow

    for noisy in ("alembic", "mlflow"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    try:
        mlflow.set_tracking_uri(_uri(config))
        mlflow.set_experiment(config.experiment)
        before = config.run or _noted(note, model, _uri(config))
        run = mlflow.start_run(
            run_id=before,
            run_name=None if before else name,
            parent_run_id=None if before else config.parent,
            nested=True,  # a sweep's run may be open in this process
        )
    except Exception as error:  # whatever a server or its client can raise
        _say_unrecorded(error)
        return None
    return str(run.info.run_id)


def _noted(note: Path, model: Path | None, uri: str) -> str | None:
    try:
        content = json.loads(note.read_text())
        if model and content["tracking"] == uri and content["model_md5"] == digest(model, "md5"):
            return str(content["run_id"])
    except (OSError, ValueError, KeyError):
        pass
    return None


def _uri(config: Tracking) -> str:
    # MLflow's own default follows the working folder of whoever asks.
    return config.uri or f"sqlite:///{Path('mlflow.db').resolve()}"


def _commit() -> str:
    git = shutil.which("git")
    if git is None:
        return "no git"
    result = subprocess.run([git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return result.stdout.strip() or "no git repository"


def _admitted(name: str) -> str:
    """Replace what MLflow does not admit in a name; labels may hold anything."""
    return re.sub(r"[^\w\-. :/]", "_", name)


def _short(value: Any) -> str:
    return str(value)[:6000]  # MLflow's limit for a parameter


def _say_unrecorded(error: Exception) -> None:
    reason = mask(str(error)).strip().splitlines()[0][:200]
    Console(stderr=True, soft_wrap=True).print(
        f"[yellow]MLflow did not take this, the rest of this run is not recorded:[/] {reason}",
        highlight=False,
    )
