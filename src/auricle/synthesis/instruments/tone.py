"""What instruments share: the protocol, envelopes, vibrato, elementary waves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from auricle.synthesis.signals import SAMPLE_RATE_HZ, FloatArray, log_uniform, rms

HIGHEST_PARTIAL_HZ = 7600.0


class Instrument(Protocol):
    """Anything that can be drawn at random and then played."""

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a timbre."""

    def tone(self, rng: np.random.Generator, f0_hz: float, seconds: float) -> FloatArray:
        """Play one note at about unit RMS; it may ring on after `seconds`."""


@dataclass(frozen=True)
class Envelope:
    """Attack, decay to a sustained level, release."""

    attack_s: float
    decay_s: float
    sustain: float
    release_s: float

    @classmethod
    def held(cls, rng: np.random.Generator) -> Self:
        """Draw the envelope of something blown or bowed."""
        return cls(
            log_uniform(rng, 0.01, 0.15),
            log_uniform(rng, 0.1, 1.0),
            rng.uniform(0.5, 1.0),
            log_uniform(rng, 0.04, 0.3),
        )

    @classmethod
    def struck(cls, rng: np.random.Generator) -> Self:
        """Draw the envelope of something hit or plucked."""
        return cls(
            log_uniform(rng, 0.001, 0.01),
            log_uniform(rng, 0.2, 3.0),
            0.0,
            log_uniform(rng, 0.05, 0.5),
        )

    def times(self, seconds: float) -> npt.NDArray[np.float64]:
        """Return the instants of a note held for `seconds`, release included, in s."""
        return np.arange(int((seconds + self.release_s) * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ

    def gains(self, seconds: float) -> FloatArray:
        """Return the gain at each of `times`."""
        times_s = self.times(seconds)
        gains = np.minimum(times_s / self.attack_s, 1.0) * (
            self.sustain + (1.0 - self.sustain) * np.exp(-times_s / self.decay_s)
        )
        # -60 dB at the end of the release, so that the cut is not heard.
        released_s = np.maximum(times_s - seconds, 0.0)
        return (gains * np.exp(-6.9 * released_s / self.release_s)).astype(np.float32)


@dataclass(frozen=True)
class Vibrato:
    """A slow wave on the pitch that sets in after the attack."""

    rate_hz: float
    depth: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a vibrato, for half of the players none."""
        return cls(rng.uniform(4.0, 7.0), rng.uniform(0.0, 0.009) * float(rng.random() < 0.5))

    def cycles(
        self, rng: np.random.Generator, f0_hz: float, times_s: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Return the phase of a tone in cycles; its mean frequency is `f0_hz`."""
        onset = np.minimum(times_s / 0.3, 1.0)
        wave = np.sin(2.0 * np.pi * (self.rate_hz * times_s + rng.random()))
        return np.cumsum(f0_hz * (1.0 + self.depth * onset * wave)) / SAMPLE_RATE_HZ


def sine(cycles: npt.NDArray[np.float64]) -> FloatArray:
    """Return sin(2 pi cycles); whole cycles are dropped first for single precision's sake."""
    return np.sin((2.0 * np.pi * (cycles - np.rint(cycles))).astype(np.float32))


def normal(tone: npt.NDArray[np.floating]) -> FloatArray:
    """Bring the first half second, which the ear judges by, to unit RMS."""
    return (tone / max(rms(tone[: SAMPLE_RATE_HZ // 2]), 1e-6)).astype(np.float32)
