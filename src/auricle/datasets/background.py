"""Sound of no label, from which training learns to name nothing."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from auricle.core.errors import AuricleError
from auricle.core.parallel import Cluster
from auricle.datasets.clips import Clip, Dataset, Listing
from auricle.datasets.starter import Starter
from auricle.synthesis import BACKGROUND

GENERATED = "generated"
_MINUTES, _CLIP_S = 2.0, 5.0  # of each of which there is one group


def with_generated(listing: Listing, dataset: Dataset, folder: Path, cluster: Cluster) -> Listing:
    """Return a list of recordings with generated rooms in which nothing happens.

    Nothing is added where any recording has no label, or several: it has sound that teaches to
    name nothing, or labels that are learnt one by one.
    """
    if any(len(clip.labels) != 1 for clip in listing.clips):
        return listing
    own = {field.name: getattr(dataset, field.name) for field in dataclasses.fields(Dataset)}
    rooms = Starter(
        **own | {"name": BACKGROUND, "labels": {BACKGROUND: []}},
        kinds=[BACKGROUND],
        minutes_per_class=_MINUTES,
        clip_s=_CLIP_S,
        seed=0,
        espeak="never",
    ).fetch(folder, cluster)
    clips = in_folds(sorted([*listing.clips, *rooms.clips]))
    return Listing(clips, listing.labels, {**listing.notes, "background": rooms.notes})


def in_folds(clips: Sequence[Clip]) -> list[Clip]:
    """Return recordings of which those without a fold are dealt, by group, to those that are."""
    folds = sorted({clip.fold for clip in clips} - {""})
    if not folds:
        return list(clips)
    without = sorted({clip.group for clip in clips if not clip.fold})
    dealt = {group: folds[i % len(folds)] for i, group in enumerate(without)}
    return [dataclasses.replace(clip, fold=clip.fold or dealt[clip.group]) for clip in clips]


def refuse_no_folder(background: str | None) -> None:
    """Refuse a folder of background that is not there."""
    if background not in (None, GENERATED) and not Path(str(background)).expanduser().is_dir():
        raise AuricleError(
            f"dataset.background={background} is no folder: name one with recordings of none of "
            "the labels, or set it to generated, or to null"
        )
