"""Stage `replay_realtime`: the test recordings through the live engine -> `reports/replay.json`.

`auricle.replay` plays and judges them; `references/evaluation.md` says what is counted.
"""

import json
import time
from dataclasses import dataclass
from typing import Any

from auricle.core.errors import AuricleError
from auricle.core.files import whole_folder, write_text
from auricle.core.native_output import silenced
from auricle.core.nested import flatten
from auricle.datasets import splits, window_file
from auricle.datasets.clips import read_clips, unchanged
from auricle.inference.model_files import trained_file
from auricle.inference.scorer import Scorer
from auricle.pipeline.stage import Job, StageResult
from auricle.replay.listener import Replayed, replay
from auricle.replay.playlist import Recording
from auricle.replay.replay_metrics import ReplayMetrics
from auricle.replay.replay_settings import Replay
from auricle.replay.replay_tables import write_tables
from auricle.training.mlflow_tracking import Tracking, mlflow_run


@dataclass(frozen=True)
class Config:
    """What this stage reads."""

    replay: Replay
    tracking: Tracking


def replay_realtime(config: Config, job: Job) -> StageResult:
    """Play the test recordings to the engine, and hold what it tells against the truth."""
    scorer = Scorer(job.reads.classifier)
    header = window_file.read_header(job.reads.processed / "test.jsonl")
    header.refuse_unless(job.parameters)
    if scorer.bundle.dataset != header.dataset:
        raise AuricleError(
            "The bundle was made with another split or other recordings than data/processed has "
            "now, and may have been trained on what tests now: run `auricle repro`"
        )
    if scorer.bundle.preprocess.why_not_live:
        return _skipped(scorer.bundle.preprocess.why_not_live, job)
    recordings = _recordings(job)
    begun = time.perf_counter()
    with silenced():  # decoders write of their own accord
        replayed = replay(recordings, scorer, config.replay)
    elapsed_s = time.perf_counter() - begun
    figures = ReplayMetrics(replayed, scorer.bundle.labels, config.replay)
    report = figures.metrics()
    path, tables = job.writes.reports / "replay.json", job.writes.reports / "replay"
    write_text(path, json.dumps(report, indent=2) + "\n")
    with whole_folder(tables) as folder:
        write_tables(figures, folder)
    trained = trained_file(job.reads.classifier)
    with mlflow_run(config.tracking, "replay", job.reads.run_note, trained) as run:
        run.metrics({f"replay.{name}": float(value) for name, value in flatten(report)})
        run.reports((path, *sorted(tables.iterdir())), job.writes.reports)
    if not recordings:
        return StageResult("left out: windows of each recording were trained on")
    numbers = _numbers(report)
    line = _line(replayed, numbers) + f"; {replayed.seconds / elapsed_s:.0f} times real time"
    if header.dataset["leaks"]:
        line += "; WORTH LITTLE: the split leaks, as evaluate_model says"
    return StageResult(line, numbers)


def _skipped(reason: str, job: Job) -> StageResult:
    """Say in place of a report why there is none."""
    text = json.dumps({"skipped": reason}) + "\n"
    write_text(job.writes.reports / "replay.json", text)
    with whole_folder(job.writes.reports / "replay") as folder:
        write_text(folder / "skipped.json", text)
    return StageResult(f"skipped: {reason}")


def _recordings(job: Job) -> list[Recording]:
    """Give the test recordings; none where windows were dealt out one by one."""
    side = splits.load(job.reads.processed / "splits.csv")
    return [
        Recording(unchanged(clip), clip.labels, clip.group)
        for clip in read_clips(job.reads.raw)
        if side.get(clip.path) == "test"
    ]


def _numbers(report: dict[str, Any]) -> dict[str, float]:
    """Choose the figures that a table of runs has, of those that there are."""
    flat = dict(flatten(report))
    wanted = {
        "right": "right.live",
        "begin_delay_s": "begin_delay_s.median",
        "begin_delay_p95_s": "begin_delay_s.p95",
        "missed_per_hour": "missed.per_hour",
        "false_per_hour": "false.per_hour",
    }
    found = {name: flat.get(f"{key}.value") for name, key in wanted.items()}
    return {name: value for name, value in found.items() if value is not None}


def _line(replayed: Replayed, numbers: dict[str, float]) -> str:
    told = {name: f"{value:.2f}" for name, value in numbers.items()}
    missed, false = (f"{numbers[f'{name}_per_hour']:.1f}" for name in ("missed", "false"))
    line = f"{replayed.seconds / 3600:.2f} h of {len(replayed.played)} recordings"
    line += f" ({replayed.left_out} left out)" if replayed.left_out else ""
    line += f": right {told['right']} of the time"
    if "begin_delay_s" in told:
        line += f", told {told['begin_delay_s']} s after the start (95 %: "
        line += f"{told['begin_delay_p95_s']} s)"
    return f"{line}, {missed} missed and {false} false an hour"
