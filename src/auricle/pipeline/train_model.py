"""Stage `train_model`: windows -> `models/training/`, the trained network and its history."""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from rich.console import Console

from auricle.core.csv_table import write_table
from auricle.core.files import whole_folder, write_text
from auricle.datasets import window_file
from auricle.inference.model_files import trained_file
from auricle.networks import build_network
from auricle.pipeline.stage import Job, StageResult
from auricle.training.baselines import Baseline
from auricle.training.fit import (
    best_epoch,
    fit,
    fit_to_the_end,
    fitted,
    labelled,
    reproducible,
    statistics,
)
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
    header, all_of_them = windows.header, len(windows)
    train, windows = fitted(config.train, windows)
    validation = labelled(validation, train.targets)
    reproducible(train.seed)
    given = statistics(windows)
    model = build_network(config.network, given, len(windows.header.labels))
    console = Console(stderr=True, soft_wrap=True)
    with mlflow_run(config.tracking, "train", job.writes.run_note) as run:
        run.parameters({**job.parameters, "fitted": _what_fits(train, header)})
        run.tags(fingerprints(job.parameters, windows.sha256))

        def on_epoch(epoch: int, logs: dict[str, float]) -> None:
            run.metrics(logs, step=epoch)
            console.print(
                f"{job.name}epoch {epoch:3d}/{train.epochs}  loss {logs['loss']:.4f}  "
                f"balanced accuracy {logs['balanced_accuracy']:.4f}  "
                f"validation loss {logs['val_loss']:.4f}  "
                f"balanced accuracy {logs['val_balanced_accuracy']:.4f}",
                highlight=False,
            )

        history = fit(model, train, given.mean, windows, validation, on_epoch)
        best = best_epoch(history, train.monitor)
        validated = None
        if train.refit and not isinstance(model, Baseline):
            console.print(
                f"{job.name}the same once more, on validation too; the mean of both is kept"
            )
            validated = model
            again = _refitted(config.network, train, len(history), windows, validation)
            model = _mean_of(validated, again)
        with whole_folder(job.writes.training) as folder:
            save(model, folder, validated)
            rows = (row.values() for row in history)
            write_table(folder / "history.csv", list(history[0]), rows)
            about = {
                "targets": train.targets,
                "parameters": model.count_params(),
                "best_epoch": best["epoch"],
                "windows": dataclasses.asdict(header),
            }
            write_text(folder / "training.json", json.dumps(about, indent=2) + "\n")
        run.metrics({"best_epoch": best["epoch"], "parameters": model.count_params()})
        run.file(job.writes.training / "history.csv")
        note_run(run, config.tracking, job.writes.run_note, trained_file(job.writes.training))
    told = (
        f"{model.count_params()} parameters, best epoch {best['epoch']:.0f} of {len(history)}, "
        f"validation balanced accuracy {best['val_balanced_accuracy']:.4f}"
    )
    if validated is not None:
        told += ", joined by one trained on validation too"
    if lost := all_of_them - len(windows):
        told += f"; {lost} windows of no label left out (train.targets=exclusive)"
    numbers = {
        "val_loss": best["val_loss"],
        "val_balanced_accuracy": best["val_balanced_accuracy"],
        "best_epoch": best["epoch"],
        "parameters": model.count_params(),
    }
    return StageResult(told, numbers, objective=best["val_loss"])


def _refitted(
    network: Callable[..., Any],
    train: Train,
    epochs: int,
    windows: window_file.Windows,
    validation: window_file.Windows,
) -> Any:
    """Train anew on both, for as many epochs, and keep the last: all else has been chosen."""
    rows = [np.arange(len(windows)), np.arange(len(validation))]
    both = window_file.picked([windows, validation], rows)
    reproducible(train.seed)
    given = statistics(both)
    model = build_network(network, given, len(both.header.labels), keep=True)
    fit_to_the_end(model, dataclasses.replace(train, epochs=epochs), given.mean, both)
    return model


def _mean_of(validated: keras.Model, refitted: keras.Model) -> keras.Model:
    """Return a network that gives the mean of the logits of two: they err in different places."""
    inputs = keras.Input(refitted.input_shape[1:], name="features")
    both = [
        keras.Model(one.input, one.output, name=name)(inputs)
        for name, one in (("validated", validated), ("refitted", refitted))
    ]
    return keras.Model(inputs, keras.layers.Average(name="logits")(both), name=refitted.name)


def _what_fits(train: Train, header: window_file.Header) -> dict[str, Any]:
    """Give what `auto` came to."""
    return {
        "window_s": header.preprocess["window_s"],
        "hop_s": header.preprocess["hop_s"],
        "targets": train.targets,
        "epochs": train.epochs,
        "batch_size": train.batch_size,
        "refit": train.refit,
    }
