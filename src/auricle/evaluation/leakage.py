"""What a careless evaluation would have claimed: windows of one recording on both sides."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle.core.errors import AuricleError
from auricle.core.schema import check
from auricle.datasets.window_file import Windows, picked
from auricle.evaluation.metrics import Bootstrap, Interval, recall_means
from auricle.networks import build_network
from auricle.training.fit import fit_to_the_end, fitted, logits, reproducible, statistics
from auricle.training.hyperparameters import Train

# Fewer than these teach a network nothing, whichever way they are drawn.
_LEAST = 50


@dataclass(frozen=True)
class Leakage:
    """How large the two networks' training is."""

    windows: int
    epochs: int

    def __post_init__(self) -> None:
        check(self.windows >= 0, f"windows={self.windows} must not be negative; 0 leaves it out")
        check(self.epochs >= 1, f"epochs={self.epochs} must be at least 1")


@dataclass(frozen=True)
class LeakagePair:
    """Balanced accuracy of windows, of two networks that differ in what they were tested on.

    `claimed_too_much` is `random_windows` less `honest`; the two are resampled independently.
    """

    honest: Interval
    random_windows: Interval
    claimed_too_much: Interval
    trained: int
    epochs: int


def leakage_pair(
    naive: Leakage,
    windows: Mapping[str, Windows],
    network: Callable[..., Any],
    train: Train,
    bootstrap: Bootstrap,
) -> LeakagePair:
    """Train two networks alike on equally many windows without augmentation, and test them.

    One learns from recordings of the training split and is tested on the test split. The other
    learns from windows drawn at random from all recordings, and is tested on as many others.

    Raises
    ------
    AuricleError
        There are too few windows, or the training diverges.
    """
    plain = {name: _plain(part) for name, part in windows.items()}
    pooled = sum(len(rows) for rows in plain.values())
    count = min(naive.windows, len(plain["train"]), pooled // 2)
    if count < _LEAST:
        raise AuricleError(f"{count} windows are too few to train on; {_LEAST} are needed")
    train = dataclasses.replace(train, epochs=naive.epochs)
    rng = np.random.default_rng(train.seed)
    learned = np.sort(rng.choice(plain["train"], count, replace=False))
    drawn = rng.permutation(pooled)[: 2 * count]

    def judged(learn: Windows, test: Windows, seed: int) -> tuple[float, npt.NDArray[np.float64]]:
        one = test.targets.sum(axis=1) == 1
        if not one.any():
            raise AuricleError("no window that tests has exactly one label")
        reproducible(train.seed)
        mine, learn = fitted(train, learn)
        given = statistics(learn)
        model = build_network(network, given, len(learn.header.labels))
        fit_to_the_end(model, mine, given.mean, learn)
        answer = np.concatenate(list(logits(model, test.features))).argmax(axis=1)[one]
        truth = test.targets[one].argmax(axis=1)
        groups = [test.groups[i] for i in test.segment[one]]
        resampling = dataclasses.replace(bootstrap, seed=seed)
        return recall_means(truth, answer == truth, groups, test.targets.shape[1], resampling)

    honest = judged(
        picked([windows["train"]], [learned]),
        windows["test"],
        bootstrap.seed,
    )
    parts = list(windows.values())
    leaky = judged(
        picked(parts, _dealt(drawn[:count], list(plain.values()))),
        picked(parts, _dealt(drawn[count:], list(plain.values()))),
        bootstrap.seed + 1,
    )
    return LeakagePair(
        bootstrap.interval(*honest),
        bootstrap.interval(*leaky),
        bootstrap.interval(leaky[0] - honest[0], leaky[1] - honest[1]),
        count,
        naive.epochs,
    )


def _plain(windows: Windows) -> npt.NDArray[np.int64]:
    """Rows that are no augmented copy."""
    plain = np.array([name == "none" for name in windows.augmentations])
    return np.flatnonzero(plain[windows.segment])


def _dealt(
    drawn: npt.NDArray[np.int64], plain: Sequence[npt.NDArray[np.int64]]
) -> list[npt.NDArray[np.int64]]:
    """Rows of each file, of numbers drawn over all of them together."""
    ends = np.cumsum([0, *(len(rows) for rows in plain)])
    drawn = np.sort(drawn)
    return [
        rows[drawn[(drawn >= start) & (drawn < end)] - start]
        for rows, start, end in zip(plain, ends[:-1], ends[1:], strict=True)
    ]
