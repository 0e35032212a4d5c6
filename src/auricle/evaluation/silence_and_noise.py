"""Silence, and noise that is made: nothing of any label, of which a listener should not tell."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from auricle.audio import Samples
from auricle.audio.level import level_dbfs
from auricle.audio.noise import pink_noise
from auricle.core.schema import check
from auricle.evaluation.false_events import FalseEvents
from auricle.evaluation.metrics import Interval
from auricle.inference.offline import ScoredWindows, track
from auricle.inference.scorer import Scorer


@dataclass(frozen=True)
class SilenceAndNoise:
    """How long each sound is, and how loud the noises are."""

    seconds: float
    noise_dbfs: list[float]

    def __post_init__(self) -> None:
        check(self.seconds >= 0, f"seconds={self.seconds} must not be negative")
        check(
            all(level < 0 for level in self.noise_dbfs),
            f"noise_dbfs={self.noise_dbfs} must be negative: 0 dBFS is as loud as can be",
        )

    def sounds(self, sample_rate_hz: int, seed: int) -> Iterator[tuple[str, Samples]]:
        """Give each sound [shape=(n,)] and what it is."""
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


def false_events_in(nothing: SilenceAndNoise, scorer: Scorer, seed: int) -> list[FalseEvents]:
    """Count the events of each label in each sound; none where the sounds last for nothing."""
    bundle, found = scorer.bundle, []
    preprocess, decision = bundle.preprocess, bundle.decision
    if nothing.seconds * preprocess.sample_rate_hz < preprocess.window:
        return []
    for name, sound in nothing.sounds(preprocess.sample_rate_hz, seed):
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
