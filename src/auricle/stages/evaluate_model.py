"""Stage `evaluate_model`: the bundle on the test recordings -> `reports/`.

`references/evaluation.md` has the counting rule; `auricle.evaluation` has a file a question.
"""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auricle import bundle as bundles
from auricle.cluster import Cluster
from auricle.config import check
from auricle.datasets import window_file
from auricle.datasets.clips import SPLITS, read_clips
from auricle.errors import AuricleError
from auricle.evaluation import hearing
from auricle.evaluation.counting import LEVELS, Judged
from auricle.evaluation.naive import Naive, Pair, naive_pair
from auricle.evaluation.nothing import Nothing, heard_in_nothing
from auricle.evaluation.page import write_report
from auricle.evaluation.past import past
from auricle.evaluation.results import Results
from auricle.files import write_text
from auricle.job import Done, Job, flatten
from auricle.metrics import Bootstrap
from auricle.model_files import trained_file
from auricle.networks.training import Train
from auricle.tracking import Tracking, tracked


@dataclass(frozen=True)
class Evaluate:
    """How the test recordings are judged."""

    bootstrap: int
    confidence: float
    seed: int
    context_s: list[float]
    sweeps: hearing.Sweeps
    noise: str
    nothing: Nothing
    naive: Naive
    worst_clips: int

    def __post_init__(self) -> None:
        check(self.bootstrap >= 1, f"bootstrap={self.bootstrap} must be at least 1")
        check(0 < self.confidence < 1, f"confidence={self.confidence} must lie between 0 and 1")
        for value in self.context_s:
            check(value > 0, f"context_s={self.context_s} must be positive")
        check(self.worst_clips >= 0, f"worst_clips={self.worst_clips} must not be negative")


@dataclass(frozen=True)
class Config:
    """What this stage reads."""

    evaluate: Evaluate
    network: Callable[..., Any]
    train: Train
    cluster: Cluster
    tracking: Tracking


def evaluate_model(config: Config, job: Job) -> Done:
    """Score the test windows with the bundle, as the listener would, and report."""
    settings = config.evaluate
    bundle = bundles.load(job.reads.classifier)
    test = window_file.read(job.reads.processed / "test.jsonl")
    test.header.refuse_unless(job.parameters)
    _check_same(bundle, test.header)
    model = job.reads.classifier / bundle.model
    logits = bundles.scorer_of(model, bundle.shape, len(bundle.labels)).logits(test.features)
    bootstrap = Bootstrap(settings.bootstrap, settings.confidence, settings.seed)
    conditions = settings.sweeps.conditions(bundle.preprocess.sample_rate_hz, test)
    whole = hearing.is_possible(job.reads)
    judged = Judged(logits, test, bundle, bootstrap)
    results = Results(
        judged,
        conditions,
        hearing.hear(test, conditions, job.reads, config.cluster, settings.seed, settings.noise)
        if whole
        else None,
        _naive(config, job, test, bootstrap) if whole else "the split itself is one of windows",
        {clip.path: clip.source for clip in read_clips(job.reads.raw)},
        settings.worst_clips,
        heard_in_nothing(settings.nothing, bundles.Classifier(job.reads.classifier), settings.seed),
        past(judged, logits, settings.context_s),
    )
    report = results.metrics()
    write_text(job.writes.reports / "metrics.json", json.dumps(report, indent=2) + "\n")
    written = write_report(results, job.reads.reports / "dataset.json", job.writes.reports)
    trained = trained_file(job.reads.classifier)
    with tracked(config.tracking, "evaluate", job.reads.run_note, trained) as run:
        numbers = {k: v for k, v in flatten(report) if isinstance(v, int | float)}
        run.metrics({f"test.{name}": float(value) for name, value in numbers.items()})
        for path in (job.writes.reports / "metrics.json", *written):
            below = path.parent.relative_to(job.writes.reports)
            run.file(path, (Path("reports") / below).as_posix())
    line = "balanced accuracy " + ", ".join(
        f"{level} {results.balanced[level]}" for level in LEVELS
    )
    if results.leaks.any:
        line += f"; WORTH LITTLE: {results.leaks}, so new recordings will fare worse"
    numbers = {level: report[level]["balanced_accuracy"]["value"] for level in LEVELS}
    return Done(line, numbers | ({"leaks": 1} if results.leaks.any else {}))


def _naive(config: Config, job: Job, test: window_file.Windows, bootstrap: Bootstrap) -> Pair | str:
    """Train the naive pair, or say why there is none."""
    naive = config.evaluate.naive
    if not naive.windows:
        return "evaluate.naive.windows is 0"
    windows = {
        name: test if name == "test" else window_file.read(job.reads.processed / f"{name}.jsonl")
        for name in SPLITS
    }
    try:
        return naive_pair(naive, windows, config.network, config.train, bootstrap)
    except AuricleError as error:
        return str(error)


def _check_same(bundle: bundles.Bundle, header: window_file.Header) -> None:
    for key, ours in (
        ("labels", bundle.labels),
        ("preprocess", dataclasses.asdict(bundle.preprocess)),
        ("features", dataclasses.asdict(bundle.features)),
        ("dataset", bundle.dataset),  # the split, too: it may have been trained on what tests now
    ):
        if ours != getattr(header, key):
            raise AuricleError(
                f"The bundle was made with other {key} than data/processed has now: "
                "run `auricle repro`"
            )
