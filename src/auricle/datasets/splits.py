"""Which recordings train, which validate, which test: decided before anything is windowed."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from auricle.datasets.clips import SPLITS, Clip, Dataset
from auricle.errors import AuricleError
from auricle.files import write_text


def split(clips: Sequence[Clip], dataset: Dataset) -> dict[str, str]:
    """Split of each recording, by its path.

    A split that the dataset's table gives stands, and what it leaves open of a group follows. The
    others go by official fold or by group. A group stands on two sides only where the dataset's
    authors put it there: ESC-50's folds do so with two of 919.

    Raises
    ------
    AuricleError
        There are too few groups or folds, or a fold that was asked for does not exist.
    """
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


def save(assignment: Mapping[str, str], path: Path) -> None:
    """Write a table of path and split."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["path", "split"])
    writer.writerows(sorted(assignment.items()))
    write_text(path, text.getvalue())


def _by_group(clips: Sequence[Clip], dataset: Dataset) -> dict[str, str]:
    """Shuffle the groups of each class and deal them out by their number of recordings.

    The class of a group is the set of labels most of its recordings have, so that each class
    keeps its share in each split.
    """
    groups: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        groups[clip.group].append(clip)
    strata: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in sorted(groups):
        counts = Counter(clip.labels for clip in groups[name])
        strata[max(sorted(counts), key=counts.__getitem__)].append(name)
    side: dict[str, str] = {}
    rng = np.random.default_rng(dataset.split_seed)
    for labels, names in sorted(strata.items()):
        if len(names) < len(SPLITS):
            raise AuricleError(
                f"The recordings labelled {'+'.join(labels) or 'none'} are of {len(names)} "
                f"group(s) ({', '.join(names)}), but train, validation and test need one each: "
                "add recordings, or name smaller groups in dataset.table"
            )
        order = [names[i] for i in rng.permutation(len(names))]
        total = sum(len(groups[name]) for name in names)
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


def _by_fold(clips: Sequence[Clip], dataset: Dataset) -> dict[str, str]:
    """Test on the folds asked for (the last, by default), validate on the one after, cyclic."""
    folds = sorted({clip.fold for clip in clips}, key=lambda fold: (len(fold), fold))
    if "" in folds or len(folds) < len(SPLITS):
        raise AuricleError(
            f"dataset.split=fold needs at least {len(SPLITS)} folds and one for each recording; "
            f"found {folds}: set dataset.columns.fold, or dataset.split=group"
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
    return {clip.path: part[clip.fold] for clip in clips}
