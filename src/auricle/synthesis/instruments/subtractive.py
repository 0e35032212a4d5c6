"""Filtered saws and squares: synthesizers, and bowed strings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import signal

from auricle.synthesis.instruments.tone import Envelope, Vibrato, normal
from auricle.synthesis.signals import SAMPLE_RATE_HZ, FloatArray, log_uniform


@dataclass(frozen=True)
class Subtractive:
    """Detuned saws or squares through a low-pass: synthesizers, and bowed strings."""

    square: bool
    detuning: tuple[float, ...]
    cutoff_hz: float
    envelope: Envelope
    vibrato: Vibrato

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a timbre of one to three oscillators."""
        spread = rng.uniform(0.0, 0.008)
        return cls(
            square=bool(rng.random() < 0.35),
            detuning=tuple(1.0 + spread * rng.uniform(-1.0, 1.0, rng.integers(1, 4))),
            cutoff_hz=log_uniform(rng, 500.0, 6000.0),
            envelope=(Envelope.held if rng.random() < 0.7 else Envelope.struck)(rng),
            vibrato=Vibrato.draw(rng),
        )

    def tone(self, rng: np.random.Generator, f0_hz: float, seconds: float) -> FloatArray:
        """Play one note; steps are rounded by polynomials (Välimäki & Huovilainen, 2007)."""
        cycles = self.vibrato.cycles(rng, f0_hz, self.envelope.times(seconds))
        tone = np.zeros(len(cycles))
        for detuning in self.detuning:
            phase = detuning * cycles + rng.random()
            tone += saw(phase, f0_hz)
            if self.square:  # a square is the difference of two saws half a cycle apart
                tone -= saw(phase + 0.5, f0_hz)
        cutoff_hz = min(self.cutoff_hz + f0_hz, 0.45 * SAMPLE_RATE_HZ)
        sections = signal.butter(2, cutoff_hz, fs=SAMPLE_RATE_HZ, output="sos")
        return normal(signal.sosfilt(sections, tone) * self.envelope.gains(seconds))


def saw(
    cycles: npt.NDArray[np.float64], f0_hz: float | npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return a band-limited saw: its step is replaced by two parabolas, a sample wide each."""
    step = f0_hz / SAMPLE_RATE_HZ
    phase = cycles - np.floor(cycles)
    after = np.minimum(phase / step, 1.0) - 1.0
    before = np.maximum((phase - 1.0) / step, -1.0) + 1.0
    return np.asarray(2.0 * phase - 1.0 + after**2 - before**2, dtype=np.float64)
