"""Frequency modulation: brass, reeds, bells, electric pianos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from auricle.synthesis.instruments.tone import HIGHEST_PARTIAL_HZ, Envelope, Vibrato, normal, sine
from auricle.synthesis.signals import FloatArray, log_uniform


@dataclass(frozen=True)
class Modulated:
    """Two-operator frequency modulation after Chowning, JAES 21 (1973)."""

    ratio: float
    index: float
    index_decay_s: float
    envelope: Envelope
    vibrato: Vibrato

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a timbre; whole ratios sound like brass or reeds, others like bells."""
        envelope = Envelope.struck if rng.random() < 0.6 else Envelope.held
        return cls(
            ratio=float(rng.choice((1.0, 1.0, 2.0, 2.0, 3.0, 4.0, 1.41, 3.5, 7.0))),
            index=log_uniform(rng, 0.3, 5.0),
            index_decay_s=log_uniform(rng, 0.1, 3.0),
            envelope=envelope(rng),
            vibrato=Vibrato.draw(rng),
        )

    def tone(self, rng: np.random.Generator, f0_hz: float, seconds: float) -> FloatArray:
        """Play one note; the index is limited where side bands would alias."""
        times_s = self.envelope.times(seconds)
        cycles = self.vibrato.cycles(rng, f0_hz, times_s)
        limit = max((HIGHEST_PARTIAL_HZ - f0_hz) / (self.ratio * f0_hz) - 1.0, 0.0)
        index = min(self.index, limit) * (0.1 + 0.9 * np.exp(-times_s / self.index_decay_s))
        tone = sine(cycles + index * sine(self.ratio * cycles) / (2.0 * np.pi))
        return normal(tone * self.envelope.gains(seconds))
