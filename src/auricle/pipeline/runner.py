"""The stages by their verbs; one is run with a composed configuration, alone in its project."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from omegaconf import DictConfig

from auricle.core.compose import to_plain
from auricle.core.errors import AuricleError
from auricle.core.project import ProjectPaths
from auricle.core.schema import parse
from auricle.pipeline.stage import Job, StageResult

# Verb -> module and function of the stage, and what it does.
STAGES = {
    "fetch": ("fetch_dataset", "list the recordings of the dataset, making or fetching them"),
    "prepare": ("prepare_dataset", "cut recordings into windows and extract their features"),
    "train": ("train_model", "fit the network"),
    "export": ("export_model", "make the bundle: the network with all that listening needs"),
    "evaluate": ("evaluate_model", "score the bundle on the test recordings"),
    "replay": ("replay_realtime", "play the test recordings to the live engine"),
}


def run(
    verb: str, config: DictConfig, reads: ProjectPaths, writes: ProjectPaths, job: str = ""
) -> StageResult:
    """Run a stage with a composed configuration, of which it takes its own groups."""
    name = STAGES[verb][0]
    stage = importlib.import_module(f"auricle.pipeline.{name}")
    parsed = parse(config, stage.Config)
    done: StageResult = getattr(stage, name)(parsed, Job(reads, writes, to_plain(config), job))
    return done


@contextmanager
def exclusive(verb: str, root: Path = Path()) -> Iterator[None]:
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
