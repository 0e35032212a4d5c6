"""Steady noises: the floor of rooms and microphones."""

from __future__ import annotations

import numpy as np

from auricle.datasets.starter.signals import (
    SAMPLE_RATE_HZ,
    FloatArray,
    amplitude,
    at_rms,
    coloured_noise,
    drift,
    instants_s,
)


def hum(rng: np.random.Generator, count: int) -> FloatArray:
    """Return mains hum: 50 or 60 Hz with harmonics that die away upwards."""
    order = np.arange(1, int(rng.integers(3, 20)))
    levels = order ** -rng.uniform(0.5, 2.0) * np.exp(rng.normal(0.0, 0.7, len(order)))
    cycles = float(rng.choice((50.0, 60.0))) * order[:, None] * instants_s(count)
    waves = np.sin(2.0 * np.pi * (cycles + rng.random((len(order), 1))), dtype=np.float32)
    return at_rms(np.einsum("p,pt->t", levels, waves), 0.0)


def rumble(rng: np.random.Generator, count: int) -> FloatArray:
    """Return the low noise of traffic, ventilation and handling, at unit RMS."""
    noise = coloured_noise(rng, count, rng.uniform(-12.0, -6.0))
    return at_rms(noise * np.exp(0.3 * drift(rng, count, 1.0, SAMPLE_RATE_HZ)), 0.0)


def hiss(rng: np.random.Generator, count: int) -> FloatArray:
    """Return steady noise of any colour, at unit RMS."""
    return coloured_noise(rng, count, rng.uniform(-8.0, 3.0))


def room_noise(rng: np.random.Generator, count: int) -> FloatArray:
    """Return the noise floor of a random room and microphone, at unit RMS."""
    noise = coloured_noise(rng, count, rng.uniform(-6.0, 0.0))
    if rng.random() < 0.6:
        noise = noise + rumble(rng, count) * amplitude(rng.uniform(-5.0, 20.0))
    if rng.random() < 0.25:
        noise = noise + hum(rng, count) * amplitude(rng.uniform(-15.0, 10.0))
    return at_rms(noise, 0.0)
