"""Stage `fetch_dataset`: recordings -> `data/raw/clips.csv`."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from auricle.core.parallel import Cluster
from auricle.core.text import listed
from auricle.datasets.clips import Dataset, Listing, source_of
from auricle.pipeline.stage import Job, StageResult


@dataclass(frozen=True)
class Config:
    """What this stage reads."""

    dataset: Dataset
    cluster: Cluster


def fetch_dataset(config: Config, job: Job) -> StageResult:
    """List the recordings, making or fetching what is missing."""
    listing = config.dataset.fetch(job.writes.raw, config.cluster)
    _forget_other_sources(job.writes.raw, listing)
    source = source_of(job.parameters.get("dataset", {}))
    listing.save(job.writes.raw, config.dataset.name, source)
    left_out = sum(_counts(listing.notes))
    return StageResult(
        f"{len(listing.clips)} recordings of {len({c.group for c in listing.clips})} groups, "
        f"labels {listed(listing.labels)}" + (f"; {left_out} files left out" if left_out else "")
    )


def _forget_other_sources(raw: Path, listing: Listing) -> None:
    """Remove what another dataset generated in `data/raw`: it would be kept as this one's.

    A manifest marks what Auricle made and can make again; nothing else is touched.
    """
    for manifest in raw.glob("*/manifest.json"):
        folder = manifest.parent
        if not any(Path(clip.path).is_relative_to(folder) for clip in listing.clips):
            shutil.rmtree(folder)


def _counts(notes: dict[str, object]) -> list[int]:
    found: list[int] = []
    for key, value in notes.items():
        if isinstance(value, dict):
            found += list(value.values()) if key == "left_out" else _counts(value)
    return found
