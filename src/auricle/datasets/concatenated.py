"""Several datasets as one."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auricle.core.errors import AuricleError
from auricle.core.parallel import Cluster
from auricle.core.schema import build
from auricle.datasets.background import in_folds
from auricle.datasets.clips import Dataset, Listing


@dataclass(frozen=True)
class Concatenated(Dataset):
    """The recordings of all `parts`, each a dataset of its own; this one's split holds for all."""

    parts: dict[str, Any]

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.parts:
            self._part(name)

    def fetch(self, folder: Path, cluster: Cluster) -> Listing:
        """Fetch each part; groups are named after their part, so that none is confused.

        Where some recordings have folds, the groups of the others are dealt to these in turn.
        """
        clips, labels, notes = [], [], {}
        for name in self.parts:
            listing = self._part(name).fetch(folder, cluster)
            clips += [
                dataclasses.replace(clip, group=f"{name}:{clip.group}", source=clip.source or name)
                for clip in listing.clips
            ]
            labels += listing.labels
            notes[name] = listing.notes
        return Listing(in_folds(sorted(clips)), list(dict.fromkeys(labels)), notes)

    def _part(self, name: str) -> Dataset:
        # A part says what is its own; how to split is said once, here.
        own = {f.name: getattr(self, f.name) for f in dataclasses.fields(Dataset)} | {
            "labels": None
        }
        part = build(own | (self.parts[name] or {}), f"dataset.parts.{name}")
        if not isinstance(part, Dataset):
            raise AuricleError(f"dataset.parts.{name} is no dataset: set its _target_")
        return part
