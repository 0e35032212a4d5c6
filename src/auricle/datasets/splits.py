"""Which recordings train, which validate, which test: decided before anything is windowed."""

import csv
import dataclasses
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from auricle.core.csv_table import write_table
from auricle.core.errors import AuricleError
from auricle.core.files import need_file
from auricle.datasets.clips import SPLITS, Clip, Dataset
from auricle.datasets.group_dealing import deal, refuse_few

# Side of a recording whose windows are dealt out one by one.
ALL = "all"


def split(clips: Sequence[Clip], dataset: Dataset) -> dict[str, str]:
    """Split of each recording, by its path; one that is left out has none.

    A split that the dataset's table gives stands, and what it leaves open of a group follows. The
    others go by fold or by group. Where the authors' folds have a group on two sides (ESC-50's do
    so with two of 919), the test fold stays as it was published, and the group's recordings
    elsewhere are left out; likewise those in training of a group that validates.

    Raises
    ------
    AuricleError
        There are too few groups or folds, or a fold that was asked for does not exist.
    """
    if dataset.split == "random_windows":
        return {clip.path: ALL for clip in clips}
    given = {clip.group: clip.split for clip in clips if clip.split}
    side = {clip.path: clip.split or given[clip.group] for clip in clips if clip.group in given}
    rest = [clip for clip in clips if clip.group not in given]
    if rest:
        by = _by_fold if dataset.split == "fold" else _by_group
        side |= by(rest, dataset)
    empty = [name for name in SPLITS if name not in side.values()]
    if empty:
        raise AuricleError(
            f"No recording is in {', '.join(empty)}: name some in the table's split column, or "
            "leave it empty for the groups that may go there"
        )
    return side


def windows_of(part: str, clip: Clip, count: int, dataset: Dataset) -> npt.NDArray[np.bool_]:
    """Which windows of a recording are of a split [shape=(count,)] under `split: random_windows`.

    Neighbours of a window that tests are trained on: what this claims is not to be had on other
    recordings. With `stop_on_test` those that test also validate, and all others train.
    """
    rng = np.random.default_rng([dataset.split_seed, int(clip.sha256[:16], 16)])
    drawn = rng.random(count)
    tested = drawn < dataset.test_share
    if dataset.stop_on_test:
        return ~tested if part == "train" else tested
    held_out = drawn < dataset.test_share + dataset.validation_share
    return {"test": tested, "validation": held_out & ~tested, "train": ~held_out}[part]


def fingerprint(side: Mapping[str, str], dataset: Dataset) -> str:
    """SHA-256 of a split: another one may test what this one trains on."""
    dealt = [dataset.split_seed, dataset.test_share, dataset.validation_share, dataset.stop_on_test]
    by_window = dealt if dataset.split == "random_windows" else []
    return hashlib.sha256(json.dumps([sorted(side.items()), by_window]).encode()).hexdigest()


def load(path: Path) -> dict[str, str]:
    """Read the table that `save` wrote."""
    need_file(path, "run `auricle prepare` first")
    with path.open(encoding="utf-8", newline="") as file:
        return {row["path"]: row["split"] for row in csv.DictReader(file)}


def save(assignment: Mapping[str, str], path: Path) -> None:
    """Write a table of path and split."""
    write_table(path, ["path", "split"], sorted(assignment.items()))


def _by_group(clips: Sequence[Clip], dataset: Dataset) -> dict[str, str]:
    """Deal out the groups of each class by their number of recordings."""
    groups, wanted = _by_name(clips), "train, validation and test"
    if _span_classes(groups):
        shares = (dataset.test_share, dataset.validation_share)
        parts = deal(_counts(groups), [*shares, 1 - sum(shares)], dataset.split_seed, wanted)
        names = ("test", "validation", "train")
        return {clip.path: names[parts[clip.group]] for clip in clips}
    side: dict[str, str] = {}
    for order in _shuffled(groups, dataset, len(SPLITS), wanted):
        total = sum(len(groups[name]) for name in order)
        for part, share in (("test", dataset.test_share), ("validation", dataset.validation_share)):
            taken = 0
            # The first group is taken in any case; enough are left for the parts that follow.
            while taken == 0 or (
                taken + len(groups[order[0]]) / 2 <= share * total and len(order) > 2
            ):
                name = order.pop(0)
                taken += len(groups[name])
                side[name] = part
        side |= dict.fromkeys(order, "train")
    return {clip.path: side[clip.group] for clip in clips}


def _into_folds(clips: Sequence[Clip], dataset: Dataset, number: int) -> list[Clip]:
    """Deal the groups of each class into folds: each to the one that has fewest of its class."""
    groups, wanted = _by_name(clips), f"{number} folds (dataset.folds)"
    fold: dict[str, str] = {}
    if _span_classes(groups):
        parts = deal(_counts(groups), [1 / number] * number, dataset.split_seed, wanted)
        fold = {name: str(part + 1) for name, part in parts.items()}
    else:
        for order in _shuffled(groups, dataset, number, wanted):
            sizes = [0] * number
            for name in sorted(order, key=lambda name: -len(groups[name])):
                least = sizes.index(min(sizes))
                sizes[least] += len(groups[name])
                fold[name] = str(least + 1)
    return [dataclasses.replace(clip, fold=fold[clip.group]) for clip in clips]


def _by_name(clips: Sequence[Clip]) -> dict[str, list[Clip]]:
    groups: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        groups[clip.group].append(clip)
    return groups


def _span_classes(groups: Mapping[str, Sequence[Clip]]) -> bool:
    """Whether any group has recordings of several classes, as a speaker of several words has."""
    return any(len({clip.labels for clip in of}) > 1 for of in groups.values())


def _counts(groups: Mapping[str, Sequence[Clip]]) -> dict[str, Counter[str]]:
    return {name: Counter("+".join(clip.labels) for clip in of) for name, of in groups.items()}


def _shuffled(
    groups: Mapping[str, Sequence[Clip]], dataset: Dataset, least: int, wanted: str
) -> list[list[str]]:
    """Names of the groups of each class, in random order."""
    of_class: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in sorted(groups):
        of_class[groups[name][0].labels].append(name)
    refuse_few({"+".join(labels): names for labels, names in of_class.items()}, least, wanted)
    rng = np.random.default_rng(dataset.split_seed)
    return [
        [names[i] for i in rng.permutation(len(names))] for _, names in sorted(of_class.items())
    ]


def _by_fold(clips: Sequence[Clip], dataset: Dataset) -> dict[str, str]:
    """Test on the folds asked for (the last, by default), validate on the one after, cyclic."""
    if dataset.folds is not None:
        clips = _into_folds(clips, dataset, dataset.folds)
    folds = sorted({clip.fold for clip in clips}, key=lambda fold: (len(fold), fold))
    if "" in folds or len(folds) < len(SPLITS):
        raise AuricleError(
            f"dataset.split=fold needs at least {len(SPLITS)} folds and one for each recording; "
            f"found {folds}: set dataset.columns.fold, dataset.folds, or dataset.split=group"
        )
    test = [str(fold) for fold in dataset.test_folds or folds[-1:]]
    unknown = sorted(set(test) - set(folds))
    if unknown:
        raise AuricleError(f"dataset.test_folds={unknown} are not among the folds {folds}")
    training = [fold for fold in folds if fold not in test]
    if len(training) < 2:
        raise AuricleError(
            f"dataset.test_folds={test} leave {training} of the folds {folds}: two are needed, "
            "to train and to validate"
        )
    after = folds.index(test[-1]) + 1
    validation = next(f for f in folds[after:] + folds[:after] if f in training)
    part = dict.fromkeys(folds, "train") | dict.fromkeys(test, "test")
    part[validation] = "validation"
    tested = {clip.group for clip in clips if part[clip.fold] == "test"}
    validated = {clip.group for clip in clips if part[clip.fold] == "validation"} - tested
    return {
        clip.path: part[clip.fold]
        for clip in clips
        if part[clip.fold] == "test"
        or (
            clip.group not in tested
            and (part[clip.fold] == "validation" or clip.group not in validated)
        )
    }
