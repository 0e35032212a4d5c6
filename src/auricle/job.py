"""One run of a stage: where it reads and writes, what it is configured with, what it gives."""

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from auricle.config import parse
from auricle.errors import AuricleError

# Verb -> module and function of the stage, and what it does.
STAGES = {
    "fetch": ("fetch_dataset", "list the recordings of the dataset, making or fetching them"),
    "prepare": ("prepare_dataset", "cut recordings into windows and extract their features"),
    "train": ("train_model", "fit the network"),
    "export": ("export_model", "make the bundle: the network with all that listening needs"),
    "evaluate": ("evaluate_model", "score the bundle on the test recordings"),
    "replay": ("replay_realtime", "play the test recordings to the live engine"),
}


@dataclass(frozen=True)
class Places:
    """The folders of a project, below one root; some may lie `elsewhere`, by their name."""

    root: Path
    elsewhere: Mapping[str, Path] = field(default_factory=dict)

    @property
    def raw(self) -> Path:
        """The list of recordings, and those that Auricle made or fetched."""
        return self.elsewhere.get("raw", self.root / "data" / "raw")

    @property
    def processed(self) -> Path:
        """The window JSON of each split."""
        return self.elsewhere.get("processed", self.root / "data" / "processed")

    @property
    def training(self) -> Path:
        """The trained network."""
        return self.root / "models" / "training"

    @property
    def classifier(self) -> Path:
        """The bundle."""
        return self.root / "models" / "classifier"

    @property
    def run_note(self) -> Path:
        """Which MLflow run the trained network belongs to."""
        return self.root / "models" / "run.json"

    @property
    def reports(self) -> Path:
        """Metrics and plots."""
        return self.elsewhere.get("reports", self.root / "reports")


@dataclass(frozen=True)
class Job:
    """One run of a stage.

    It reads from the project and writes to it; a job of a sweep writes into a folder of its own,
    and puts its `name` before what it tells, because others tell at the same time.
    """

    reads: Places = field(default_factory=lambda: Places(Path()))
    writes: Places = field(default_factory=lambda: Places(Path()))
    parameters: dict[str, Any] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class Done:
    """What a stage gives: a line for a person, numbers for a table, and what a search minimises."""

    told: str
    numbers: dict[str, float] = field(default_factory=dict)
    objective: float | None = None


def run(verb: str, config: DictConfig, reads: Places, writes: Places, job: str = "") -> Done:
    """Run a stage with a composed configuration, of which it takes its own groups."""
    name = STAGES[verb][0]
    stage = importlib.import_module(f"auricle.stages.{name}")
    parsed = parse(config, stage.Config)
    done: Done = getattr(stage, name)(parsed, Job(reads, writes, parameters(config), job))
    return done


def parameters(config: DictConfig) -> dict[str, Any]:
    """Plain values of a composed configuration."""
    container = OmegaConf.to_container(config, resolve=True)
    assert isinstance(container, dict)  # the root of a configuration is a mapping
    return {str(key): value for key, value in container.items()}


def flatten(node: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Leaves of nested mappings under dotted names."""
    for key, value in node.items():
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def differing(made: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """Dotted names of what differs between two configurations."""
    one, other = dict(flatten(made)), dict(flatten(asked))
    absent = object()
    return sorted(key for key in {*one, *other} if one.get(key, absent) != other.get(key, absent))


@contextmanager
def alone(verb: str, root: Path = Path()) -> Iterator[None]:
    """Keep a second run of a stage out of the project while one is at work.

    Raises
    ------
    AuricleError
        One is at work.
    """
    from filelock import FileLock, Timeout

    path = root / ".auricle" / f"{verb}.lock"
    path.parent.mkdir(exist_ok=True)
    try:
        with FileLock(path, timeout=0):
            yield
    except Timeout as error:
        raise AuricleError(
            f"Another `auricle {verb}` is at work in {root.resolve()}: wait until it has ended"
        ) from error
