"""Batches of windows from the memory map, shuffled and changed as configured."""

import dataclasses
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle.audio.level import ACTIVE_DB
from auricle.augmentation.spectral import Sounds, SpectralAugment, spectral_augment
from auricle.core.schema import parse_group
from auricle.datasets.window_file import Windows
from auricle.features import Features, Spectra
from auricle.training.hyperparameters import Train


class Batches:
    """Shuffled batches of windows from the memory map, changed as configured.

    The order of epoch e and every random change are drawn from (seed, e, batch).
    """

    def __init__(
        self, windows: Windows, train: Train, mean: npt.NDArray[np.float32] | None = None
    ) -> None:
        if train.targets == "exclusive_or_none":
            # What is silent within a recording has nothing of its label.
            heard = np.where(pauses(windows)[:, None], np.uint8(0), windows.targets)
            windows = dataclasses.replace(windows, targets=heard)
        self._windows, self._train, self._mean = windows, train, mean
        self._weights = window_weights(
            windows, train.balance, train.group_power, train.pause_weight
        )
        self._learning = mean is not None
        self._changes = None
        if self._learning and train.changes.any:
            changes = train.changes
            if train.targets != "independent":
                changes = dataclasses.replace(changes, together=0.0)
            self._changes = _Changing(windows, changes)
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
            if self._changes:
                x, mixed = self._changes.draw(rows, rng)
                # Where one of the labels always sounds, it is not lost in noise either.
                y = y if self._train.targets == "exclusive" else mixed
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


class _Changing:
    """Windows of a batch as powers, changed, and as features again."""

    def __init__(self, windows: Windows, changes: SpectralAugment) -> None:
        self._windows, self._settings = windows, changes
        header = windows.header
        rows, columns = header.shape
        features = parse_group(header.features, Features, "features")
        self._spectra = Spectra((rows, columns), header.preprocess["sample_rate_hz"], features)
        power = np.exp(windows.levels_dbfs * (np.log(10) / 10))
        # Some windows of a file may have been picked, so that a recording is without any.
        counts = np.maximum(1, np.bincount(windows.segment))
        mean = np.maximum(1e-12, np.bincount(windows.segment, power) / counts)
        self._clip_dbfs = (10 * np.log10(mean)).astype(np.float32)[windows.segment]
        labels = windows.targets.sum(axis=1)
        self._single, self._none = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)

    def draw(
        self, rows: npt.NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Features and targets of these windows, changed."""
        single, none = self._single, self._none
        others = None
        if self._settings.together:
            others = self._sounds(rng.choice(single if len(single) else rows, len(rows)))
        noises = self._sounds(rng.choice(none, len(rows))) if len(none) else None
        return spectral_augment(
            self._sounds(rows), others, noises, self._spectra, self._settings, rng
        )

    def _sounds(self, rows: npt.NDArray[np.int64]) -> Sounds:
        windows, levels_dbfs = self._windows, self._windows.levels_dbfs[rows]
        return Sounds(
            self._spectra.to_power(windows.features[rows], levels_dbfs),
            levels_dbfs,
            self._clip_dbfs[rows],
            windows.targets[rows].astype(np.float32),
        )


def pauses(windows: Windows) -> npt.NDArray[np.bool_]:
    """Which windows are silent beside the loudest of their recording [shape=(n,)]."""
    loudest = np.full(len(windows.clips), -np.inf)
    np.maximum.at(loudest, windows.segment, windows.levels_dbfs)
    silent: npt.NDArray[np.bool_] = windows.levels_dbfs < loudest[windows.segment] - ACTIVE_DB
    return silent


def window_weights(
    windows: Windows, balance: bool, group_power: float = 0.0, pause_weight: float = 1.0
) -> npt.NDArray[np.float32]:
    """Weight of each window [shape=(n,)], mean 1.

    Balanced, combinations of labels weigh alike; within them, a group of n windows weighs
    n^(1 - `group_power`), and pauses count `pause_weight`.
    """
    weights = np.ones(len(windows))
    if group_power:
        names = np.asarray(windows.groups, dtype=object)[windows.segment]
        _, which, counts = np.unique(names, return_inverse=True, return_counts=True)
        weights /= counts[which.reshape(-1)] ** group_power
    if pause_weight != 1:
        weights[pauses(windows)] *= pause_weight
    if balance:
        _, which = np.unique(windows.targets, axis=0, return_inverse=True)
        which = which.reshape(-1)
        weights /= np.bincount(which, weights)[which]
    return (weights / weights.mean()).astype(np.float32)
