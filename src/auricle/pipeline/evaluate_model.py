"""Stage `evaluate_model`: the bundle on the test recordings -> `reports/`.

`references/evaluation.md` has the counting rule; `auricle.evaluation` has a file a question.
"""

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auricle.core.errors import AuricleError
from auricle.core.files import write_text
from auricle.core.nested import flatten
from auricle.core.parallel import Cluster
from auricle.core.schema import check
from auricle.datasets import splits, window_file
from auricle.datasets.clips import SPLITS, read_clips
from auricle.evaluation import robustness
from auricle.evaluation.cases import LEVELS, ScoredTestSet
from auricle.evaluation.html_report import write_report
from auricle.evaluation.leakage import Leakage, LeakagePair, leakage_pair
from auricle.evaluation.metrics import Bootstrap
from auricle.evaluation.metrics_json import metrics_of
from auricle.evaluation.results import Results, judge
from auricle.evaluation.silence_and_noise import SilenceAndNoise, false_events_in
from auricle.inference.bundle import Bundle
from auricle.inference.model_files import trained_file
from auricle.inference.scorer import Scorer
from auricle.pipeline.stage import Job, StageResult
from auricle.training.hyperparameters import Train
from auricle.training.mlflow_tracking import Tracking, mlflow_run


@dataclass(frozen=True)
class Evaluate:
    """How the test recordings are judged."""

    bootstrap: int
    confidence: float
    seed: int
    context_s: list[float]
    sweeps: robustness.Sweeps
    noise: str
    nothing: SilenceAndNoise
    naive: Leakage
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


def evaluate_model(config: Config, job: Job) -> StageResult:
    """Score the test recordings with the bundle, judge the scores, report."""
    settings = config.evaluate
    scorer = Scorer(job.reads.classifier)
    test = window_file.read(job.reads.processed / "test.jsonl")
    test.header.refuse_unless(job.parameters)
    _check_same(scorer.bundle, test.header)
    clips = read_clips(job.reads.raw)
    side = splits.load(job.reads.processed / "splits.csv")
    bootstrap = Bootstrap(settings.bootstrap, settings.confidence, settings.seed)

    logits = scorer.logits_of(test.features)
    sound: robustness.ConditionScores | None = None
    pair: LeakagePair | str = "the split itself is one of windows"
    if splits.ALL not in side.values():  # each test recording is one as a whole
        sound = robustness.score_conditions(
            test,
            [clip for clip in clips if side.get(clip.path) == "test"],
            settings.sweeps.conditions(scorer.bundle.preprocess.sample_rate_hz, test),
            job.reads.classifier,
            config.cluster,
            settings.seed,
            settings.noise,
        )
        pair = _leakage(config, job, test, bootstrap)
    results = judge(
        ScoredTestSet(logits, test, scorer.bundle, bootstrap),
        sound,
        pair,
        {clip.path: clip.source for clip in clips},
        worst=settings.worst_clips,
        contexts_s=settings.context_s,
        made=false_events_in(settings.nothing, scorer, settings.seed),
    )
    metrics, reports = metrics_of(results), job.writes.reports
    write_text(reports / "metrics.json", json.dumps(metrics, indent=2) + "\n")
    written = write_report(results, job.reads.reports / "dataset.json", reports)
    _record(config, job, metrics, [reports / "metrics.json", *written])
    return _result(results, metrics)


def _leakage(
    config: Config, job: Job, test: window_file.Windows, bootstrap: Bootstrap
) -> LeakagePair | str:
    """Train the pair that shows what leaks, or say why there is none."""
    naive = config.evaluate.naive
    if not naive.windows:
        return "evaluate.naive.windows is 0"
    windows = {
        name: test if name == "test" else window_file.read(job.reads.processed / f"{name}.jsonl")
        for name in SPLITS
    }
    try:
        return leakage_pair(naive, windows, config.network, config.train, bootstrap)
    except AuricleError as error:
        return str(error)


def _record(config: Config, job: Job, metrics: dict[str, Any], files: Sequence[Path]) -> None:
    trained = trained_file(job.reads.classifier)
    with mlflow_run(config.tracking, "evaluate", job.reads.run_note, trained) as run:
        numbers = {k: v for k, v in flatten(metrics) if isinstance(v, int | float)}
        run.metrics({f"test.{name}": float(value) for name, value in numbers.items()})
        run.reports(files, job.writes.reports)


def _result(results: Results, metrics: dict[str, Any]) -> StageResult:
    line = "balanced accuracy " + ", ".join(
        f"{level} {results.balanced[level]}" for level in LEVELS
    )
    if results.leaks.any:
        line += f"; WORTH LITTLE: {results.leaks}, so new recordings will fare worse"
    numbers = {level: metrics[level]["balanced_accuracy"]["value"] for level in LEVELS}
    return StageResult(line, numbers | ({"leaks": 1} if results.leaks.any else {}))


def _check_same(bundle: Bundle, header: window_file.Header) -> None:
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
