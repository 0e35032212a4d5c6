"""Stage `prepare_dataset`: recordings -> features of windows, a JSON Lines file a split."""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from auricle.audio import Samples, load
from auricle.augment import Augment, augment
from auricle.cluster import Cluster
from auricle.datasets import splits, window_file
from auricle.datasets.clips import SPLITS, Clip, Dataset, read_about, read_clips
from auricle.errors import AuricleError
from auricle.features import Features, extract, shape
from auricle.files import digest, write_text
from auricle.job import Job
from auricle.preprocess import Preprocess


@dataclass(frozen=True)
class Config:
    """What this stage reads."""

    dataset: Dataset
    preprocess: Preprocess
    features: Features
    augment: Augment
    cluster: Cluster


@dataclass(frozen=True)
class _Item:
    """One recording, or one augmented copy of it."""

    clip: Clip
    chain: str | None


def prepare_dataset(config: Config, job: Job) -> str:
    """Split by group or fold, cut into windows, augment training recordings, extract features."""
    clips, about = read_clips(job.reads.raw), read_about(job.reads.raw)
    if len({clip.labels for clip in clips}) < 2:
        raise AuricleError(
            f"All recordings are of one class ({', '.join(about['labels']) or 'none'}), so there "
            "is nothing to tell apart: add a folder of something else, for example `other`"
        )
    side = splits.split(clips, config.dataset)
    out = job.writes.processed
    splits.save(side, out / "splits.csv")
    header = _header(config, about, job)
    counts: dict[str, Any] = {}
    for name in SPLITS:
        items = [
            _Item(clip, chain)
            for clip in clips
            if side[clip.path] == name
            for chain in (None, *(config.augment.chains if name == "train" else ()))
        ]
        written = window_file.write(
            out / f"{name}.jsonl",
            dataclasses.replace(header, split=name),
            _lines(items, config, name),
        )
        counts[name] = _summary(items, written)
        if not written.windows:
            raise AuricleError(
                f"The {name} recordings are all shorter than a window of "
                f"{config.preprocess.window_s} s: set preprocess.short_clips=pad"
            )
    report = {"dataset": about, "splits": counts}
    text = json.dumps(report, indent=2, ensure_ascii=False)
    write_text(job.writes.reports / "dataset.json", text + "\n")
    return ", ".join(f"{name} {counts[name]['windows']}" for name in SPLITS) + " windows"


def _header(config: Config, about: dict[str, Any], job: Job) -> window_file.Header:
    preprocess, features = config.preprocess, config.features
    return window_file.Header(
        schema=window_file.SCHEMA,
        split="",
        labels=about["labels"],
        preprocess=dataclasses.asdict(preprocess),
        features=dataclasses.asdict(features),
        augment=dataclasses.asdict(config.augment),
        dataset={"name": about["name"], "fingerprint": about["fingerprint"]},
        dataset_config=job.parameters.get("dataset", {}),
        shape=list(shape(preprocess.window, preprocess.sample_rate_hz, features)),
        windows=0,
        clips=0,
    )


def _lines(items: Sequence[_Item], config: Config, split: str) -> Iterator[tuple[bytes, int, int]]:
    work = partial(
        _item_lines,
        preprocess=config.preprocess,
        features=config.features,
        augmentation=config.augment,
    )
    results = config.cluster.map(work, items, f"{split}")
    for item, (data, windows) in zip(items, results, strict=True):
        yield data, windows, int(item.chain is None and windows > 0)


def _item_lines(
    item: _Item, preprocess: Preprocess, features: Features, augmentation: Augment
) -> tuple[bytes, int]:
    """Lines of one recording and their number of windows: all the work of a worker."""
    samples = _samples(item.clip, preprocess.sample_rate_hz)
    if item.chain is not None and len(samples):
        samples = augment(
            samples,
            preprocess.sample_rate_hz,
            augmentation.chain(item.chain),
            augmentation.seed,
            f"{item.chain}/{item.clip.sha256}",
        )
    rows = extract(preprocess.windows(samples), preprocess.sample_rate_hz, features)
    clip = item.clip
    lines = window_file.lines_of(
        clip.path, clip.group, clip.labels, item.chain or "none", rows, preprocess.step_s
    )
    return b"".join(lines), len(rows)


def _samples(clip: Clip, sample_rate_hz: int) -> Samples:
    path = Path(clip.path)
    if not path.is_file() or digest(path) != clip.sha256:
        raise AuricleError(
            f"{path} is not the file that was fetched (missing, or its SHA-256 differs): "
            "run `auricle fetch`"
        )
    return load(path, sample_rate_hz)


def _summary(items: Sequence[_Item], header: window_file.Header) -> dict[str, Any]:
    clips = [item.clip for item in items if item.chain is None]
    by_labels = Counter("+".join(clip.labels) or "none" for clip in clips)
    return {
        "clips": len(clips),
        "groups": len({clip.group for clip in clips}),
        "windows": header.windows,
        "clips_by_labels": dict(sorted(by_labels.items())),
    }
