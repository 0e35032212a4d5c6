"""Small recordings, datasets and window files that several test files make."""

import dataclasses
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
from omegaconf import OmegaConf

from auricle.audio.preprocess import Preprocess
from auricle.augmentation.spectral import SpectralAugment
from auricle.core.compose import compose
from auricle.core.parallel import Cluster
from auricle.core.schema import parse_group
from auricle.datasets import window_file
from auricle.datasets.clips import Clip
from auricle.datasets.folder import Columns, Folder
from auricle.evaluation.cases import ScoredTestSet
from auricle.evaluation.metrics import Bootstrap
from auricle.features import Features
from auricle.inference.bundle import SCHEMA, Bundle
from auricle.inference.calibration import Calibration
from auricle.inference.decision import Decision
from auricle.inference.offline import ScoredWindows
from auricle.inference.trade_off import TradeOff
from auricle.training.hyperparameters import SpecAugment, Train

ROOT = Path(__file__).resolve().parents[1]
RATE = 16000
HERE = Cluster("loky", 1, None)
COLUMNS = Columns("file", None, None, None, None, None, None)
SHAPE = (8, 8)
FEW = Bootstrap(100, 0.95, 0)
PLAIN = SpecAugment(0, 4, 0, 6)
UNCHANGED = SpectralAugment(
    *(0, [1, 1], 0, [1, 1], 0, [0, 0]),
    *(0, 4, 0, [2500, 7500], 0, [0, 30], 0, [-10, 10], 0, [0, 45]),
)
# Logits of (speech, music) that leave no doubt.
SURE = {"speech": (5, -5), "music": (-5, 5), "both": (5, 5), "none": (-5, -5)}


def recording(path, seconds=0.3, seed=0):
    """Write a WAV file of seeded noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    soundfile.write(path, noise, RATE)
    return path


def folder_dataset(path, **changes):
    """Give the configuration of a folder of recordings."""
    plain = {
        "name": "folder",
        "labels": None,
        "split": "group",
        "test_share": 0.2,
        "validation_share": 0.2,
        "folds": None,
        "test_folds": None,
        "split_seed": 0,
        "stop_on_test": False,
        "allow_leaks": False,
        "max_unreadable_share": 0.05,
        "path": str(path),
        "background": None,
        "table": None,
        "table_root": None,
        "columns": COLUMNS,
        "licences": None,
    }
    return Folder(**{**plain, **changes})


def clip(path, labels=("speech",), group=None, **fields):
    """Give a row of clips.csv."""
    return Clip(path, 100, "0" * 64, tuple(labels), group or path, **fields)


@cache
def composed(*overrides):
    """Compose `conf/`, to be read only: asked again, it is the same, which saves half a second."""
    config = compose("config", overrides)
    OmegaConf.set_readonly(config, True)
    return config


@cache
def default_features():
    """Return the features of `conf/`, as a header has them."""
    return vars(parse_group(composed().features, Features, "features"))


def header(labels=("speech", "music"), shape=SHAPE, hop_s=0.25, features=None):
    """Give the header of a window file."""
    preprocess = {
        "sample_rate_hz": RATE,
        "window_s": 0.25,
        "hop_s": hop_s,
        "tails": "pad",
        "steps": [],
    }
    return window_file.Header(
        window_file.SCHEMA,
        "train",
        list(labels),
        "independent",
        preprocess,
        preprocess,
        "",
        features or default_features() | {"n_mels": shape[1], "n_mfcc": shape[1]},
        {"seed": 0, "copies": 1, "chains": {}},
        {"name": "test", "fingerprint": "0" * 64},
        {"name": "test"},
        list(shape),
        0,
        0,
    )


def levels(rows):
    """Give a level for each window: any, but the same each time."""
    return -20 - np.arange(len(rows), dtype=np.float32) % 7


def write_windows(path, segments, **about):
    """Write a window file of segments (clip, labels, augmentation, features) and read it."""
    of = header(**about)
    hop_s = of.preprocess["hop_s"]
    lines = [
        (
            b"".join(
                window_file.lines_of(
                    name, f"group of {name}", labels, kind, rows, levels(rows), hop_s
                )
            ),
            len(rows),
            int(kind == "none"),
        )
        for name, labels, kind, rows in segments
    ]
    window_file.write(path, of, lines)
    return window_file.read(path)


def two_classes(path, clips=6, windows=10, shape=SHAPE, seed=0):
    """Write windows of two labels that their level in half of the coefficients tells apart."""
    rng = np.random.default_rng(seed)
    segments = []
    for i in range(clips):
        label = ("speech", "music")[i % 2]
        rows = rng.standard_normal((windows, *shape)).astype(np.float32)
        rows[:, :, : shape[1] // 2] += 2 * (i % 2) - 1
        segments.append((f"{label}_{i}.wav", [label], "none", rows))
    return write_windows(path, segments, shape=shape)


def bundle_of(labels=("speech", "music"), **decision):
    """Give a bundle without a network, whose calibration does nothing."""
    unset = dict.fromkeys(field.name for field in dataclasses.fields(Decision))
    return Bundle(
        name="of tests",
        schema=SCHEMA,
        auricle_version="0",
        labels=list(labels),
        preprocess=Preprocess(RATE, 0.25, 0.25, "pad", []),
        features={},
        shape=list(SHAPE),
        calibration=Calibration([1.0] * len(labels), [0.0] * len(labels), targets="independent"),
        thresholds=dict.fromkeys(labels, 0.5),
        trade_off=TradeOff([], {}, {}, {}),
        decision=Decision(**{**unset, "context_s": 0.25, **decision}),
        dataset={},
        model="model.tflite",
        model_sha256="",
    )


def scored(folder, segments, logits, labels=("speech", "music"), **decision):
    """Judge segments (clip, labels, number of windows) whose logits are given."""
    test = write_windows(
        folder / "test.jsonl",
        [(name, mine, "none", np.zeros((n, *SHAPE), np.float32)) for name, mine, n in segments],
        labels=labels,
    )
    return ScoredTestSet(np.asarray(logits, np.float32), test, bundle_of(labels, **decision), FEW)


def pitches_hz(samples):
    """Return the pitch of each periodic 40 ms frame by the highest peak of its autocorrelation."""
    frames = samples[: len(samples) // 640 * 640].reshape(-1, 640).astype(np.float64)
    frames = frames - frames.mean(axis=1, keepdims=True)
    power = np.abs(np.fft.rfft(frames, 2048)) ** 2
    correlation = np.fft.irfft(power)[:, :320]
    correlation /= correlation[:, :1] + 1e-12
    # The biased estimate falls with the lag, so that whole multiples of the period lose to it.
    peak = correlation[:, 32:].max(axis=1)
    lag = 32 + correlation[:, 32:].argmax(axis=1)
    periodic = peak > 0.5
    return RATE / lag[periodic], periodic.mean()


@contextmanager
def composing_once(*modules):
    """Let modules of ours that compose `conf/` again and again be given it once."""
    known = cache(compose)
    with pytest.MonkeyPatch.context() as patch:
        for module in modules:
            patch.setattr(
                f"{module}.compose",
                lambda name, overrides, *more: known(name, tuple(overrides), *more),
            )
        yield


@contextmanager
def without_pictures():
    """Leave the report's charts undrawn, which takes most of an evaluation's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("auricle.evaluation.plot_files.save_png", lambda *_: None)
        patch.setattr("auricle.evaluation.html_report.svg", lambda *_: "")
        yield


@cache
def default_decision():
    """Return the decision of `conf/`."""
    return parse_group(composed().decision, Decision, "decision")


def decision(**changes):
    """Give a decision without smoothing, gate or durations, but for what is changed."""
    plain = {"context_s": 0.25, "gate_dbfs": None, "gate_above_floor_db": None}
    plain |= dict.fromkeys(("hysteresis", "min_duration_s", "hold_s"), 0.0)
    return dataclasses.replace(default_decision(), **{**plain, **changes})


def ended(tracker, probabilities, levels_dbfs):
    """Follow windows of 0.25 s one by one: the changes that end something."""
    changes = []
    for i, (row, level) in enumerate(zip(probabilities, levels_dbfs, strict=True)):
        changes += tracker.push(0.25 * i, 0.25 * (i + 1), row, float(level))
    return [change for change in [*changes, *tracker.finish()] if change.kind == "end"]


def recordings(probabilities, targets, sizes, levels=None, step_s=0.25):
    """Give scored windows of recordings of some sizes, for a listener to follow."""
    segment = np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)
    return ScoredWindows(
        np.asarray(probabilities, np.float32),
        np.asarray(targets, np.uint8)[segment],
        np.full(len(segment), -20, np.float32) if levels is None else np.float32(levels),
        segment,
        Preprocess(RATE, 0.25, step_s, "pad", []),
    )


def train(**changes):
    plain = {
        "targets": "independent",
        "epochs": 3,
        "monitor": "val_loss",
        "patience": 3,
        "batch_size": 16,
        "learning_rate": 0.01,
        "schedule": "constant",
        "decay": 0.1,
        "decay_after": 1,
        "optimizer": {"_target_": "keras.optimizers.Adam"},
        "balance": True,
        "group_power": 0.0,
        "pause_weight": 1.0,
        "averaging": 0.0,
        "comparison": 0.0,
        "label_smoothing": 0.0,
        "mixup_alpha": 0.0,
        "spec_augment": PLAIN,
        "changes": UNCHANGED,
        "refit": False,
        "seed": 0,
    }
    return Train(**{**plain, **changes})
