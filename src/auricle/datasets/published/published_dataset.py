"""A published set as a dataset."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auricle.core.errors import AuricleError
from auricle.core.parallel import Cluster
from auricle.datasets.clips import Dataset, Listing, list_clips
from auricle.datasets.published.archive import Archive
from auricle.datasets.published.layout import Layout


@dataclass(frozen=True)
class Published(Dataset):
    """Recordings of a set that others published, in `path`; fetched to there where it may be.

    Nothing is copied from there. With `labels`, a class that they do not name is left out.
    """

    path: str
    source: Archive
    layout: Layout
    allow_partial: bool
    licence: str
    citation: str

    def fetch(self, folder: Path, cluster: Cluster) -> Listing:
        """Bring the set to this machine if it is not there, and list it as its authors do."""
        home = Path(self.path).expanduser()
        if not home.is_dir():
            self.source.bring(home, lambda folder: self.layout.entries(folder, self.allow_partial))
            sys.stderr.write(f"{self.name}: {self.licence}. Cite {self.citation}\n")
        entries = self.layout.entries(home, self.allow_partial)
        classes = sorted({entry.label for entry in entries})
        given = self.labels or {name: [name] for name in classes}
        if absent := sorted(set(given) - set(classes)):
            raise AuricleError(
                f"dataset.labels names {', '.join(absent)}, but {self.name} has "
                f"{', '.join(classes)}: rename it, or take it out of dataset.labels"
            )
        used: list[tuple[Path, dict[str, Any]]] = [
            (
                entry.path,
                {
                    "labels": tuple(given[entry.label]),
                    "group": entry.group,
                    "fold": entry.fold,
                    "licence": self.licence,
                    "source": self.name,
                },
            )
            for entry in entries
            if entry.label in given
        ]
        notes = {
            "source": self.path,
            "licence": self.licence,
            "citation": self.citation,
            "published": self.layout.recordings,
            "left_out": {"class not in dataset.labels": len(entries) - len(used)},
        }
        if len(entries) < self.layout.recordings:
            notes["partial"] = f"{len(entries)} of {self.layout.recordings} recordings are there"
        return Listing(list_clips(used), self.label_names(classes), notes)
