"""Ours: the stages as a newcomer runs them, in a project of their own, and what they give."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from omegaconf import OmegaConf

from auricle.core.compose import compose
from auricle.core.csv_table import write_table
from auricle.core.files import write_text
from auricle.core.project import CHECKOUT, ProjectPaths
from auricle.datasets import splits, window_file
from auricle.datasets.clips import SPLITS, read_clips
from auricle.evaluation.cases import ScoredTestSet
from auricle.evaluation.metrics import Bootstrap
from auricle.inference.offline import track
from auricle.inference.scorer import Scorer
from benchmarks.measure import auricle, timed
from benchmarks.own_sounds.sets import Recording, Row, Split

STAGES = ("fetch", "prepare", "train", "export", "evaluate")
_FOLDER = (
    *("dataset=folder", "dataset.path=sounds", "dataset.table=recordings.csv"),
    *("dataset.columns.group=group", "dataset.columns.split=split"),
)
_QUIET = ("tracking=none", "evaluate=scores")


@dataclass(frozen=True)
class Ours:
    """What one run gave.

    `ours` is balanced accuracy by recording; `named` and `false_per_h` are of the listener; seconds
    are wall time, the start of the processes included.
    """

    ours: float
    named: float
    false_per_h: float
    train_s: float
    total_s: float


def version() -> str:
    """Return a short digest of the code and the configuration that are measured."""
    files = [
        *(
            path
            for path in (CHECKOUT / "src/auricle").rglob("*")
            if path.suffix in (".py", ".html")
        ),
        *(path for path in (CHECKOUT / "conf").rglob("*.yaml") if path.name != "build.yaml"),
    ]
    content = hashlib.sha256()
    for path in sorted(files):
        content.update(f"{path.relative_to(CHECKOUT)}\n".encode() + path.read_bytes())
    return content.hexdigest()[:12]


def lay_out(project: Path, split: Split) -> None:
    """Give a project its recordings: links in a folder a class, and a table of group and split."""
    rows = []
    for side in SPLITS:
        for one in getattr(split, side):
            name = Path("sounds", one.label, one.path.name)
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).symlink_to(one.path)
            rows.append((name.as_posix(), one.group, side))
    write_table(project / "recordings.csv", ("file", "group", "split"), rows)


def run(
    project: Path,
    row: Row,
    fold: str,
    seed: int,
    more: Sequence[str],
    corpus: Path,
    tell: Callable[[str], object],
) -> tuple[Ours, Split]:
    """Run all stages in an empty folder; return what they gave, and the split they used.

    Parameters
    ----------
    more
        Overrides that make it another than the untouched default.
    corpus
        Folder where the starter corpus stays, so that it is generated once.
    tell
        Is given the name of each stage that begins.

    Raises
    ------
    RuntimeError
        A stage failed.
    """
    if row.deal is None:
        (project / "data/raw").mkdir(parents=True)
        corpus.mkdir(parents=True, exist_ok=True)
        (project / "data/raw/starter").symlink_to(corpus.resolve())
        overrides = ["dataset=starter", f"dataset.split_seed={fold}"]
    else:
        lay_out(project, row.deal(fold, seed))
        overrides = [*_FOLDER]
    # Composed here: whatever is being built in the checkout, this is the default.
    config = compose("config", [*overrides, *_QUIET, f"train.seed={seed}", *more])
    write_text(project / "params.yaml", OmegaConf.to_yaml(config))
    seconds = {}
    for verb in STAGES:
        tell(verb)
        command = auricle(verb, "--params", "params.yaml")
        seconds[verb], _ = timed(command, project, CHECKOUT / "src")
    tell("listen")
    metrics = json.loads((project / "reports/metrics.json").read_text())
    ours = Ours(
        metrics["clip"]["balanced_accuracy"]["value"],
        *_heard(ProjectPaths(project)),
        seconds["train"],
        sum(seconds.values()),
    )
    return ours, split_of(project)


def split_of(project: Path) -> Split:
    """Return the split that a project used, of its recordings with just one label."""
    paths = ProjectPaths(project)
    side = splits.load(paths.processed / "splits.csv")
    found: dict[str, list[Recording]] = {name: [] for name in SPLITS}
    for clip in read_clips(paths.raw):
        if len(clip.labels) == 1 and clip.path in side:
            path = (project / clip.path).resolve()
            found[side[clip.path]].append(Recording(path, clip.labels[0], clip.group))
    return Split(**{name: tuple(recordings) for name, recordings in found.items()})


def _heard(paths: ProjectPaths) -> tuple[float, float]:
    """Return `named` and `false_per_h` of the bundle that listens to the test recordings."""
    scorer = Scorer(paths.classifier)
    bundle, test = scorer.bundle, window_file.read(paths.processed / "test.jsonl")
    few = Bootstrap(1, 0.95, 0)  # no interval is asked for
    scored = ScoredTestSet(scorer.logits_of(test.features), test, bundle, few)
    recordings = scored.recordings(test.levels_dbfs)
    events = track(recordings, bundle.labels, bundle.thresholds, bundle.decision).events
    targets = recordings.targets[recordings.first]
    return named(events, targets), false_per_h(events, targets, recordings.hours)


def named(events: npt.NDArray[Any], targets: npt.NDArray[Any]) -> float:
    """Return the share of recordings that are named right, the mean over labels.

    A recording counts that has just one label; it is right if that is said, and no other is.

    Parameters
    ----------
    events : [shape=(n_recordings, n_labels)]
        How many events of each label the listener told of.
    targets : [shape=(n_recordings, n_labels)]
        Which labels there are, 0 or 1.
    """
    right = ((events > 0) == (targets == 1)).all(axis=1)
    one = targets.sum(axis=1) == 1
    shares = [right[one & (mine == 1)].mean() for mine in targets.T if (one & (mine == 1)).any()]
    return float(np.mean(shares))


def false_per_h(
    events: npt.NDArray[Any], targets: npt.NDArray[Any], hours: npt.NDArray[Any]
) -> float:
    """Return how many events an hour were of labels that the recording has not.

    Recordings of no label count, too.
    """
    return float((events * (targets == 0)).sum() / hours.sum())
