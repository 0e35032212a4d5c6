"""Sums of partials: winds, strings, organs, pianos, bells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from auricle.synthesis.instruments.tone import HIGHEST_PARTIAL_HZ, Envelope, Vibrato, normal, sine
from auricle.synthesis.signals import FloatArray, band_pass, log_uniform, rms


@dataclass(frozen=True)
class Additive:
    """Partials with a body's resonances: winds, strings, organs, pianos, bells."""

    amplitudes: FloatArray
    body_db: FloatArray
    inharmonicity: float
    partial_decay: float
    breath: float
    envelope: Envelope
    vibrato: Vibrato

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a timbre."""
        order = np.arange(1, int(rng.integers(3, 25)) + 1)
        amplitudes = order ** -rng.uniform(0.5, 2.2) * np.exp(rng.normal(0.0, 0.6, len(order)))
        if rng.random() < 0.25:  # closed pipes lack the even partials
            amplitudes[1::2] *= rng.uniform(0.0, 0.3)
        struck = rng.random() < 0.5
        return cls(
            amplitudes=amplitudes.astype(np.float32),
            body_db=rng.normal(0.0, 5.0, 16).astype(np.float32),
            inharmonicity=log_uniform(rng, 1e-5, 1e-3) if struck else 0.0,
            partial_decay=log_uniform(rng, 0.1, 1.5) if struck else 0.0,
            breath=0.0 if struck else log_uniform(rng, 0.002, 0.08),
            envelope=(Envelope.struck if struck else Envelope.held)(rng),
            vibrato=Vibrato(5.0, 0.0) if struck else Vibrato.draw(rng),
        )

    def tone(self, rng: np.random.Generator, f0_hz: float, seconds: float) -> FloatArray:
        """Play one note; the partials of stiff strings are stretched (Fletcher, JASA 36, 1964)."""
        times_s = self.envelope.times(seconds)
        order = np.arange(1, len(self.amplitudes) + 1)
        ratios = order * np.sqrt(1.0 + self.inharmonicity * order**2)
        kept = ratios * f0_hz < HIGHEST_PARTIAL_HZ
        ratios, order = ratios[kept], order[kept]
        octaves = np.log2(ratios * f0_hz / 55.0) * 2.0  # the body's knots lie half an octave apart
        body = 10.0 ** (np.interp(octaves, np.arange(len(self.body_db)), self.body_db) / 20.0)
        cycles = self.vibrato.cycles(rng, f0_hz, times_s)
        waves = sine(ratios[:, None] * cycles + rng.random((len(ratios), 1)))
        if self.partial_decay:
            rates = (self.partial_decay * order).astype(np.float32)
            waves *= np.exp(-rates[:, None] * times_s.astype(np.float32))
        # Summed by einsum, not BLAS, whose result may depend on the number of threads.
        tone = np.einsum("p,pt->t", (self.amplitudes[kept] * body).astype(np.float32), waves)
        if self.breath:
            noise = rng.standard_normal(len(tone), dtype=np.float32)
            tone += self.breath * rms(tone) * band_pass(noise, f0_hz, 8.0 * f0_hz + 500.0)
        return normal(tone * self.envelope.gains(seconds))
