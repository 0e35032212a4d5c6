"""Sweeps: stages over many configurations, by Hydra's sweepers and launchers.

Each job reads the project, writes into its own folder below `multirun/` and leaves a `job.json`
there, also when it fails: the others go on, and the table at the end is made of what there is.
"""

import json
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from auricle.core.compose import CONF_DIR, compose, quoted, to_plain
from auricle.core.errors import AuricleError, describe_os_error
from auricle.core.files import write_text
from auricle.core.project import ProjectPaths
from auricle.core.schema import parse
from auricle.core.secrets import refuse_passwords
from auricle.experiments import sweep_table
from auricle.pipeline.runner import run
from auricle.pipeline.stage import StageResult
from auricle.training.mlflow_tracking import Run, Tracking, mlflow_run


@dataclass(frozen=True)
class Sweep:
    """A sweep that has ended: where it wrote, a row a job, and whether all jobs were launched."""

    folder: Path
    rows: list[dict[str, Any]]
    whole: bool

    @property
    def failed(self) -> list[dict[str, Any]]:
        """Rows of the jobs that failed."""
        return [row for row in self.rows if row["error"]]


@dataclass(frozen=True)
class Task:
    """One job, as Hydra calls it, in this process or another: stages, one after the other."""

    verbs: tuple[str, ...]

    def __call__(self, config: DictConfig) -> float | None:
        """Run the stages; give what a search minimises, nothing if the job failed."""
        from hydra.core.hydra_config import HydraConfig

        hydra = HydraConfig.get()
        folder, begun = Path(hydra.runtime.output_dir), time.perf_counter()
        row: dict[str, Any] = {
            "job": hydra.job.num,
            "overrides": [text for text in hydra.overrides.task if not _ours(text)],
            "numbers": {},
            "objective": None,
            "error": None,
        }
        try:
            with mlflow_run(_tracking(config), f"job {row['job']}", folder / "run.json") as child:
                child.tags({"auricle.overrides": " ".join(row["overrides"])})
                config = config.copy()
                OmegaConf.update(config, "tracking.run", child.run_id)
                child.parameters(to_plain(config))
                for done in self._run(config, folder):
                    row["numbers"] |= done.numbers
                    if done.objective is not None:
                        row["objective"] = done.objective
        except (AuricleError, ModuleNotFoundError) as error:
            row["error"] = " ".join(str(error).split())
        except OSError as error:
            row["error"] = describe_os_error(error)
        except Exception as error:  # a fault of ours must not take the other jobs with it
            write_text(folder / "traceback.txt", traceback.format_exc())
            name = type(error).__name__
            row["error"] = f"{name}: {error} ({folder / 'traceback.txt'} has the traceback)"
        if row["error"]:
            sys.stderr.write(f"auricle: job {row['job']} failed: {row['error']}\n")
        row["seconds"] = time.perf_counter() - begun
        write_text(folder / sweep_table.RESULT, json.dumps(row, indent=2) + "\n")
        objective: float | None = row["objective"]
        return None if row["error"] else objective

    def _run(self, config: DictConfig, folder: Path) -> Iterator[StageResult]:
        from auricle.pipeline.window_cache import prepared

        project = ProjectPaths(Path())
        elsewhere = prepared(config, project) if "train" in self.verbs else {}
        for verb in self.verbs:
            # What one stage of a chain made, the next one reads.
            root = project.root if verb == self.verbs[0] else folder
            reads = ProjectPaths(root, elsewhere)
            yield run(verb, config, reads, ProjectPaths(folder), f"job {folder.name}: ")


def sweep(
    name: str,
    verbs: tuple[str, ...],
    overrides: Sequence[str],
    summarise: Callable[[Sweep, Run], None] | None = None,
) -> Sweep:
    """Run stages for each combination of the overrides, below one parent run of MLflow.

    Parameters
    ----------
    name
        What the parent run is called.
    verbs
        Stages of each job, in order.
    overrides
        Hydra's, some of them lists of values (`a=1,2`) or, for a search, ranges.
    summarise
        Called with what the jobs gave, while the parent run is open.
    """
    refuse_passwords(overrides)
    config, folder = _settings(overrides)
    with mlflow_run(_tracking(config), name, folder / "run.json") as parent:
        parent.tags({"auricle.overrides": " ".join(overrides)})
        more = [f"{_FOLDER}={quoted(folder.as_posix())}"]
        if "max_failure_rate" in config.hydra.sweeper and not _given(overrides, _FAILURES):
            more += [f"{_FAILURES}=1.0"]  # Optuna's, which would end the search at a failed job
        more += [f"{_PARENT}={parent.run_id}"] if parent.run_id else []
        whole = False
        try:
            _launch(name, verbs, [*overrides, *more])
            whole = True
        finally:
            done = Sweep(folder, sweep_table.read_rows(folder), whole)
            sweep_table.save(done.rows, folder / "results.csv")
            parent.file(folder / "results.csv")
            parent.metrics({"jobs": len(done.rows), "jobs_failed": len(done.failed)})
            if summarise:
                summarise(done, parent)
            elif done.rows:
                sweep_table.show(done.rows)
                if done.rows[0]["objective"] is not None:
                    best = done.rows[0]["numbers"].items()
                    parent.metrics({f"best.{name}": value for name, value in best})
            sweep_table.say(done.rows, folder)
    return done


_FOLDER, _PARENT = "hydra.sweep.dir", "tracking.parent"
_FAILURES = "hydra.sweeper.max_failure_rate"


@dataclass(frozen=True)
class _Settings:
    tracking: Tracking


def _ours(override: str) -> bool:
    """Whether an override is one that `sweep` adds."""
    return _given([override], _FOLDER) or _given([override], _PARENT)


def _given(overrides: Sequence[str], key: str) -> bool:
    return any(override.startswith(f"{key}=") for override in overrides)


def _tracking(config: DictConfig) -> Tracking:
    return parse(config, _Settings).tracking


def _settings(overrides: Sequence[str]) -> tuple[DictConfig, Path]:
    """Find what holds for all jobs: tracking, and a new folder for what they write."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    try:
        parsed = OverridesParser.create().parse_overrides(list(overrides))
    except HydraException as error:
        reason = " ".join(str(error).split())
        raise AuricleError(f"The overrides cannot be read: {reason}") from error
    common = [
        str(override.input_line)
        for override in parsed
        if override.key_or_group.split(".")[0].split("/")[0] in ("tracking", "hydra", "experiment")
        and not override.is_sweep_override()
    ]
    # A mistake in what all jobs share is said in our words, before anything is written.
    compose("config", [text for override in parsed for text in _first(override)])
    config = compose("config", common, with_hydra=True)
    wanted = Path(str(config.hydra.sweep.dir))
    for number in range(1, 1000):
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return config, folder
    raise AuricleError(f"There are too many folders named {wanted}-N: remove some")


def _first(override: Any) -> list[str]:
    """One value of what is swept; nothing of a range, and of how Hydra itself is to work."""
    if not override.is_sweep_override():
        return [] if override.is_hydra_override() else [str(override.input_line)]
    if not override.is_discrete_sweep():
        return []
    return [f"{override.get_key_element()}={next(iter(override.sweep_string_iterator()))}"]


def _launch(name: str, verbs: tuple[str, ...], overrides: list[str]) -> None:
    import hydra

    sys.argv = [f"auricle {name}", *overrides, "--multirun"]
    hydra.main(version_base="1.3", config_path=str(CONF_DIR), config_name="config")(Task(verbs))()
