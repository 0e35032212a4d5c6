"""The sound chips of old games: pulses and stepped triangles, with trills in place of chords."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from auricle.synthesis.instruments.subtractive import saw
from auricle.synthesis.instruments.tone import normal
from auricle.synthesis.signals import SAMPLE_RATE_HZ, FloatArray, log_uniform


@dataclass(frozen=True)
class Chip:
    """One channel of a chip. `duty` is the pulse's share of a period; 0 is the triangle."""

    duty: float
    decay_s: float
    trill: tuple[int, ...]
    trill_hz: float
    slide: float
    vibrato: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a channel and its effects; pitches change in steps, 50 or 60 times a second."""
        trills = ((0,), (0,), (0,), (0, 12), (0, 4, 7), (0, 3, 7), (0, 5, 9))
        return cls(
            duty=float(rng.choice((0.0, 0.125, 0.25, 0.5))),
            decay_s=log_uniform(rng, 0.08, 3.0),
            trill=trills[rng.integers(len(trills))],
            trill_hz=float(rng.choice((15.0, 25.0, 30.0, 50.0))),
            slide=rng.uniform(-6.0, 6.0) if rng.random() < 0.15 else 0.0,
            vibrato=rng.uniform(0.0, 0.01) if rng.random() < 0.4 else 0.0,
        )

    def tone(self, rng: np.random.Generator, f0_hz: float, seconds: float) -> FloatArray:
        """Play one note, cut off when it ends."""
        times_s = np.arange(int((seconds + 0.01) * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        steps = np.array(self.trill)[(times_s * self.trill_hz).astype(int) % len(self.trill)]
        steps = steps + self.slide * np.minimum(times_s, 0.3)
        wave = np.sin(2.0 * np.pi * 6.0 * times_s) * np.minimum(times_s / 0.2, 1.0)
        pitch_hz = np.minimum(f0_hz * 2.0 ** (steps / 12.0) * (1.0 + self.vibrato * wave), 3500.0)
        cycles = np.cumsum(pitch_hz) / SAMPLE_RATE_HZ + rng.random()
        if self.duty:
            tone = saw(cycles, pitch_hz) - saw(cycles + self.duty, pitch_hz)
        else:  # sixteen steps up, sixteen down
            tone = np.rint(15.0 * np.abs(2.0 * (cycles % 1.0) - 1.0)) / 7.5 - 1.0
        level = np.ceil(15.0 * np.exp(-times_s / self.decay_s)) / 15.0 if self.duty else 1.0
        fade = np.minimum(times_s / 0.001, 1.0) * np.minimum((times_s[-1] - times_s) / 0.005, 1.0)
        return normal(tone * level * fade)
