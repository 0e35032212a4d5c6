"""Plucked strings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import signal

from auricle.synthesis.instruments.tone import normal
from auricle.synthesis.signals import SAMPLE_RATE_HZ, FloatArray, log_uniform


@dataclass(frozen=True)
class Plucked:
    """A plucked string after Karplus & Strong, Computer Music Journal 7 (1983)."""

    ring_s: float
    loss: float
    softness: float
    position: float
    damping_s: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a string and a finger."""
        return cls(
            ring_s=log_uniform(rng, 0.6, 6.0),
            loss=rng.uniform(0.05, 0.5),
            softness=rng.uniform(0.0, 0.8),
            position=rng.uniform(0.08, 0.45),
            damping_s=log_uniform(rng, 0.02, 0.3),
        )

    def tone(self, rng: np.random.Generator, f0_hz: float, seconds: float) -> FloatArray:
        """Pluck once: a burst of noise circulates in a lossy, fractional delay of one period."""
        period = SAMPLE_RATE_HZ / f0_hz
        delay = int(period - self.loss)
        fraction = period - self.loss - delay
        gain = 10.0 ** (-3.0 * period / (SAMPLE_RATE_HZ * self.ring_s))
        taps = gain * np.convolve((1.0 - self.loss, self.loss), (1.0 - fraction, fraction))
        burst = np.zeros(int((seconds + self.damping_s) * SAMPLE_RATE_HZ), dtype=np.float32)
        burst[:delay] = rng.uniform(-1.0, 1.0, delay)[: len(burst)]
        burst = signal.lfilter([1.0 - self.softness], [1.0, -self.softness], burst)
        # The finger's place silences the partials with a node there.
        place = max(int(self.position * period), 1)
        burst[place:] -= burst[:-place].copy()
        loop = np.concatenate(([1.0], np.zeros(delay - 1), -taps))
        tone = signal.lfilter(np.ones(1, np.float32), loop.astype(np.float32), burst)
        held = np.arange(len(tone)) / SAMPLE_RATE_HZ - seconds
        return normal(tone * np.exp(-6.9 * np.maximum(held, 0.0) / self.damping_s))
