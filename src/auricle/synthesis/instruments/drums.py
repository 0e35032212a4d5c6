"""Drums, cymbals and shakers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from auricle.synthesis.signals import SAMPLE_RATE_HZ, FloatArray, band_pass, log_uniform


def drum_kit(rng: np.random.Generator) -> tuple[FloatArray, ...]:
    """Render a bass drum, a snare, a cymbal and a tom or shaker, each half a second."""
    times_s = np.arange(int(0.5 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    noise = rng.standard_normal((4, len(times_s)))

    def decay(seconds: float) -> npt.NDArray[np.float64]:
        return np.exp(-times_s / seconds)

    def membrane(f0_hz: float, drop_cycles: float) -> npt.NDArray[np.float64]:
        """Return a skin's tone, whose pitch falls as its tension eases."""
        return np.sin(2.0 * np.pi * (f0_hz * times_s + drop_cycles * (1.0 - decay(0.03))))

    bass = membrane(rng.uniform(40, 75), rng.uniform(1, 5)) * decay(rng.uniform(0.06, 0.2))
    bass += rng.uniform(0.0, 0.4) * noise[0] * decay(0.003)
    snare = band_pass(noise[1], rng.uniform(150, 1500), 7000) * decay(rng.uniform(0.04, 0.15))
    snare += rng.uniform(0.0, 1.0) * membrane(rng.uniform(150, 260), 1.0) * decay(0.07)
    plates_hz = rng.uniform(3000, 7500, (4, 1))
    ring = np.sign(np.sin(2.0 * np.pi * plates_hz * times_s)).sum(axis=0)
    cymbal = band_pass(noise[2] + 0.4 * ring, rng.uniform(3000, 6000), 7800)
    cymbal *= decay(log_uniform(rng, 0.015, 0.25))
    if rng.random() < 0.5:
        other = membrane(rng.uniform(80, 400), rng.uniform(0, 2)) * decay(rng.uniform(0.05, 0.2))
    else:
        other = band_pass(noise[3], 2500, 7500) * decay(rng.uniform(0.02, 0.08))
    drums = np.stack((bass, snare, cymbal, other)).astype(np.float32)
    levels = np.array([[1.0], [0.8], [0.35], [0.6]], dtype=np.float32)
    return tuple(levels * drums / np.abs(drums).max(axis=1, keepdims=True))


def hand_drums(rng: np.random.Generator) -> tuple[FloatArray, ...]:
    """Render two skins, their slap and something shaken or knocked on, as `drum_kit` does.

    A plain skin has the modes of a membrane; a loaded one, as of the tabla, nearly harmonic ones
    (Raman, 1934), so that it sings.
    """
    times_s = np.arange(int(0.7 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    modes = np.array(((1.0, 1.59, 2.14, 2.30, 2.65), (1.0, 2.0, 3.0, 4.0, 5.0))[rng.integers(2)])
    low_hz = log_uniform(rng, 70.0, 220.0)
    sounds = []
    for f0_hz in (low_hz, low_hz * rng.uniform(1.3, 2.5), low_hz * rng.uniform(1.5, 3.0)):
        ring_s = log_uniform(rng, 0.04, 0.3) / modes ** rng.uniform(0.3, 1.2)
        bend = 1.0 + rng.uniform(0.0, 0.15) * np.exp(-times_s / 0.04)
        cycles = modes[:, None] * np.cumsum(f0_hz * bend) / SAMPLE_RATE_HZ
        levels = rng.uniform(0.1, 1.0, len(modes)) / modes ** rng.uniform(0.0, 1.0)
        waves = levels[:, None] * np.sin(2.0 * np.pi * cycles) * np.exp(-times_s / ring_s[:, None])
        slap = rng.standard_normal(len(times_s)) * np.exp(-times_s / log_uniform(rng, 0.003, 0.02))
        sounds.append(waves.sum(axis=0) + rng.uniform(0.1, 1.5) * band_pass(slap, 300, 6000))
    if rng.random() < 0.5:  # a shaker, a rattle, jingles
        noise = band_pass(rng.standard_normal(len(times_s)), log_uniform(rng, 1500, 4000), 7800)
        rise = np.minimum(times_s / rng.uniform(0.002, 0.04), 1.0)
        sounds.append(noise * rise * np.exp(-times_s / log_uniform(rng, 0.02, 0.15)))
    else:  # a block or a bell of wood or metal
        partials_hz = log_uniform(rng, 500.0, 1500.0) * np.array([[1.0], [rng.uniform(1.4, 2.8)]])
        knock = np.sin(2.0 * np.pi * partials_hz * times_s).sum(axis=0)
        sounds.append(knock * np.exp(-times_s / log_uniform(rng, 0.01, 0.15)))
    drums = np.stack(sounds).astype(np.float32)
    levels = np.array([[1.0], [0.8], [0.6], [0.4]], dtype=np.float32)
    return tuple(levels * drums / np.abs(drums).max(axis=1, keepdims=True))
