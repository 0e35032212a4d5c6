"""Cross-validation: each fold tests once, for each seed; the spread says how far to trust it.

A sweep over `dataset.test_folds` and `train.seed` whose jobs train, export and evaluate. No clip
that tests is trained, tuned or stopped on: the fold after the test fold validates.
"""

import json
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from auricle.core.compose import compose, quoted, to_plain
from auricle.core.errors import AuricleError
from auricle.core.files import write_text
from auricle.core.nested import flatten
from auricle.core.project import ProjectPaths
from auricle.core.schema import check, parse
from auricle.datasets.clips import Dataset, read_clips
from auricle.experiments.sweep import Sweep, sweep
from auricle.pipeline.runner import exclusive
from auricle.pipeline.window_cache import listed
from auricle.training.mlflow_tracking import Run


@dataclass(frozen=True)
class CrossValidation:
    """How often, and on what, a configuration is trained and tested."""

    folds: int
    seeds: list[int]
    jobs: int
    confidence: float

    def __post_init__(self) -> None:
        check(self.folds >= 3, f"folds={self.folds} must be at least 3")
        check(bool(self.seeds), "seeds must name at least one seed")
        check(len(set(self.seeds)) == len(self.seeds), f"seeds={self.seeds} names one twice")
        check(self.jobs != 0, "jobs=0: give a number, or -1 for all cores")
        check(0 < self.confidence < 1, f"confidence={self.confidence} must lie between 0 and 1")


@dataclass(frozen=True)
class Config:
    """What this verb reads."""

    dataset: Dataset
    cross_validation: CrossValidation


def cross_validate(overrides: Sequence[str]) -> Sweep:
    """Train and test once for each fold and seed; show a table and write it to `reports/`."""
    settings = parse(compose("config", overrides), Config).cross_validation
    jobs, wanted = crossed(overrides)

    def summarise(done: Sweep, parent: Run) -> None:
        summary = summary_of(done.rows, settings.confidence, wanted)
        if summary["folds"]:
            _show(summary)
        if summary["folds"] and done.whole:
            path = Path("reports") / "cross_validation.json"
            write_text(path, json.dumps(summary, indent=2) + "\n")
            Console(soft_wrap=True).print(f"{path} has these figures.")
            parent.file(path)
            parent.metrics(
                {
                    f"cross_validation.{name}.{key}": value
                    for name, of in summary["scores"].items()
                    for key, value in of.items()
                }
            )

    with exclusive("cross_validate"):
        return sweep("cross_validate", VERBS, jobs, summarise)


def crossed(overrides: Sequence[str]) -> tuple[list[str], int]:
    """Give the overrides of a sweep over folds and seeds, and its number of jobs."""
    config = compose("config", overrides)
    parsed = parse(config, Config)
    seeds = parsed.cross_validation.seeds
    folds, splitting = _folds(config, parsed)
    added = [
        *side_by_side(overrides, parsed.cross_validation.jobs),
        *splitting,
        "dataset.test_folds=" + ",".join(f"[{quoted(fold)}]" for fold in folds),
        "train.seed=" + ",".join(map(str, seeds)),
    ]
    # Later overrides win: a fold must not be taken back by one of the user's.
    return [*overrides, *added], len(folds) * len(seeds)


def side_by_side(overrides: Sequence[str], jobs: int) -> list[str]:
    """Give what lets so many jobs train and be scored at a time, the scores alone."""
    scores = [f"{key}={value}" for key, value in _scores_only(overrides)]
    return [*_launcher(overrides, jobs), *scores]


def _launcher(overrides: Sequence[str], jobs: int) -> list[str]:
    """Jobs side by side, unless the user says how to launch them."""
    launcher = [text for text in overrides if text.startswith("hydra/launcher=")]
    if launcher and not launcher[-1].endswith("=joblib"):
        return []
    given = any(text.startswith("hydra.launcher.n_jobs=") for text in overrides)
    number = [] if given else [f"hydra.launcher.n_jobs={jobs}"]
    return [*([] if launcher else ["hydra/launcher=joblib"]), *number]


def _scores_only(overrides: Sequence[str]) -> list[tuple[str, Any]]:
    """Find what `evaluate=scores` sets, of what the user does not.

    Key by key, because an experiment's own values would win over the group.
    """
    if any(text.startswith("evaluate=") for text in overrides):
        return []
    given = [text.partition("=")[0] for text in overrides]
    scores, default = (
        dict(flatten({"evaluate": to_plain(compose("config", option))["evaluate"]}))
        for option in (["evaluate=scores"], [])
    )
    return [(k, value) for k, value in scores.items() if value != default[k] and k not in given]


def summary_of(rows: Sequence[dict[str, Any]], confidence: float, wanted: int) -> dict[str, Any]:
    """Mean and spread of each score.

    A fold's score is the mean over its seeds. `sd` is the standard deviation over folds, `low` and
    `high` a Student interval of the mean over folds (their training sets overlap, so it is rather
    too narrow: Bengio and Grandvalet, 2004), `sd_seeds` the standard deviation over seeds, pooled
    over folds. `missing` counts the jobs, of those `wanted`, that never ended.
    """
    from scipy.stats import t

    folds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: int(row["job"])):
        if not row["error"]:
            (fold,) = value_of(row, "dataset.test_folds")
            folds[str(getattr(fold, "text", fold))].append(row)
    names = list(dict.fromkeys(n for row in rows for n in row["numbers"] if n in SCORES))
    by_fold = {
        fold: {
            "seeds": [value_of(row, "train.seed") for row in of],
            **{name: [row["numbers"][name] for row in of] for name in names},
        }
        for fold, of in sorted(folds.items(), key=lambda item: (len(item[0]), item[0]))
    }
    scores = {}
    for name in names:
        means = [statistics.fmean(of[name]) for of in by_fold.values()]
        mean, count = statistics.fmean(means), len(means)
        sd = statistics.stdev(means) if count > 1 else 0.0
        half = float(t.ppf((1 + confidence) / 2, count - 1)) * sd / count**0.5 if count > 1 else 0.0
        repeated = [statistics.variance(of[name]) for of in by_fold.values() if len(of[name]) > 1]
        scores[name] = {
            "mean": mean,
            "sd": sd,
            "low": max(0.0, mean - half),
            "high": min(1.0, mean + half),
            **({"sd_seeds": statistics.fmean(repeated) ** 0.5} if repeated else {}),
        }
    return {
        "confidence": confidence,
        "failed": sum(bool(row["error"]) for row in rows),
        "missing": wanted - len(rows),
        "leaks": sum("leaks" in row["numbers"] for row in rows),
        "folds": by_fold,
        "scores": scores,
    }


# What each job does.
VERBS = ("train", "export", "evaluate")
# Balanced accuracies, as `evaluate` gives them.
SCORES = ("window", "second", "clip")


def _folds(config: DictConfig, parsed: Config) -> tuple[list[str], list[str]]:
    """Give the folds to test on, and the overrides that make them."""
    dataset, number = parsed.dataset, parsed.cross_validation.folds
    clips = read_clips(listed(config, ProjectPaths(Path())))
    if given := sum(bool(clip.split) for clip in clips):
        raise AuricleError(
            f"dataset.table says of {given} recordings whether they train or test, so folds cannot "
            "take turns: set dataset.columns.split=null"
        )
    if dataset.split == "fold" and dataset.folds is None:
        names = sorted({clip.fold for clip in clips})
        if "" in names or len(names) < 3:
            raise AuricleError(
                f"dataset.split=fold needs at least 3 folds of the authors', found {names}: set "
                "dataset.columns.fold, or leave dataset.split=group to deal the groups into folds"
            )
        return names, []
    count = dataset.folds or number
    names = [str(i + 1) for i in range(count)]
    return names, ["dataset.split=fold", f"dataset.folds={count}"]


def value_of(row: dict[str, Any], key: str) -> Any:
    """Give the value that a job's overrides set a key to."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    texts = [text for text in row["overrides"] if text.startswith(f"{key}=")]
    return OverridesParser.create().parse_override(texts[-1]).value()


def _show(summary: dict[str, Any]) -> None:
    names = list(summary["scores"])
    table = Table(
        title="Balanced accuracy of each fold, mean over seeds",
        title_justify="left",
        box=SIMPLE_HEAD,
    )
    table.add_column("test fold")
    for name in names:
        table.add_column(name, justify="right")
    table.add_column("seeds", justify="right")
    for fold, of in summary["folds"].items():
        means = (f"{statistics.fmean(of[name]):.4f}" for name in names)
        table.add_row(fold, *means, str(len(of["seeds"])))
    table.add_section()
    scores = summary["scores"].values()
    table.add_row("mean", *(f"{of['mean']:.4f}" for of in scores), style="bold")
    table.add_row("sd over folds", *(f"{of['sd']:.4f}" for of in scores))
    if all("sd_seeds" in of for of in scores):
        table.add_row("sd over seeds", *(f"{of['sd_seeds']:.4f}" for of in scores))
    share = f"{summary['confidence']:.0%} interval"
    table.add_row(share, *(f"{of['low']:.3f}-{of['high']:.3f}" for of in scores))
    console = Console()
    console.print(table)
    for count, what in (
        (summary["failed"], "jobs failed: the mean is over the others"),
        (summary["missing"], "jobs did not end: the mean is over the others"),
        (summary["leaks"], "jobs tested on recordings that training knew: THESE SCORES LEAK"),
    ):
        if count:
            console.print(f"{count} {what}", style="red")
