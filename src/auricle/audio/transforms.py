"""What is done to a whole recording before it is cut into windows; it travels in the bundle.

A step sees the recording from its first sample to its last, so a listener, who has only what was
heard so far, refuses a bundle that has any.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from auricle.audio import Samples
from auricle.audio.windows import sliding_windows
from auricle.core.errors import AuricleError
from auricle.core.kinds import Kinds
from auricle.core.schema import check, one_of

KINDS = Kinds("steps.kind")


@dataclass(frozen=True)
class Step:
    """One step; its `kind` is one of `KINDS`."""

    KINDS: ClassVar[Kinds] = KINDS
    kind: str

    def apply(self, samples: Samples, sample_rate_hz: int) -> Samples:
        """Give a recording [shape=(n,)] as this step leaves it [shape=(m,)]."""
        raise NotImplementedError


@KINDS.register("trim")
@dataclass(frozen=True)
class Trim(Step):
    """Take silence off both ends: frames `below_db` under the loudest one, as librosa does."""

    below_db: float
    frame_s: float
    hop_s: float

    def __post_init__(self) -> None:
        for name in ("below_db", "frame_s", "hop_s"):
            check(getattr(self, name) > 0, f"{name}={getattr(self, name)} must be positive")

    def apply(self, samples: Samples, sample_rate_hz: int) -> Samples:
        """Cut at frames [frame_s, each hop_s, centred]; silence throughout stays as it is."""
        frame, hop = round(self.frame_s * sample_rate_hz), round(self.hop_s * sample_rate_hz)
        padded = np.pad(samples, frame // 2)
        if hop < 1 or len(padded) < frame or not samples.any():
            return samples
        power = np.square(sliding_windows(padded, frame, hop), dtype=np.float64).mean(axis=1)
        loud = np.flatnonzero(power > power.max() * 10 ** (-self.below_db / 10))
        return samples[loud[0] * hop : (loud[-1] + 1) * hop]


@KINDS.register("gate")
@dataclass(frozen=True)
class SpectralGate(Step):
    """Spectral gating (Sainburg, 2020): bins near the noise's mean level are turned down.

    The noise is what the first `noise_s` seconds hold; null: the whole recording's statistics.
    """

    noise_s: float | None
    share: float

    def __post_init__(self) -> None:
        check(0 < self.share <= 1, f"share={self.share} must lie in (0, 1]")
        check(self.noise_s is None or self.noise_s > 0, f"noise_s={self.noise_s} must be positive")

    def apply(self, samples: Samples, sample_rate_hz: int) -> Samples:
        """Take `share` of the noise away.

        Raises
        ------
        AuricleError
            noisereduce is not installed.
        """
        try:
            from noisereduce import reduce_noise
        except ImportError as error:
            raise AuricleError(
                "preprocess.steps has a gate, which needs noisereduce: install `auricle[gate]`"
            ) from error
        if not samples.any():
            return samples
        noise = None if self.noise_s is None else samples[: round(self.noise_s * sample_rate_hz)]
        reduced = reduce_noise(
            y=samples, sr=sample_rate_hz, y_noise=noise, stationary=True, prop_decrease=self.share
        )
        return np.nan_to_num(reduced).astype(np.float32)


@KINDS.register("fit")
@dataclass(frozen=True)
class Fit(Step):
    """Cut to a length, or fill up to it: with zeros, or with the recording once more."""

    seconds: float
    fill: str

    def __post_init__(self) -> None:
        check(self.seconds > 0, f"seconds={self.seconds} must be positive")
        one_of("fill", self.fill, ("zeros", "repeat"))

    def apply(self, samples: Samples, sample_rate_hz: int) -> Samples:
        """Give just so many samples; of an empty recording, none."""
        length = int(self.seconds * sample_rate_hz + 1e-6)
        if self.fill == "repeat" and len(samples):
            return np.resize(samples, length)
        missing = length - len(samples) if len(samples) else 0
        return np.pad(samples[:length], (0, max(0, missing)))


@KINDS.register("level")
@dataclass(frozen=True)
class Level(Step):
    """Scale so that the largest sample, or the root mean square, has a level."""

    measure: str
    dbfs: float

    def __post_init__(self) -> None:
        one_of("measure", self.measure, ("peak", "rms"))
        check(self.dbfs <= 0, f"dbfs={self.dbfs} must not be above 0")

    def apply(self, samples: Samples, sample_rate_hz: int) -> Samples:
        """Multiply by one number; silence stays as it is."""
        if not samples.any():
            return samples
        squares = np.square(samples, dtype=np.float64)
        now = np.sqrt(squares.max() if self.measure == "peak" else squares.mean())
        return (samples * (10 ** (self.dbfs / 20) / now)).astype(np.float32)
