"""Sweeps: stages over many configurations, by Hydra's sweepers and launchers.

Each job reads the project, writes into its own folder below `multirun/` and leaves a `job.json`
there, also when it fails: the others go on, and the table at the end is made of what there is.
"""

import csv
import io
import json
import math
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from auricle.config import CONF_DIR, compose, parse, quoted, refuse_passwords
from auricle.errors import AuricleError, told
from auricle.files import write_text
from auricle.job import Done, Places, parameters, run
from auricle.tracking import Run, Tracking, tracked

RESULT = "job.json"


@dataclass(frozen=True)
class Sweep:
    """A sweep that has ended: where it wrote, and a row a job."""

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
            with tracked(_tracking(config), f"job {row['job']}", folder / "run.json") as child:
                child.tags({"auricle.overrides": " ".join(row["overrides"])})
                config = config.copy()
                OmegaConf.update(config, "tracking.run", child.run_id)
                child.parameters(parameters(config))
                for done in self._run(config, folder):
                    row["numbers"] |= done.numbers
                    row["objective"] = row["objective"] or done.objective
        except (AuricleError, ModuleNotFoundError) as error:
            row["error"] = " ".join(str(error).split())
        except OSError as error:
            row["error"] = told(error)
        except Exception as error:  # a fault of ours must not take the other jobs with it
            write_text(folder / "traceback.txt", traceback.format_exc())
            name = type(error).__name__
            row["error"] = f"{name}: {error} ({folder / 'traceback.txt'} has the traceback)"
        if row["error"]:
            sys.stderr.write(f"auricle: job {row['job']} failed: {row['error']}\n")
        row["seconds"] = time.perf_counter() - begun
        write_text(folder / RESULT, json.dumps(row, indent=2) + "\n")
        objective: float | None = row["objective"]
        return objective

    def _run(self, config: DictConfig, folder: Path) -> Iterator[Done]:
        from auricle.prepared import prepared

        project = Places(Path())
        elsewhere = prepared(config, project) if "train" in self.verbs else {}
        for verb in self.verbs:
            # What one stage of a chain made, the next one reads.
            root = project.root if verb == self.verbs[0] else folder
            reads = Places(root, elsewhere)
            yield run(verb, config, reads, Places(folder), f"job {folder.name}: ")


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
    with tracked(_tracking(config), name, folder / "run.json") as parent:
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
            done = Sweep(folder, _rows(folder), whole)
            _record(done.rows, folder, parent)
            if summarise:
                summarise(done, parent)
            elif done.rows:
                _show(done.rows)
                if done.rows[0]["objective"] is not None:
                    best = done.rows[0]["numbers"].items()
                    parent.metrics({f"best.{name}": value for name, value in best})
            _say(done)
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


def _rows(folder: Path) -> list[dict[str, Any]]:
    """Rows of the jobs that ended, the best first and the failed last."""
    rows = [json.loads(path.read_text()) for path in folder.rglob(RESULT)]

    def order(row: dict[str, Any]) -> tuple[bool, float, int]:
        objective = row["objective"]
        return bool(row["error"]), math.inf if objective is None else objective, row["job"]

    return sorted(rows, key=order)


def _varied(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Keys of the overrides that differ from job to job, in the order they were given."""
    values: dict[str, set[str]] = {}
    for row in rows:
        for key, value in _last(row).items():
            values.setdefault(key, set()).add(value)
    return [key for key, found in values.items() if len(found) > 1]


def _last(row: dict[str, Any]) -> dict[str, str]:
    """Value of each key a job was given: of several the last, which is the one that holds."""
    return {key: value for key, _, value in (text.partition("=") for text in row["overrides"])}


def _record(rows: Sequence[dict[str, Any]], folder: Path, parent: Run) -> None:
    """Write `results.csv`, and into the parent run with the best job's numbers."""
    keys = list(dict.fromkeys(key for row in rows for key in _last(row)))
    names = list(dict.fromkeys(name for row in rows for name in row["numbers"]))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["job", *keys, *names, "seconds", "error"])
    for row in rows:
        given = _last(row)
        writer.writerow(
            [
                row["job"],
                *(given.get(key, "") for key in keys),
                *(row["numbers"].get(name, "") for name in names),
                round(row["seconds"], 2),
                row["error"] or "",
            ]
        )
    write_text(folder / "results.csv", text.getvalue())
    parent.file(folder / "results.csv")
    parent.metrics({"jobs": len(rows), "jobs_failed": sum(bool(row["error"]) for row in rows)})


def _show(rows: Sequence[dict[str, Any]]) -> None:
    """Draw the table of the jobs."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    varied = _varied(rows)
    names = list(dict.fromkeys(name for row in rows for name in row["numbers"]))
    best_first = ", best first" if rows[0]["objective"] is not None else ""
    title = f"{len(rows)} jobs{best_first}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("job", *_short(varied)):
        table.add_column(heading.replace("_", " "))
    for heading in (*names, "seconds"):
        table.add_column(heading.replace("_", " "), justify="right")
    for row in rows:
        given = _last(row)
        cells = [str(row["job"]), *(_rounded(given.get(key, "")) for key in varied)]
        numbers = [_number(row["numbers"].get(name)) for name in names]
        if row["error"] and names:
            numbers[0] = "failed"
        style = "red" if row["error"] else ""
        table.add_row(*map(Text, [*cells, *numbers, f"{row['seconds']:.1f}"]), style=style)
    # A file has room for what a terminal must shorten.
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def _say(done: Sweep) -> None:
    """Name the jobs that failed, and where everything is."""
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True)
    for row in done.failed:
        console.print(Text(f"job {row['job']} failed: {row['error']}", style="red"))
    if done.rows:
        console.print(Text(f"Everything is below {done.folder} (a row a job in results.csv)."))


def _short(keys: Sequence[str]) -> list[str]:
    """Last parts of keys, which are enough where they differ."""
    last = [key.rpartition(".")[2] for key in keys]
    return last if len(set(last)) == len(last) else list(keys)


def _rounded(text: str) -> str:
    """Shorten a number that a search drew."""
    try:
        return f"{float(text):.4g}"
    except ValueError:
        return text


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) >= 1 else f"{value:.4f}"
