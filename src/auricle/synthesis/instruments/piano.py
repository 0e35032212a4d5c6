"""A piano: two or three strings a note that beat against each other, under a hammer's knock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from auricle.synthesis.instruments.tone import HIGHEST_PARTIAL_HZ, normal, sine
from auricle.synthesis.signals import SAMPLE_RATE_HZ, FloatArray, log_uniform


@dataclass(frozen=True)
class Piano:
    """Struck strings whose sound first falls fast, then slowly (Weinreich, JASA 62, 1977)."""

    brightness: float
    detuning_cents: float
    stiffness: float
    ring_s: float
    knock: float
    damping_s: float
    strike: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw an instrument, from a felted upright to a honky-tonk, and a foot on the pedal."""
        return cls(
            brightness=rng.uniform(0.9, 2.4),
            detuning_cents=log_uniform(rng, 0.3, 12.0),
            stiffness=log_uniform(rng, 1e-4, 8e-4),
            ring_s=log_uniform(rng, 1.0, 6.0),
            knock=log_uniform(rng, 0.003, 0.1),
            damping_s=log_uniform(rng, 0.1, 2.0),
            strike=rng.uniform(0.09, 0.16),
        )

    def tone(self, rng: np.random.Generator, f0_hz: float, seconds: float) -> FloatArray:
        """Strike one note; it rings on until the damper has stilled it."""
        count = int((seconds + self.damping_s) * SAMPLE_RATE_HZ)
        times_s = np.arange(count) / SAMPLE_RATE_HZ
        order = np.arange(1, 25)
        ratios = order * np.sqrt(1.0 + self.stiffness * (f0_hz / 260.0) * order**2)
        order, ratios = (
            order[ratios * f0_hz < HIGHEST_PARTIAL_HZ],
            ratios[ratios * f0_hz < HIGHEST_PARTIAL_HZ],
        )
        # A hammer hits near an eighth of the string and leaves its nodes still.
        levels = order**-self.brightness * (0.1 + np.abs(np.sin(np.pi * order * self.strike)))
        fast_s = self.ring_s * (260.0 / f0_hz) ** 0.5 / (1.0 + 0.15 * order)
        tone = np.zeros(count, dtype=np.float32)
        for share, detuning in ((0.7, 0.0), (0.3, self.detuning_cents)):
            detuned = ratios * 2.0 ** (rng.normal(0.0, detuning) / 1200.0)
            cycles = detuned[:, None] * f0_hz * times_s + rng.random((len(ratios), 1))
            ring = fast_s * (0.4 if share > 0.5 else 2.0)
            waves = sine(cycles) * np.exp(-times_s / ring[:, None]).astype(np.float32)
            tone += np.einsum("p,pt->t", (share * levels).astype(np.float32), waves)
        thud = rng.standard_normal(count, dtype=np.float32) * np.exp(-times_s / 0.012)
        tone += self.knock * 5.0 * np.convolve(thud, np.full(12, 1 / 12))[:count]
        held_s = np.maximum(times_s - seconds, 0.0)
        return normal(
            tone * np.minimum(times_s / 0.002, 1.0) * np.exp(-6.9 * held_s / self.damping_s)
        )
