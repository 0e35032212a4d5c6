"""Fitting a network to windows: batches from the memory map, best epoch, early stopping."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from auricle.cluster import shown
from auricle.config import build, check, one_of
from auricle.datasets.window_file import Windows
from auricle.errors import AuricleError
from auricle.networks import NetworkInput


@dataclass(frozen=True)
class SpecAugment:
    """Masks of SpecAugment (Park et al., 2019), in frames and coefficients."""

    time_masks: int
    max_frames: int
    frequency_masks: int
    max_coefficients: int

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            check(value >= 0, f"{name}={value} must not be negative")


@dataclass(frozen=True)
class Train:
    """How a network learns."""

    targets: str
    epochs: int
    patience: int
    batch_size: int
    learning_rate: float
    schedule: str
    optimizer: dict[str, Any]
    balance: bool
    label_smoothing: float
    mixup_alpha: float
    spec_augment: SpecAugment
    seed: int

    def __post_init__(self) -> None:
        one_of("targets", self.targets, ("independent", "exclusive"))
        one_of("schedule", self.schedule, ("constant", "cosine"))
        for name in ("epochs", "patience", "batch_size", "learning_rate"):
            check(getattr(self, name) > 0, f"{name}={getattr(self, name)} must be positive")
        check(
            0 <= self.label_smoothing < 1,
            f"label_smoothing={self.label_smoothing} must lie in [0, 1)",
        )
        check(self.mixup_alpha >= 0, f"mixup_alpha={self.mixup_alpha} must not be negative")
        build(self.optimizer, "train.optimizer")


class Batches:
    """Shuffled batches of windows from the memory map, changed as configured.

    The order of epoch e and every random change are drawn from (seed, e, batch).
    """

    def __init__(
        self, windows: Windows, train: Train, mean: npt.NDArray[np.float32] | None = None
    ) -> None:
        self._windows, self._train, self._mean = windows, train, mean
        self._weights = window_weights(windows, train.balance)
        self._learning = mean is not None
        self.deal(0)

    def __len__(self) -> int:
        return math.ceil(len(self._windows) / self._train.batch_size)

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        size = self._train.batch_size
        rows = np.sort(self._order[index * size : (index + 1) * size])
        x = self._windows.features[rows]
        y = self._windows.targets[rows].astype(np.float32)
        weights = self._weights[rows]
        if self._learning:
            rng = np.random.default_rng([self._train.seed, self._epoch, index])
            x = self._masked(x, rng)
            if self._train.mixup_alpha:
                x, y, weights = self._mixed(x, y, weights, rng)
        return x, y, weights

    def deal(self, epoch: int) -> None:
        """Deal the windows out anew, for the epoch of this number."""
        self._epoch = epoch
        self._order = np.arange(len(self._windows))
        if self._learning:
            np.random.default_rng([self._train.seed, epoch]).shuffle(self._order)

    def _mixed(self, x: Any, y: Any, weights: Any, rng: np.random.Generator) -> Any:
        """Mixup (Zhang et al., 2018)."""
        share = rng.beta(self._train.mixup_alpha, self._train.mixup_alpha, len(x))
        share = share.astype(np.float32)
        other = rng.permutation(len(x))
        mixed_x = share[:, None, None] * x + (1 - share)[:, None, None] * x[other]
        mixed_y = share[:, None] * y + (1 - share)[:, None] * y[other]
        return mixed_x, mixed_y, share * weights + (1 - share) * weights[other]

    def _masked(self, x: Any, rng: np.random.Generator) -> Any:
        """Set random spans of frames and of coefficients to the training mean."""
        spec = self._train.spec_augment
        for axis, masks, widest in (
            (1, spec.time_masks, spec.max_frames),
            (2, spec.frequency_masks, spec.max_coefficients),
        ):
            for _ in range(masks):
                width = rng.integers(0, widest + 1, len(x))
                start = rng.integers(0, np.maximum(1, x.shape[axis] - width + 1))
                place = np.arange(x.shape[axis])
                hidden = (place >= start[:, None]) & (place < (start + width)[:, None])
                hidden = np.expand_dims(hidden, 3 - axis)
                x = np.where(hidden, self._mean, x)
        return x


def window_weights(windows: Windows, balance: bool) -> npt.NDArray[np.float32]:
    """Weight of each window [shape=(n,)], mean 1; balanced, combinations of labels weigh alike."""
    if not balance:
        return np.ones(len(windows), np.float32)
    _, which, counts = np.unique(windows.targets, axis=0, return_inverse=True, return_counts=True)
    weights = len(windows) / (len(counts) * counts.astype(np.float64))
    return weights[which.reshape(-1)].astype(np.float32)


def statistics(windows: Windows, chunk: int = 4096) -> NetworkInput:
    """Mean and variance of each coefficient over all windows and frames, chunk by chunk."""
    frames, coefficients = windows.header.shape
    total, squares = np.zeros(coefficients), np.zeros(coefficients)
    for start in range(0, len(windows), chunk):
        block = windows.features[start : start + chunk].astype(np.float64)
        total += block.sum(axis=(0, 1))
        squares += np.square(block).sum(axis=(0, 1))
    count = len(windows) * frames
    mean = total / count
    variance = np.maximum(squares / count - np.square(mean), 1e-8)
    return NetworkInput(frames, coefficients, mean.astype(np.float32), variance.astype(np.float32))


def refuse_unfit_labels(windows: Windows, targets: str) -> None:
    """Refuse `exclusive` training on windows that have no label or several."""
    if targets != "exclusive":
        return
    wrong = np.flatnonzero(windows.targets.sum(axis=1) != 1)
    if len(wrong):
        clip = windows.clips[windows.stretch[wrong[0]]]
        raise AuricleError(
            f"train.targets=exclusive wants one label a recording, but {clip} (and "
            f"{len(np.unique(windows.clip[wrong])) - 1} more) has none or several: "
            "set train.targets=independent, or leave its folder out"
        )


def fit(
    model: keras.Model,
    train: Train,
    mean: npt.NDArray[np.float32],
    windows: Windows,
    validation: Windows,
    on_epoch: Callable[[int, dict[str, float]], None],
) -> list[dict[str, float]]:
    """Train in place and leave the weights of the best epoch; give the history, a row an epoch."""
    batches = _compiled(model, train, mean, windows)
    checked = Batches(validation, train)
    history: list[dict[str, float]] = []
    best, weights = math.inf, model.get_weights()
    # A loop of our own: Model.fit feeds generators through a queue that takes twice the time.
    for epoch in range(1, train.epochs + 1):
        batches.deal(epoch)
        learned = _pass(model.train_on_batch, batches, f"epoch {epoch}")
        found = _pass(model.test_on_batch, checked, "validation")
        row = learned | {f"val_{name}": value for name, value in found.items()}
        _refuse_divergence(row["val_loss"], epoch, train)
        history.append({"epoch": epoch, **row})
        on_epoch(epoch, row)
        if row["val_loss"] < best:
            best, weights = row["val_loss"], model.get_weights()
        elif epoch - best_epoch(history)["epoch"] >= train.patience:
            break
    model.set_weights(weights)
    return history


def fit_to_the_end(
    model: keras.Model, train: Train, mean: npt.NDArray[np.float32], windows: Windows
) -> None:
    """Train in place for all epochs and keep the last: nothing is chosen by other windows."""
    batches = _compiled(model, train, mean, windows)
    for epoch in range(1, train.epochs + 1):
        batches.deal(epoch)
        loss = _pass(model.train_on_batch, batches, f"epoch {epoch}")["loss"]
        _refuse_divergence(loss, epoch, train)


def _compiled(
    model: keras.Model, train: Train, mean: npt.NDArray[np.float32], windows: Windows
) -> Batches:
    """Give the model optimizer, loss and metric, and the batches it learns from."""
    batches = Batches(windows, train, mean)
    rate: Any = train.learning_rate
    if train.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, len(batches) * train.epochs)
    optimizer = build(train.optimizer, "train.optimizer")(learning_rate=rate)
    smoothing = train.label_smoothing
    if train.targets == "independent":
        loss: Any = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)
        metric: Any = keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)
    else:
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
        metric = keras.metrics.CategoricalAccuracy(name="accuracy")
    model.compile(optimizer, loss, weighted_metrics=[metric])
    return batches


def _refuse_divergence(loss: float, epoch: int, train: Train) -> None:
    if not math.isfinite(loss):
        raise AuricleError(
            f"The loss is no longer finite in epoch {epoch}: lower train.learning_rate="
            f"{train.learning_rate:g}"
        )


def _pass(step: Callable[..., dict[str, Any]], batches: Batches, name: str) -> dict[str, float]:
    """Go through all batches once; give loss and metrics over all of them."""
    sums: dict[str, float] = {}
    counted = weighed = 0.0
    for index in shown(range(len(batches)), len(batches), name):
        x, y, weights = batches[index]
        # Keras begins its metrics anew at each batch, so the mean over batches is taken here.
        for key, value in step(x, y, weights, return_dict=True).items():
            share = len(x) if key == "loss" else float(weights.sum())
            sums[key] = sums.get(key, 0.0) + share * float(value)
        counted, weighed = counted + len(x), weighed + float(weights.sum())
    return {key: total / (counted if key == "loss" else weighed) for key, total in sums.items()}


def best_epoch(history: list[dict[str, float]]) -> dict[str, float]:
    """Row of the epoch whose weights were kept."""
    return min(history, key=lambda row: row["val_loss"])


def reproducible(seed: int) -> None:
    """Seed everything that Keras and its backend draw from, and let operations repeat exactly."""
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def logits(model: keras.Model, features: npt.NDArray[np.float32]) -> Iterator[Any]:
    """Logits of windows from Keras, batch by batch; for checks, never for listening."""
    for start in range(0, len(features), 512):
        yield np.asarray(model(features[start : start + 512], training=False))
