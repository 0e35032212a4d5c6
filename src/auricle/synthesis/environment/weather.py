"""Wind, rain, fire and water."""

from __future__ import annotations

import numpy as np

from auricle.synthesis.environment.room_tone import hiss
from auricle.synthesis.signals import (
    SAMPLE_RATE_HZ,
    FloatArray,
    add_at,
    at_rms,
    band_pass,
    coloured_noise,
    drift,
    instants_s,
    log_uniform,
)


def wind(rng: np.random.Generator, count: int) -> FloatArray:
    """Return wind in gusts that whistle."""
    gusts = np.exp(0.9 * drift(rng, count, rng.uniform(0.5, 3.0), SAMPLE_RATE_HZ))
    low = coloured_noise(rng, count, -9.0) * gusts
    whistle_hz = log_uniform(rng, 300.0, 1200.0)
    noise = rng.standard_normal(count, dtype=np.float32)
    return low + 0.5 * band_pass(noise, whistle_hz, 1.6 * whistle_hz) * gusts**1.5


def rain(rng: np.random.Generator, count: int) -> FloatArray:
    """Return drops, near and far, on the hiss of those farther off."""
    drops = rng.random(count, dtype=np.float32) < log_uniform(rng, 0.002, 0.1)
    # Heavy tails: few drops are near, most are far.
    impulses = drops * np.exp(rng.normal(0.0, 1.2, count)) * rng.choice((-1.0, 1.0), count)
    splashes = band_pass(impulses, log_uniform(rng, 300, 2000), log_uniform(rng, 3500, 7500))
    return at_rms(splashes, 0.0) + rng.uniform(0.1, 0.8) * hiss(rng, count)


def crackle(rng: np.random.Generator, count: int) -> FloatArray:
    """Return fire, static or a scratched record: sparse clicks on faint hiss."""
    clicks = rng.random(count, dtype=np.float32) < log_uniform(rng, 2e-4, 5e-3)
    impulses = clicks * rng.standard_cauchy(count).clip(-20, 20)
    return at_rms(band_pass(impulses, 200, 7000), 0.0) + 0.05 * hiss(rng, count)


def water(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a stream: bubbles that ring upwards, on the noise of the flow."""
    track = 0.2 * hiss(rng, count)
    times_s = instants_s(int(0.05 * SAMPLE_RATE_HZ))
    for onset in rng.integers(0, count, int(log_uniform(rng, 10, 60) * count / SAMPLE_RATE_HZ)):
        f0_hz = log_uniform(rng, 300.0, 2500.0)
        cycles = f0_hz * (times_s + rng.uniform(0.0, 6.0) * times_s**2)
        bubble = np.sin(2.0 * np.pi * cycles) * np.exp(-times_s * log_uniform(rng, 60, 300))
        add_at(track, bubble.astype(np.float32) * log_uniform(rng, 0.1, 1.0), int(onset))
    return track
