"""Stage `train_model`: windows -> `models/training/`, the trained network and its history."""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from auricle.core.csv_table import write_table
from auricle.core.files import whole_folder, write_text
from auricle.datasets import window_file
from auricle.inference.model_files import trained_file
from auricle.networks import build_network
from auricle.pipeline.stage import Job, StageResult
from auricle.training.fit import best_epoch, fit, refuse_unfit_labels, reproducible, statistics
from auricle.training.hyperparameters import Train
from auricle.training.mlflow_tracking import Tracking, fingerprints, mlflow_run, note_run
from auricle.training.saving import save


@dataclass(frozen=True)
class Config:
    """What this stage reads."""

    network: Callable[..., Any]
    train: Train
    tracking: Tracking


def train_model(config: Config, job: Job) -> StageResult:
    """Fit the network to the training windows; keep the epoch that validates best."""
    windows = window_file.read(job.reads.processed / "train.jsonl")
    validation = window_file.read(job.reads.processed / "validation.jsonl")
    for part in (windows, validation):
        part.header.refuse_unless(job.parameters)
        refuse_unfit_labels(part, config.train.targets)
    reproducible(config.train.seed)
    given = statistics(windows)
    model = build_network(config.network, given, len(windows.header.labels))
    console = Console(stderr=True, soft_wrap=True)
    with mlflow_run(config.tracking, "train", job.writes.run_note) as run:
        run.parameters(job.parameters)
        run.tags(fingerprints(job.parameters, windows.sha256))

        def on_epoch(epoch: int, logs: dict[str, float]) -> None:
            run.metrics(logs, step=epoch)
            console.print(
                f"{job.name}epoch {epoch:3d}/{config.train.epochs}  loss {logs['loss']:.4f}  "
                f"accuracy {logs['accuracy']:.4f}  validation loss {logs['val_loss']:.4f}  "
                f"accuracy {logs['val_accuracy']:.4f}",
                highlight=False,
            )

        history = fit(model, config.train, given.mean, windows, validation, on_epoch)
        best = best_epoch(history, config.train.monitor)
        with whole_folder(job.writes.training) as folder:
            save(model, folder)
            rows = (row.values() for row in history)
            write_table(folder / "history.csv", list(history[0]), rows)
            about = {
                "targets": config.train.targets,
                "parameters": model.count_params(),
                "best_epoch": best["epoch"],
                "windows": dataclasses.asdict(windows.header),
            }
            write_text(folder / "training.json", json.dumps(about, indent=2) + "\n")
        run.metrics({"best_epoch": best["epoch"], "parameters": model.count_params()})
        run.file(job.writes.training / "history.csv")
        note_run(run, config.tracking, job.writes.run_note, trained_file(job.writes.training))
    told = (
        f"{model.count_params()} parameters, best epoch {best['epoch']:.0f} of {len(history)}, "
        f"validation accuracy {best['val_accuracy']:.4f}"
    )
    numbers = {
        "val_loss": best["val_loss"],
        "val_accuracy": best["val_accuracy"],
        "best_epoch": best["epoch"],
        "parameters": model.count_params(),
    }
    return StageResult(told, numbers, objective=best["val_loss"])
