"""Birds, beasts and crowds without words."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

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


def calls(rng: np.random.Generator, count: int) -> FloatArray:
    """Return birds: bursts of fast sweeps, high above any voice."""
    track = 0.02 * coloured_noise(rng, count, -4.0)
    now_s = rng.random()
    while now_s * SAMPLE_RATE_HZ < count:
        times_s = instants_s(int(rng.uniform(0.03, 0.15) * SAMPLE_RATE_HZ))
        f0_hz, sweep_hz = log_uniform(rng, 2200, 5500), rng.uniform(-12000, 12000)
        for _ in range(rng.integers(1, 7)):
            wave = np.sin(2.0 * np.pi * (f0_hz * times_s + 0.5 * sweep_hz * times_s**2))
            add_at(track, wave * np.hanning(len(wave)), int(now_s * SAMPLE_RATE_HZ))
            now_s += len(wave) / SAMPLE_RATE_HZ * rng.uniform(1.1, 2.0)
        now_s += rng.uniform(0.1, 1.2)
    return track


def applause(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a crowd that claps."""
    claps = rng.poisson(log_uniform(rng, 10, 300) / SAMPLE_RATE_HZ, count).astype(np.float32)
    palms = np.exp(-np.arange(160) / rng.uniform(15, 50)) * rng.standard_normal(160)
    crowd = np.convolve(claps * rng.exponential(1.0, count), palms)[:count]
    return band_pass(crowd, 400, 6000)


def crickets(rng: np.random.Generator, count: int) -> FloatArray:
    """Return crickets or cicadas: a high tone chopped into pulses and chirps."""
    times_s = instants_s(count)
    meadow = 0.05 * coloured_noise(rng, count, -3.0)
    for _ in range(rng.integers(1, 4)):
        tone = np.sin(2.0 * np.pi * log_uniform(rng, 2800.0, 6500.0) * times_s)
        pulses = np.sin(2.0 * np.pi * log_uniform(rng, 15.0, 80.0) * times_s) > 0.0
        chirps = np.sin(2.0 * np.pi * (log_uniform(rng, 0.5, 4.0) * times_s + rng.random()))
        meadow += (tone * pulses * (chirps > rng.uniform(-1.1, 0.6))).astype(np.float32)
    return meadow


def barks(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a dog, a crow or a goose: short harsh calls of one throat."""
    track = 0.01 * coloured_noise(rng, count, -5.0)
    f0_hz, throat_hz = log_uniform(rng, 150.0, 800.0), log_uniform(rng, 500.0, 2000.0)
    harsh, long_s = rng.uniform(0.2, 1.0), log_uniform(rng, 0.06, 0.4)
    now_s = rng.uniform(0.0, 0.6)
    while now_s * SAMPLE_RATE_HZ < count:
        times_s = instants_s(int(long_s * rng.uniform(0.8, 1.2) * SAMPLE_RATE_HZ))
        arch = np.sin(np.pi * times_s / times_s[-1])
        flutter = 1.0 + 0.05 * harsh * rng.standard_normal(len(times_s))
        cycles = np.cumsum(f0_hz * (0.7 + 0.5 * arch) * flutter) / SAMPLE_RATE_HZ
        source = 2.0 * (cycles % 1.0) - 1.0 + harsh * rng.standard_normal(len(times_s))
        call = band_pass(source * arch, 0.6 * throat_hz, 2.0 * throat_hz)
        add_at(track, call * np.float32(rng.uniform(0.5, 1.0)), int(now_s * SAMPLE_RATE_HZ))
        now_s += long_s * rng.uniform(1.2, 2.0) + rng.exponential(0.5)
    return track


def babble(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a crowd so dense that no voice is heard out of it: noise coloured as speech is.

    Two dozen syllable rhythms in bands of their own leave the long-term spectrum of speech and
    little of its modulation.
    """
    crowd = np.zeros(count, dtype=np.float32)
    edges_hz = np.geomspace(120.0, 6000.0, 9)
    for low_hz, high_hz in pairwise(edges_hz):
        murmur = np.exp(0.35 * drift(rng, count, rng.uniform(3.0, 8.0), SAMPLE_RATE_HZ))
        noise = band_pass(rng.standard_normal(count, dtype=np.float32), low_hz, high_hz)
        fall = (low_hz / 400.0) ** -0.8 if low_hz > 400.0 else 1.0
        crowd += at_rms(noise, 0.0) * murmur * np.float32(fall * rng.uniform(0.7, 1.3))
    return at_rms(crowd, 0.0)
