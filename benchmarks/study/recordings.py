"""The recordings the study is made on: decoded once, kept as 16-bit samples in `data/study`."""

import csv
import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle.audio import Samples
from auricle.audio.io import load, pcm16_to_float
from auricle.audio.level import level_dbfs
from auricle.audio.preprocess import Preprocess
from auricle.augmentation.waveform import Augment, augment
from auricle.core.compose import compose
from auricle.core.files import whole_file
from auricle.core.schema import parse_group
from auricle.datasets.manifest.pieces import read_pieces
from auricle.datasets.window_file import SCHEMA, Header, Windows
from auricle.features import Features, extract, shape
from auricle.inference import Array
from auricle.synthesis import render_clip
from benchmarks.measure import ROOT
from benchmarks.study import folds

HOME = ROOT / "data/study"
MANIFEST = ROOT / "references/manifest_music_speech.csv"
RATE_HZ = 16000
LABELS = ["music", "speech"]
_CLIP_S = 5.0
# Sounds of ESC-50 with a voice or a melody in them: judged apart, never added as noise.
VOICE_LIKE = (
    *("crying_baby", "laughing", "coughing", "sneezing", "breathing", "snoring", "clapping"),
    *("dog", "cat", "cow", "pig", "sheep", "rooster", "hen", "crow", "frog"),
)
MUSIC_LIKE = ("church_bells", "clock_alarm", "siren", "car_horn", "chirping_birds")


@dataclass(frozen=True)
class Recording:
    """Samples [shape=(n,), int16] and what is known of them; ESC-50's folds are their own."""

    name: str
    labels: tuple[str, ...]
    kind: str
    group: str
    source: str
    fold: int
    free: bool
    samples: npt.NDArray[np.int16]

    @property
    def sound(self) -> Samples:
        """Samples in [-1, 1]."""
        return pcm16_to_float(self.samples)


def music_speech() -> list[Recording]:
    """All development recordings of music and speech."""
    fold = folds.read()
    rows = [row for row in _rows() if row["class"] in LABELS]
    return [
        Recording(
            row["file"],
            (row["class"],),
            row["class"],
            row["group_id"],
            row["source_repo"],
            fold[row["class"], row["group_id"]],
            row["file"] in _free(),
            samples,
        )
        for row, samples in zip(rows, _decoded("music_speech", rows), strict=True)
    ]


def environment() -> list[Recording]:
    """ESC-50's folds 1 to 3: what is neither."""
    rows = [row for row in _rows() if row["class"] not in LABELS]
    return [
        Recording(
            row["file"],
            (),
            row["class"],
            row["group_id"],
            "ESC-50",
            int(row["fold"]),
            row["file"] in _free(),
            samples,
        )
        for row, samples in zip(rows, _decoded("esc50", rows), strict=True)
    ]


def generated(kinds: Iterable[str], minutes: float, seed: int = 0) -> list[Recording]:
    """Clips of 5 s of the starter corpus, espeak-ng left out."""
    labels = {"both": ("music", "speech"), "neither": ()}
    made = []
    for kind in kinds:
        count = round(minutes * 60 / _CLIP_S)
        path = HOME / f"generated_{kind}_{count}_of_{_CLIP_S:g}_s_{seed}.npy"
        if not path.is_file():
            clips = [render_clip(kind, seed, index, _CLIP_S, False) for index in range(count)]
            _keep(path, [np.round(clip * 32767).astype(np.int16) for clip in clips])
        for index, samples in enumerate(_kept(path)):
            name = f"{kind}_{index}"
            made.append(
                Recording(
                    name, labels.get(kind, (kind,)), kind, name, "generated", -1, True, samples
                )
            )
    return made


def windows(
    recordings: Iterable[Recording],
    features: Features,
    preprocess: Preprocess,
    change: Callable[[Samples, Recording], Samples] | None = None,
) -> Windows:
    """Windows of recordings, in memory, as the window JSON would give them."""
    rows, levels, targets, names, groups = [], [], [], [], []
    for recording in recordings:
        sound = recording.sound if change is None else change(recording.sound, recording)
        cut = preprocess.windows(sound)
        rows.append(extract(cut, RATE_HZ, features))
        levels.append(level_dbfs(cut))
        targets.append(np.tile([name in recording.labels for name in LABELS], (len(cut), 1)))
        names.append(recording.name)
        groups.append(recording.group)
    counts = [len(part) for part in rows]
    header = Header(
        schema=SCHEMA,
        split="",
        labels=LABELS,
        targets="independent",
        preprocess=dataclasses.asdict(preprocess),
        preprocess_config=dataclasses.asdict(preprocess),
        fitted="",
        features=vars(features),
        augment={},
        dataset={},
        dataset_config={},
        shape=list(shape(preprocess.window, RATE_HZ, features)),
        windows=sum(counts),
        clips=len(counts),
    )
    return Windows(
        "",
        header,
        np.concatenate(rows),
        np.concatenate(targets).astype(np.uint8),
        np.repeat(np.arange(len(counts)), counts).astype(np.int32),
        np.concatenate([preprocess.step_s * np.arange(count) for count in counts]),
        np.concatenate(levels),
        names,
        groups,
        ["none"] * len(counts),
    )


def channel(name: str = "default", copy: int = 0) -> Callable[[Samples, Recording], Samples]:
    """Give a chain of `conf/augment`, drawn anew for each copy."""
    config = parse_group(compose("config", [f"augment={name}"]).augment, Augment, "augment")
    chain = config.chain("channel")

    def change(sound: Samples, recording: Recording) -> Samples:
        return augment(sound, RATE_HZ, chain, copy, recording.name)

    return change


@cache
def _rows() -> list[dict[str, Any]]:
    with folds.SOURCES.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@cache
def _free() -> frozenset[str]:
    """Files whose licences let a model be given on: those of the shipped bundle's manifest."""
    return frozenset(piece.file for piece in read_pieces(MANIFEST))


def _decoded(name: str, rows: list[dict[str, Any]]) -> list[npt.NDArray[np.int16]]:
    path = HOME / f"{name}.npy"
    if not path.is_file():
        sounds = (load(folds.SOURCES.parent / row["file"], RATE_HZ) for row in rows)
        _keep(
            path, [np.round(np.clip(x, -1, 32767 / 32768) * 32768).astype(np.int16) for x in sounds]
        )
    return _kept(path)


def _keep(path: Any, sounds: list[npt.NDArray[np.int16]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path.with_suffix(".lengths.npy")) as file:
        np.save(file, [len(sound) for sound in sounds])
    with whole_file(path) as file:
        np.save(file, np.concatenate(sounds))


def _kept(path: Any) -> list[npt.NDArray[np.int16]]:
    lengths = np.load(path.with_suffix(".lengths.npy"))
    return np.split(np.load(path, mmap_mode="r"), np.cumsum(lengths)[:-1])


def weighted_mean(
    logits: Array, levels_dbfs: Array, segment: Any, count: int, exponent: float
) -> Array:
    """`context.in_context` with windows that weigh as their power to the `exponent`."""
    weight = np.exp(exponent * np.log(10) / 10 * levels_dbfs.astype(np.float64))
    total, norm = logits * weight[:, None], weight.copy()
    for age in range(1, count):
        same = segment[age:] == segment[:-age]
        total[age:] += (logits[:-age] * weight[:-age, None]) * same[:, None]
        norm[age:] += weight[:-age] * same
    return total / norm[:, None]
