"""Silence, noise and unknown sound that is made: none of the labels, so not to be named."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from auricle.audio import Samples
from auricle.audio.io import Resampler
from auricle.audio.level import level_dbfs
from auricle.audio.noise import pink_noise
from auricle.core.schema import check
from auricle.evaluation.false_events import FalseEvents
from auricle.evaluation.metrics import Interval
from auricle.inference.offline import ScoredWindows, track
from auricle.inference.scorer import Scorer
from auricle.synthesis import SAMPLE_RATE_HZ, render_clip

# What is generated of what is no label, and what it is called.
_UNKNOWN = {"speech": "speech", "music": "music", "neither": "household sounds"}
_CLIP_S = 5.0
_UNHEARD_SEED = 1_000_003  # other sounds than any dataset is made of, by default


@dataclass(frozen=True)
class SilenceAndNoise:
    """How long silence and each noise is, how loud the noises are, and how long unknown sound."""

    seconds: float
    noise_dbfs: list[float]
    unknown_s: float

    def __post_init__(self) -> None:
        for name in ("seconds", "unknown_s"):
            check(getattr(self, name) >= 0, f"{name}={getattr(self, name)} must not be negative")
        check(
            all(level < 0 for level in self.noise_dbfs),
            f"noise_dbfs={self.noise_dbfs} must be negative: 0 dBFS is as loud as can be",
        )

    def sounds(
        self, sample_rate_hz: int, seed: int, labels: Sequence[str] = ()
    ) -> Iterator[tuple[str, Samples]]:
        """Give each sound [shape=(n,)] and what it is; generated ones if they are no label."""
        for kind, name in _UNKNOWN.items():
            if self.unknown_s and kind not in labels:
                yield f"generated {name}", self._generated(kind, sample_rate_hz, seed)
        if not self.seconds:
            return
        length = round(self.seconds * sample_rate_hz)
        yield "digital silence", np.zeros(length, np.float32)
        white = np.random.default_rng(seed).standard_normal(length, np.float32)
        for name, noise in (
            ("pink noise", pink_noise(length, sample_rate_hz, (seed,))),
            ("white noise", white),
        ):
            noise /= np.sqrt(np.mean(np.square(noise, dtype=np.float64)))
            for level in self.noise_dbfs:
                yield f"{name} at {level:g} dBFS", noise * np.float32(10 ** (level / 20))

    def _generated(self, kind: str, sample_rate_hz: int, seed: int) -> Samples:
        clips = [
            render_clip(kind, seed + _UNHEARD_SEED, index, _CLIP_S, espeak=False)
            for index in range(math.ceil(self.unknown_s / _CLIP_S))
        ]
        resampler = Resampler(SAMPLE_RATE_HZ, sample_rate_hz)
        return resampler.push(np.concatenate(clips).astype(np.float32), last=True)


def false_events_in(nothing: SilenceAndNoise, scorer: Scorer, seed: int) -> list[FalseEvents]:
    """Count the events of each label in each sound; none where the sounds last for nothing."""
    bundle, found = scorer.bundle, []
    preprocess, decision = bundle.preprocess, bundle.decision
    for name, sound in nothing.sounds(preprocess.sample_rate_hz, seed, bundle.labels):
        if len(sound) < preprocess.window:
            continue
        windows = preprocess.windows(sound)
        recordings = ScoredWindows(
            bundle.probabilities(scorer.logits(windows), decision.context_s),
            np.zeros((len(windows), len(bundle.labels)), np.uint8),
            level_dbfs(windows),
            np.zeros(len(windows), np.int32),
            preprocess,
        )
        events = track(recordings, bundle.labels, bundle.thresholds, decision).events[0]
        hours = float(recordings.hours[0])
        per_hour = {
            label: Interval(*[float(events[i] / hours)] * 3)
            for i, label in enumerate(bundle.labels)
        }
        found.append(FalseEvents("none", name, 1, hours, per_hour))
    return found
