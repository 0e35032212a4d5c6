"""Stage `prepare_dataset`: recordings -> features of windows, a JSON Lines file a split."""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from auricle.audio import Samples
from auricle.audio.io import load
from auricle.audio.level import level_dbfs
from auricle.audio.preprocess import Preprocess, PreprocessSettings
from auricle.augmentation.waveform import Augment, augment
from auricle.core.errors import AuricleError
from auricle.core.files import write_text
from auricle.core.native_output import silenced
from auricle.core.parallel import Cluster
from auricle.core.text import listed
from auricle.datasets import duplicates, inspection, splits, window_file
from auricle.datasets.clips import SPLITS, Clip, Dataset, read_about, read_clips, unchanged
from auricle.datasets.fitting import fit_targets, fit_windows
from auricle.features import Features, extract, shape
from auricle.pipeline.stage import Job, StageResult

_WORTH_TELLING_S = 1.0  # of sound left out, in all
_FEW = 5  # recordings of a class tell little of it


@dataclass(frozen=True)
class Config:
    """What this stage reads."""

    dataset: Dataset
    preprocess: PreprocessSettings
    features: Features
    augment: Augment
    cluster: Cluster


@dataclass(frozen=True)
class _Item:
    """One recording, or one augmented copy of it: the chain, and the number of the copy."""

    clip: Clip
    chain: str | None = None
    copy: int = 0


def prepare_dataset(config: Config, job: Job) -> StageResult:
    """Look into the recordings, split, guard against leaks, cut, augment, extract features."""
    clips, about = read_clips(job.reads.raw), read_about(job.reads.raw)
    out, reports = job.writes.processed, job.writes.reports
    found = _inspect(clips, config)
    clips = inspection.readable(clips, found, config.dataset, reports / "unreadable.csv")
    if len({clip.labels for clip in clips}) < 2:
        raise AuricleError(
            f"All recordings are of one class ({', '.join(about['labels']) or 'none'}), so there "
            "is nothing to tell it from: add a folder `background` of what is not it, or set "
            "dataset.background to a folder, or to generated"
        )
    duplicates.refuse_contradictions(clips, config.dataset)
    side = splits.split(clips, config.dataset)
    pairs = duplicates.find_duplicates(
        clips, side, {path: one.fingerprint for path, one in found.items()}
    )
    leaking = duplicates.guard(pairs, config.dataset, reports / "duplicates.csv")
    for name in SPLITS:  # killed between two of them, it must not leave one of another split
        (out / f"{name}.jsonl").unlink(missing_ok=True)
    splits.save(side, out / "splits.csv")
    training = [clip for clip in clips if side.get(clip.path) in ("train", splits.ALL)]
    fitting = fit_windows(training, {path: one.active_s for path, one in found.items()})
    preprocess = config.preprocess.fitted(fitting.window_s, fitting.hop_s)
    copies = config.augment.copies_of(
        sum(preprocess.windows_of(found[clip.path].samples) for clip in training)
    )
    targets = fit_targets(training)
    header = _header(config, preprocess, fitting.why, targets, about, job, side, len(leaking))
    counts: dict[str, Any] = {}
    for name in SPLITS:
        items = [
            item
            for clip in clips
            if side.get(clip.path) in (name, splits.ALL)
            for item in (_Item(clip), *(_copies(clip, config, copies) if name == "train" else ()))
        ]
        written = window_file.write(
            out / f"{name}.jsonl",
            dataclasses.replace(header, split=name),
            _lines(items, config, preprocess, name),
        )
        counts[name] = _summary(items, written)
        if not written.windows:
            (out / f"{name}.jsonl").unlink()
            raise AuricleError(
                f"The {name} recordings are all shorter than a window of "
                f"{preprocess.window_s:g} s: set preprocess.tails=pad"
            )
    report = {
        "dataset": about,
        "splits": counts,
        "windows": {
            "window_s": preprocess.window_s,
            "hop_s": preprocess.hop_s,
            "targets": header.targets,
            "why": fitting.why,
            "copies": copies * len(config.augment.chains),
        },
        "recordings": _of_recordings(found, side, preprocess),
        "duplicates": dict(Counter(pair.why.split()[0] for pair in pairs)),
        "leaks": len(leaking),
    }
    text = json.dumps(report, indent=2, ensure_ascii=False)
    write_text(reports / "dataset.json", text + "\n")
    windows = ", ".join(f"{name} {counts[name]['windows']}" for name in SPLITS)
    return StageResult(
        f"{windows} windows of {preprocess.window_s:g} s{_told(report, config, leaking, reports)}"
    )


def _copies(clip: Clip, config: Config, number: int) -> list[_Item]:
    return [_Item(clip, chain, copy) for chain in config.augment.chains for copy in range(number)]


def _inspect(clips: Sequence[Clip], config: Config) -> dict[str, inspection.Inspected]:
    work = partial(inspection.inspect, sample_rate_hz=config.preprocess.sample_rate_hz)
    results = config.cluster.map(work, clips, "Inspecting")
    return {clip.path: one for clip, one in zip(clips, results, strict=True)}


def _of_recordings(
    found: Mapping[str, inspection.Inspected], side: Mapping[str, str], preprocess: Preprocess
) -> dict[str, Any]:
    """Count what was not used, or not as it is."""
    used = {path: one for path, one in found.items() if not one.problem}
    heard = {path: preprocess.heard(one.samples) for path, one in used.items()}
    left_out = sum(one.samples - heard[path] for path, one in used.items())
    return {
        "unreadable": len(found) - len(used),
        "cut_off": sum(bool(one.cut_off) for one in used.values()),
        "left_out_of_the_split": len(used) - len(side),
        "shorter_than_a_window": {
            "clips": sum(one.samples < preprocess.window for one in used.values()),
            "tails": preprocess.tails,
        },
        "seconds_left_out": round(left_out / preprocess.sample_rate_hz, 3),
    }


def _told(
    report: Mapping[str, Any],
    config: Config,
    leaking: Sequence[duplicates.Duplicate],
    reports: Path,
) -> str:
    """Say what a user must know of before trusting what follows."""
    of, said = report["recordings"], []
    if of["unreadable"]:
        said.append(f"{of['unreadable']} recordings left out, see {reports / 'unreadable.csv'}")
    if of["cut_off"]:
        said.append(f"{of['cut_off']} recordings cut off, see {reports / 'unreadable.csv'}")
    if of["left_out_of_the_split"]:
        said.append(
            f"{of['left_out_of_the_split']} recordings left out, whose group the folds part"
        )
    if short := of["shorter_than_a_window"]["clips"]:
        done = "padded" if config.preprocess.tails == "pad" else "skipped"
        said.append(f"{short} recordings shorter than a window {done}")
    by_labels = report["splits"]["train"]["clips_by_labels"]
    few = [name for name, count in by_labels.items() if count < _FEW <= max(by_labels.values())]
    if few:
        said.append(f"fewer than {_FEW} recordings train {listed(few)}: add some")
    if (lost_s := of["seconds_left_out"]) >= _WORTH_TELLING_S:
        said.append(f"{lost_s:.1f} s at the ends of recordings left out")
    if leaking:
        said.append(f"THIS SPLIT LEAKS: {duplicates.describe(leaking, reports / 'duplicates.csv')}")
    if config.dataset.split == "random_windows":
        said.append("THIS SPLIT LEAKS: windows of each recording stand on all sides")
    if config.dataset.stop_on_test:
        said.append("TRAINING STOPS ON WHAT IS TESTED (dataset.stop_on_test)")
    return "".join(f"; {text}" for text in said)


def _header(
    config: Config,
    preprocess: Preprocess,
    fitted: str,
    targets: str,
    about: dict[str, Any],
    job: Job,
    side: Mapping[str, str],
    leaking: int,
) -> window_file.Header:
    features = config.features
    return window_file.Header(
        schema=window_file.SCHEMA,
        split="",
        labels=about["labels"],
        targets=targets,
        preprocess=dataclasses.asdict(preprocess),
        preprocess_config=dataclasses.asdict(config.preprocess),
        fitted=fitted,
        features=dataclasses.asdict(features),
        augment=dataclasses.asdict(config.augment),
        dataset={
            "name": about["name"],
            "fingerprint": about["fingerprint"],
            "split": config.dataset.split,
            "split_sha256": splits.fingerprint(side, config.dataset),
            "leaks": leaking,
        },
        dataset_config=job.parameters.get("dataset", {}),
        shape=list(shape(preprocess.window, preprocess.sample_rate_hz, features)),
        windows=0,
        clips=0,
    )


def _lines(
    items: Sequence[_Item], config: Config, preprocess: Preprocess, split: str
) -> Iterator[tuple[bytes, int, int]]:
    work = partial(
        _item_lines,
        preprocess=preprocess,
        features=config.features,
        augmentation=config.augment,
        dataset=config.dataset,
        split=split,
    )
    results = config.cluster.map(work, items, f"{split}")
    for item, (data, windows) in zip(items, results, strict=True):
        yield data, windows, int(item.chain is None and windows > 0)


def _item_lines(
    item: _Item,
    preprocess: Preprocess,
    features: Features,
    augmentation: Augment,
    dataset: Dataset,
    split: str,
) -> tuple[bytes, int]:
    """Lines of one recording and their number of windows: all the work of a worker."""
    samples = _samples(item.clip, preprocess.sample_rate_hz)
    number = f"/{item.copy}" if item.copy else ""
    if item.chain is not None:
        samples = augment(
            samples,
            preprocess.sample_rate_hz,
            augmentation.chain(item.chain),
            augmentation.seed,
            f"{item.chain}/{item.clip.sha256}{number}",
        )
    windows = preprocess.windows(samples)
    rows = extract(windows, preprocess.sample_rate_hz, features)
    clip, kept = item.clip, np.ones(len(rows), bool)
    if dataset.split == "random_windows":
        kept = splits.windows_of(split, clip, len(rows), dataset)
    lines = window_file.lines_of(
        clip.path,
        clip.group,
        clip.labels,
        f"{item.chain}{number}" if item.chain else "none",
        rows,
        level_dbfs(windows),
        preprocess.step_s,
        kept,
    )
    return b"".join(lines), int(kept.sum())


def _samples(clip: Clip, sample_rate_hz: int) -> Samples:
    path = unchanged(clip)
    with silenced():  # decoders write of their own accord
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
