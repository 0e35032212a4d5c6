"""The test recordings once more, as sound: as they are, and changed in one respect at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from auricle.audio import Resampler, Samples, level_dbfs, load, pcm16_to_float
from auricle.bundle import Classifier
from auricle.cluster import Cluster
from auricle.config import check
from auricle.datasets import splits
from auricle.datasets.clips import Clip, read_clips, unchanged
from auricle.datasets.window_file import Windows
from auricle.errors import AuricleError
from auricle.files import digest
from auricle.job import Places
from auricle.noise import pink_noise

Array = npt.NDArray[np.float32]
# Windows are scored so many at a time: what a long recording takes is bounded.
_WINDOWS_AT_ONCE = 256


@dataclass(frozen=True)
class Sweeps:
    """Changes of the sound, one list of values a kind."""

    level_db: list[float]
    snr_db: list[float]
    bandwidth_hz: list[float]

    def __post_init__(self) -> None:
        check(
            all(value > 0 for value in self.bandwidth_hz),
            f"bandwidth_hz={self.bandwidth_hz} must be positive",
        )

    def conditions(self, sample_rate_hz: int) -> list["Condition"]:
        """Each kind and value; a bandwidth that the bundle's rate cannot hold changes nothing."""
        narrower = [value for value in self.bandwidth_hz if value < sample_rate_hz / 2]
        return [
            Condition(kind, value)
            for kind, values in {**vars(self), "bandwidth_hz": narrower}.items()
            for value in values
        ]


@dataclass(frozen=True)
class Condition:
    """One change of the sound; `kind` is a field of `Sweeps`."""

    kind: str
    value: float

    def apply(self, samples: Samples, sample_rate_hz: int, noise: Samples) -> Samples:
        """Change a recording [shape=(n,)]; its length stays. `noise` is as long."""
        if self.kind == "level_db":
            return at_level(samples, self.value)
        if self.kind == "snr_db":
            return in_noise(samples, noise, self.value)
        return narrowed(samples, sample_rate_hz, self.value)


@dataclass(frozen=True)
class Heard:
    """Of each test window, in order: its level, and its logits under each condition.

    `levels_dbfs` [shape=(n,)]; `logits` [shape=(n_conditions, n, n_labels)].
    """

    levels_dbfs: Array
    logits: Array


def at_level(samples: Samples, gain_db: float) -> Samples:
    """Louder or quieter, as a 16-bit recorder would have it: clipped at full scale, rounded."""
    louder = np.clip(samples * np.float32(10 ** (gain_db / 20)), -1, 32767 / 32768)
    return pcm16_to_float(np.round(louder * 32768).astype(np.int16))


def in_noise(samples: Samples, noise: Samples, snr_db: float) -> Samples:
    """With noise, `snr_db` below the mean power of the whole recording."""
    power = [float(np.mean(np.square(sound, dtype=np.float64))) for sound in (samples, noise)]
    gain = np.sqrt(power[0] / max(power[1], 1e-20) / 10 ** (snr_db / 10))
    return samples + np.float32(gain) * noise


def narrowed(samples: Samples, sample_rate_hz: int, bandwidth_hz: float) -> Samples:
    """Without what lies above `bandwidth_hz`: resampled to twice that, and back."""
    rate = round(2 * bandwidth_hz)
    there = Resampler(sample_rate_hz, rate).push(samples, last=True)
    back = Resampler(rate, sample_rate_hz).push(there, last=True)[: len(samples)]
    return np.pad(back, (0, len(samples) - len(back)))


def is_possible(places: Places) -> bool:
    """Whether each test recording is one as a whole, not some of its windows."""
    return splits.ALL not in splits.load(places.processed / "splits.csv").values()


def hear(
    test: Windows,
    conditions: Sequence[Condition],
    places: Places,
    cluster: Cluster,
    seed: int,
) -> Heard:
    """Decode each test recording once, change it in each way, score its windows.

    Raises
    ------
    AuricleError
        A recording is not the one that was fetched, or has other windows than the window JSON.
    """
    side = splits.load(places.processed / "splits.csv")
    clips = {clip.path: clip for clip in read_clips(places.raw) if side.get(clip.path) == "test"}
    names, counts = list(test.clips), np.bincount(test.stretch)
    missing = sorted(set(names) - set(clips))
    if missing or len(set(names)) < len(names):
        raise AuricleError(
            f"The test windows are of other recordings than data/processed/splits.csv says "
            f"({', '.join(missing[:3])}): run `auricle repro`"
        )
    key = digest(places.classifier / "bundle.json")
    work = partial(_hear, conditions=conditions, bundle=places.classifier, key=key, seed=seed)
    levels, logits = [], []
    results = cluster.map(work, [clips[name] for name in names], "sound")
    for name, count, (level, scores) in zip(names, counts, results, strict=True):
        if len(level) != count:
            raise AuricleError(
                f"{name} has {len(level)} windows, the window JSON {count} of it: "
                "run `auricle prepare`"
            )
        levels.append(level)
        logits.append(scores)
    return Heard(np.concatenate(levels), np.concatenate(logits, axis=1))


def _hear(
    clip: Clip, conditions: Sequence[Condition], bundle: Path, key: str, seed: int
) -> tuple[Array, Array]:
    """Levels and logits of one recording: all the work of a worker."""
    path = unchanged(clip)
    classifier = _classifier(bundle, key)
    preprocess = classifier.bundle.preprocess
    samples = load(path, preprocess.sample_rate_hz)
    levels = level_dbfs(preprocess.windows(samples))
    noise = pink_noise(len(samples), preprocess.sample_rate_hz, (seed, int(clip.sha256[:16], 16)))
    scores = [
        _logits(classifier, condition.apply(samples, preprocess.sample_rate_hz, noise))
        for condition in conditions
    ]
    shape = (0, len(levels), len(classifier.bundle.labels))
    return levels, np.stack(scores) if scores else np.zeros(shape, np.float32)


def _logits(classifier: Classifier, samples: Samples) -> Array:
    windows = classifier.bundle.preprocess.windows(samples)
    parts = [
        classifier.logits(windows[start : start + _WINDOWS_AT_ONCE])
        for start in range(0, len(windows), _WINDOWS_AT_ONCE)
    ]
    return np.concatenate(parts)


@lru_cache(maxsize=1)
def _classifier(bundle: Path, key: str) -> Classifier:
    """Load the bundle once a process; `key` is of what is in it, for a process that lives on."""
    return Classifier(bundle)
