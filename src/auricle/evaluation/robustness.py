"""The test recordings once more, as sound: as they are, and changed in one respect at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from auricle.audio import Samples
from auricle.audio.io import Resampler, load, pcm16_to_float
from auricle.audio.level import level_dbfs
from auricle.audio.noise import pink_noise
from auricle.core.errors import AuricleError
from auricle.core.files import digest
from auricle.core.parallel import Cluster
from auricle.core.schema import check
from auricle.datasets.clips import Clip, unchanged
from auricle.datasets.window_file import Windows
from auricle.evaluation.mix_partners import as_long, drawn, noises, partners
from auricle.inference import Array
from auricle.inference.scorer import Scorer

# Windows are scored so many at a time: what a long recording takes is bounded.
_WINDOWS_AT_ONCE = 256


@dataclass(frozen=True)
class Sweeps:
    """Changes of the sound, one list of values a kind."""

    level_db: list[float]
    snr_db: list[float]
    bandwidth_hz: list[float]
    both_db: list[float]

    def __post_init__(self) -> None:
        check(
            all(value > 0 for value in self.bandwidth_hz),
            f"bandwidth_hz={self.bandwidth_hz} must be positive",
        )

    def conditions(self, sample_rate_hz: int, test: Windows) -> list["Condition"]:
        """Each kind and value, but for those that would change nothing.

        That is a bandwidth that the bundle's rate cannot hold, and another label's sound where
        no two labels have test recordings of their own.
        """
        alone = test.targets[test.targets.sum(axis=1) == 1].argmax(axis=1)
        there = {
            **vars(self),
            "bandwidth_hz": [value for value in self.bandwidth_hz if value < sample_rate_hz / 2],
            "both_db": self.both_db if len(np.unique(alone)) > 1 else [],
        }
        return [Condition(kind, value) for kind, values in there.items() for value in values]


@dataclass(frozen=True)
class Condition:
    """One change of the sound; `kind` is a field of `Sweeps`."""

    kind: str
    value: float

    def apply(
        self, samples: Samples, sample_rate_hz: int, noise: Samples, other: Samples
    ) -> Samples:
        """Change a recording [shape=(n,)]; its length stays.

        `noise` and `other`, sound of another label, are as long.
        """
        if self.kind == "level_db":
            return at_level(samples, self.value)
        if self.kind == "snr_db":
            return in_noise(samples, noise, self.value)
        if self.kind == "both_db":
            return in_noise(samples, other, self.value)
        return narrowed(samples, sample_rate_hz, self.value)


@dataclass(frozen=True)
class ConditionScores:
    """Of each test window, in order: its level, and its logits under each of `conditions`.

    `levels_dbfs` [shape=(n,)]; `logits` [shape=(n_conditions, n, n_labels)]; `other` [shape=(n,)]
    is the number of the label that `both_db` mixes in, -1 where it has nothing to mix in: the
    logits are then those of the sound as it is.
    """

    conditions: Sequence[Condition]
    levels_dbfs: Array
    logits: Array
    other: npt.NDArray[np.int64]

    def by_condition(self) -> Iterator[tuple[Condition, Array]]:
        """Return each condition with its logits [shape=(n, n_labels)]."""
        return zip(self.conditions, self.logits, strict=True)


def at_level(samples: Samples, gain_db: float) -> Samples:
    """Louder or quieter, as a 16-bit recorder would have it: clipped at full scale, rounded."""
    louder = np.clip(samples * np.float32(10 ** (gain_db / 20)), -1, 32767 / 32768)
    return pcm16_to_float(np.round(louder * 32768).astype(np.int16))


def in_noise(samples: Samples, noise: Samples, snr_db: float) -> Samples:
    """With other sound, `snr_db` below the mean power of the whole recording."""
    power = [float(np.mean(np.square(sound, dtype=np.float64))) for sound in (samples, noise)]
    gain = np.sqrt(power[0] / max(power[1], 1e-20) / 10 ** (snr_db / 10))
    return samples + np.float32(gain) * noise


def narrowed(samples: Samples, sample_rate_hz: int, bandwidth_hz: float) -> Samples:
    """Without what lies above `bandwidth_hz`: resampled to twice that, and back."""
    rate = round(2 * bandwidth_hz)
    there = Resampler(sample_rate_hz, rate).push(samples, last=True)
    back = Resampler(rate, sample_rate_hz).push(there, last=True)[: len(samples)]
    return np.pad(back, (0, len(samples) - len(back)))


def score_conditions(
    test: Windows,
    clips: Sequence[Clip],
    conditions: Sequence[Condition],
    bundle: Path,
    cluster: Cluster,
    seed: int,
    noise: str,
) -> ConditionScores:
    """Decode each test recording once, change it in each way, score its windows.

    Parameters
    ----------
    clips
        The test recordings.
    bundle
        Folder of the bundle that scores.
    seed
        Of the noise, and of which recording of another label is mixed in.
    noise
        `pink`, or a folder of recordings; each test recording is given one.

    Raises
    ------
    AuricleError
        A recording is not the one that was fetched, or has other windows than the window JSON.
    """
    listed = {clip.path: clip for clip in clips}
    names, counts = list(test.clips), np.bincount(test.segment)
    missing = sorted(set(names) - set(listed))
    if missing or len(set(names)) < len(names):
        raise AuricleError(
            f"The test windows are of other recordings than data/processed/splits.csv says "
            f"({', '.join(missing[:3])}): run `auricle repro`"
        )
    key = digest(bundle / "bundle.json")
    work = partial(_score, conditions=conditions, bundle=bundle, key=key, seed=seed)
    levels, logits, others = [], [], []
    tested, noisy = [listed[name] for name in names], noises(noise)
    mixes = [
        Mix(clip, other, drawn(noisy, clip, seed))
        for clip, other in zip(tested, partners(tested, seed), strict=True)
    ]
    results = cluster.map(work, mixes, "sound")
    for name, count, mix, (level, scores) in zip(names, counts, mixes, results, strict=True):
        if len(level) != count:
            raise AuricleError(
                f"{name} has {len(level)} windows, the window JSON {count} of it: "
                "run `auricle prepare`"
            )
        levels.append(level)
        logits.append(scores)
        number = test.header.labels.index(mix.other.labels[0]) if mix.other else -1
        others.append(np.full(count, number))
    return ConditionScores(
        conditions, np.concatenate(levels), np.concatenate(logits, axis=1), np.concatenate(others)
    )


@dataclass(frozen=True)
class Mix:
    """A test recording, one of another label, and one of noise: none, where noise is made."""

    clip: Clip
    other: Clip | None
    noise: Path | None


def _score(
    mix: Mix, conditions: Sequence[Condition], bundle: Path, key: str, seed: int
) -> tuple[Array, Array]:
    """Levels and logits of one recording: all the work of a worker."""
    path = unchanged(mix.clip)
    scorer = _scorer(bundle, key)
    preprocess = scorer.bundle.preprocess
    rate = preprocess.sample_rate_hz
    samples = load(path, rate)
    levels = level_dbfs(preprocess.windows(samples))
    wanted = {condition.kind for condition in conditions}
    noise = other = np.zeros_like(samples)
    if "snr_db" in wanted and mix.noise:
        noise = as_long(mix.noise, len(samples), rate)
        check(bool(noise.any()), f"{mix.noise} is silent, which is no noise: remove it")
    elif "snr_db" in wanted:
        noise = pink_noise(len(samples), rate, (seed, int(mix.clip.sha256[:16], 16)))
    if "both_db" in wanted and mix.other:
        other = as_long(unchanged(mix.other), len(samples), rate)
    scores = [
        _logits(scorer, condition.apply(samples, rate, noise, other)) for condition in conditions
    ]
    shape = (0, len(levels), len(scorer.bundle.labels))
    return levels, np.stack(scores) if scores else np.zeros(shape, np.float32)


def _logits(scorer: Scorer, samples: Samples) -> Array:
    windows = scorer.bundle.preprocess.windows(samples)
    parts = [
        scorer.logits(windows[start : start + _WINDOWS_AT_ONCE])
        for start in range(0, len(windows), _WINDOWS_AT_ONCE)
    ]
    return np.concatenate(parts)


@lru_cache(maxsize=1)
def _scorer(bundle: Path, key: str) -> Scorer:
    """Load the bundle once a process; `key` is of what is in it, for a process that lives on."""
    return Scorer(bundle)
