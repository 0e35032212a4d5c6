"""Fitting a network to windows: epochs, averaged weights, the best one, early stopping."""

import contextlib
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from auricle.core.errors import AuricleError
from auricle.core.parallel import progress
from auricle.core.schema import build, parse_group
from auricle.datasets.window_file import Windows, picked
from auricle.features import Features, fine_rows, to_bands
from auricle.networks import NetworkInput
from auricle.training.baselines import Baseline
from auricle.training.batches import Batches, window_weights
from auricle.training.class_hits import ClassHits, balanced_accuracy
from auricle.training.hyperparameters import Train
from auricle.training.losses import each_and_compared, one_or_none

_AVERAGED_EACH = 5  # steps


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
    features = parse_group(windows.header.features, Features, "features")
    return NetworkInput(
        frames,
        coefficients,
        mean.astype(np.float32),
        variance.astype(np.float32),
        fine_rows(features),
        to_bands(features),
    )


def fitted(train: Train, windows: Windows) -> tuple[Train, Windows]:
    """Return what is `auto` as it fits the windows, and those of them that can be learnt from.

    Raises
    ------
    AuricleError
        A recording has several labels, and only one may sound.
    """
    labels = windows.targets.sum(axis=1)
    groups = {windows.groups[i] for i in np.unique(windows.segment[labels > 0])}
    train = train.fitted(
        windows.header.targets, len(windows), len(groups), bool((labels == 0).any())
    )
    return train, labelled(windows, train.targets)


def labelled(windows: Windows, targets: str) -> Windows:
    """Return the windows that `targets` can be learnt from: `exclusive` needs a label.

    Raises
    ------
    AuricleError
        A recording has several labels, and only one may sound.
    """
    if targets == "independent":
        return windows
    labels = windows.targets.sum(axis=1)
    several = np.flatnonzero(labels > 1)
    if len(several):
        clip = windows.clips[windows.segment[several[0]]]
        raise AuricleError(
            f"train.targets={targets} wants one label a recording, but {clip} (and "
            f"{len(np.unique(windows.clip[several])) - 1} more) has several: "
            "set train.targets=independent, or leave its folder out"
        )
    if targets == "exclusive_or_none" or labels.all():
        return windows
    return picked([windows], [np.flatnonzero(labels)])


def fit(
    model: keras.Model | Baseline,
    train: Train,
    mean: npt.NDArray[np.float32],
    windows: Windows,
    validation: Windows,
    on_epoch: Callable[[int, dict[str, float]], None],
) -> list[dict[str, float]]:
    """Train in place and leave the weights of the best epoch; give the history, a row an epoch."""
    if isinstance(model, Baseline):
        return [_fitted(model, train, windows, validation, on_epoch)]
    batches = _compiled(model, train, mean, windows)
    checked = Batches(validation, train)
    history: list[dict[str, float]] = []
    average = _Average(model, train.averaging)
    weights = model.get_weights()
    # A loop of our own: Model.fit feeds generators through a queue that takes twice the time.
    for epoch in range(1, train.epochs + 1):
        batches.deal(epoch)
        learned = _pass(average.step, batches, f"epoch {epoch}")
        _refuse_divergence(learned["loss"], epoch, train)
        with average.shown():
            found = _pass(model.test_on_batch, checked, "validation")
        row = learned | {f"val_{name}": value for name, value in found.items()}
        _refuse_divergence(row["val_loss"], epoch, train)
        history.append({"epoch": epoch, **row})
        on_epoch(epoch, row)
        best = best_epoch(history, train.monitor)["epoch"]
        if best == epoch:
            weights = average.weights()
        elif train.patience and epoch - best >= train.patience:
            break
    model.set_weights(weights)
    return history


def fit_to_the_end(
    model: keras.Model | Baseline, train: Train, mean: npt.NDArray[np.float32], windows: Windows
) -> None:
    """Train in place for all epochs and keep the last: nothing is chosen by other windows."""
    if isinstance(model, Baseline):
        model.fit(windows, train)
        return
    batches = _compiled(model, train, mean, windows)
    average = _Average(model, train.averaging)
    for epoch in range(1, train.epochs + 1):
        batches.deal(epoch)
        loss = _pass(average.step, batches, f"epoch {epoch}")["loss"]
        _refuse_divergence(loss, epoch, train)
    model.set_weights(average.weights())


def _fitted(
    model: Baseline,
    train: Train,
    windows: Windows,
    validation: Windows,
    on_epoch: Callable[[int, dict[str, float]], None],
) -> dict[str, float]:
    """Fit a baseline, which has one epoch; give its row."""
    model.fit(windows, train)
    row: dict[str, float] = {}
    for prefix, part in (("", windows), ("val_", validation)):
        scores, truth = model(part.features), part.targets.argmax(axis=1)
        weights = window_weights(part, train.balance).astype(np.float64)
        each = -scores[np.arange(len(truth)), truth]
        counts = np.bincount(truth, minlength=scores.shape[1])
        right = np.bincount(truth[scores.argmax(1) == truth], minlength=scores.shape[1])
        row[f"{prefix}loss"] = float(np.average(each, weights=weights))
        row[f"{prefix}balanced_accuracy"] = balanced_accuracy(np.stack([counts, right]))
    on_epoch(1, row)
    return {"epoch": 1, **row}


class _Average:
    """Running mean of all weights over the steps (Polyak and Juditsky, 1992): what is kept."""

    def __init__(self, model: keras.Model, keep: float) -> None:
        self._model, self._keep, self._steps = model, keep, 0
        self._mean: list[Any] = [np.asarray(w, np.float32) for w in model.get_weights()]

    def step(self, *batch: Any, **options: Any) -> Any:
        """Train on a batch and take the new weights in."""
        logs = self._model.train_on_batch(*batch, **options)
        self._steps += 1
        if self._keep and self._steps % _AVERAGED_EACH == 0:
            count = self._steps / _AVERAGED_EACH
            # Early on the mean is of few steps: the first ones are far from where it ends.
            keep = np.float32(min(self._keep**_AVERAGED_EACH, count / (10 + count)))
            for mean, new in zip(self._mean, self._model.get_weights(), strict=True):
                mean *= keep
                mean += (1 - keep) * new
        return logs

    def weights(self) -> list[Any]:
        """Copy of the mean, or of the weights where none is kept."""
        averaged = self._keep and self._steps >= _AVERAGED_EACH
        return [w.copy() for w in self._mean] if averaged else self._model.get_weights()

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Let the model have the mean for a while."""
        own = self._model.get_weights()
        self._model.set_weights(self.weights())
        yield
        self._model.set_weights(own)


def _compiled(
    model: keras.Model, train: Train, mean: npt.NDArray[np.float32], windows: Windows
) -> Batches:
    """Give the model optimizer, loss and metric, and the batches it learns from."""
    batches = Batches(windows, train, mean)
    rate: Any = train.learning_rate
    if train.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, len(batches) * train.epochs)
    elif train.schedule == "exponential":
        rate = _ExponentialDecay(rate, len(batches), train.decay, train.decay_after)
    optimizer = build(train.optimizer, "train.optimizer")(learning_rate=rate)
    smoothing = train.label_smoothing
    if train.targets == "independent":
        loss: Any = each_and_compared(smoothing, train.comparison)
    elif train.targets == "exclusive_or_none":
        loss = one_or_none(smoothing)
    else:
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    model.compile(optimizer, loss, metrics=[ClassHits(windows.targets.shape[1])])
    return batches


class _ExponentialDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Give the rate times e^-`decay` each epoch, once `after` epochs have passed."""

    def __init__(self, rate: float, steps: int, decay: float, after: int) -> None:
        self._rate, self._steps, self._decay, self._after = rate, steps, decay, after

    def __call__(self, step: Any) -> Any:
        epoch = keras.ops.floor(keras.ops.cast(step, "float32") / self._steps)
        return self._rate * keras.ops.exp(
            -self._decay * keras.ops.maximum(epoch - self._after + 1, 0.0)
        )

    def get_config(self) -> dict[str, Any]:
        return {
            "rate": self._rate,
            "steps": self._steps,
            "decay": self._decay,
            "after": self._after,
        }


def _refuse_divergence(loss: float, epoch: int, train: Train) -> None:
    if not math.isfinite(loss):
        raise AuricleError(
            f"The loss is no longer finite in epoch {epoch}: lower train.learning_rate="
            f"{train.learning_rate:g}"
        )


def _pass(step: Callable[..., dict[str, Any]], batches: Batches, name: str) -> dict[str, float]:
    """Go through all batches once; give loss and balanced accuracy over all of them."""
    loss, hits, counted = 0.0, np.zeros(()), 0
    for x, y, weights in progress(_ahead(batches), len(batches), name):
        # Keras begins its metrics anew at each batch, so the sums over batches are taken here.
        logs = step(x, y, weights, return_dict=True)
        loss += len(x) * float(logs["loss"])
        hits, counted = hits + np.asarray(logs["hits"], np.float64), counted + len(x)
    return {"loss": loss / counted, "balanced_accuracy": balanced_accuracy(hits)}


def _ahead(batches: Batches) -> Iterator[tuple[Any, Any, Any]]:
    """Give each batch while the next one is made: numpy and the network work side by side."""
    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(batches.__getitem__, 0)
        for number in range(1, len(batches) + 1):
            batch = coming.result()
            if number < len(batches):
                coming = worker.submit(batches.__getitem__, number)
            yield batch


def best_epoch(history: list[dict[str, float]], monitor: str) -> dict[str, float]:
    """Row of the epoch whose weights are kept: the first with the best of what is monitored."""
    sign = -1 if monitor.endswith("accuracy") else 1
    return min(history, key=lambda row: sign * row[monitor])


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
