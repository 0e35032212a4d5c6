"""Struck bars, tongues, bells and glasses: a few inharmonic modes that ring on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from auricle.synthesis.instruments.tone import HIGHEST_PARTIAL_HZ, normal, sine
from auricle.synthesis.signals import SAMPLE_RATE_HZ, FloatArray, band_pass, log_uniform

# Ratios of the modes to the lowest (Fletcher & Rossing, The Physics of Musical Instruments).
MODES: tuple[tuple[float, ...], ...] = (
    (1.0, 2.76, 5.40, 8.93),  # a bar free at both ends: glockenspiel, chimes
    (1.0, 4.0, 10.0),  # a bar undercut to be in tune: marimba
    (1.0, 3.0, 6.0),  # the same for a xylophone
    (1.0, 6.27, 17.5),  # a tongue fixed at one end: kalimba, music box
    (0.5, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0),  # a church bell
    (1.0, 2.32, 4.25, 6.63),  # a glass
)


@dataclass(frozen=True)
class Bar:
    """Modes with decays of their own, and the click of the mallet."""

    ratios: npt.NDArray[np.float64]
    levels: npt.NDArray[np.float64]
    ring_s: npt.NDArray[np.float64]
    click: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a material, a shape and a mallet."""
        ratios = np.array(MODES[rng.integers(len(MODES))])
        ratios = ratios * np.exp(rng.normal(0.0, 0.01, len(ratios)) * (ratios != 1.0))
        if rng.random() < 0.15:  # a gong or a pan: many modes, close together
            ratios = np.sort(np.append(rng.uniform(1.0, 9.0, 12), 1.0))
        levels = ratios ** -rng.uniform(0.3, 2.0) * np.exp(rng.normal(0.0, 0.4, len(ratios)))
        levels[ratios == 1.0] = max(1.0, float(levels.max()))
        return cls(
            ratios=ratios,
            levels=levels,
            ring_s=log_uniform(rng, 0.1, 2.5) / ratios ** rng.uniform(0.3, 1.2),
            click=log_uniform(rng, 0.01, 0.5),
        )

    def tone(self, rng: np.random.Generator, f0_hz: float, seconds: float) -> FloatArray:
        """Strike once; nothing stops it before it has faded by 60 dB, within 2 s."""
        longest_s = min(max(6.9 * float(self.ring_s.max()), 0.1), max(2.0, seconds))
        times_s = np.arange(int(longest_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        kept = self.ratios * f0_hz < HIGHEST_PARTIAL_HZ
        cycles = self.ratios[kept, None] * f0_hz * times_s + rng.random((int(kept.sum()), 1))
        fades = np.exp(-times_s / self.ring_s[kept, None]).astype(np.float32)
        tone = np.einsum("p,pt->t", self.levels[kept].astype(np.float32), sine(cycles) * fades)
        noise = rng.standard_normal(len(times_s)) * np.exp(-times_s / 0.004)
        tone += self.click * band_pass(noise, 1000.0, 7000.0)
        return normal(tone * np.minimum((longest_s - times_s) / 0.05, 1.0))
