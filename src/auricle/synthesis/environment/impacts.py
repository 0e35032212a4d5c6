"""Things that are hit, dropped, walked on or rubbed."""

from __future__ import annotations

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


def impact(rng: np.random.Generator, modes_hz: tuple[float, float], ring_s: float) -> FloatArray:
    """Return one hit on an object: damped modes and a burst of noise, at unit peak."""
    times_s = instants_s(int(max(5.0 * ring_s, 0.01) * SAMPLE_RATE_HZ))
    frequencies_hz = rng.uniform(*modes_hz, (5, 1))
    modes = np.sin(2.0 * np.pi * frequencies_hz * times_s) * rng.uniform(0.1, 1.0, (5, 1))
    modes = (modes * np.exp(-times_s / (ring_s * rng.uniform(0.3, 1.0, (5, 1))))).sum(axis=0)
    burst = rng.standard_normal(len(times_s)) * np.exp(-times_s / (0.2 * ring_s + 0.001))
    hit = modes + rng.uniform(0.3, 2.0) * burst
    return (hit / np.abs(hit).max()).astype(np.float32)


def hits(
    rng: np.random.Generator,
    count: int,
    rate_hz: float,
    modes_hz: tuple[float, float],
    ring_s: float,
    regular: bool = False,
) -> FloatArray:
    """Hit objects of one sort, at random or at the regular pace of a walker."""
    track = 0.003 * coloured_noise(rng, count, -5.0)
    enough = 10 + int(2.0 * rate_hz * count / SAMPLE_RATE_HZ)
    gaps_s = rng.normal(1.0, 0.06, enough) if regular else rng.gamma(1.2, 1.0 / 1.2, enough)
    onsets_s = rng.random() / rate_hz + np.cumsum(np.maximum(gaps_s, 0.05)) / rate_hz
    sounds = [impact(rng, modes_hz, ring_s) for _ in range(4)]
    for onset_s in onsets_s[onsets_s * SAMPLE_RATE_HZ < count]:
        sound = sounds[rng.integers(len(sounds))]
        add_at(track, sound * log_uniform(rng, 0.3, 1.0), int(onset_s * SAMPLE_RATE_HZ))
    return track


def knocks(rng: np.random.Generator, count: int) -> FloatArray:
    """Return knocks on wood or a wall."""
    return hits(rng, count, rng.uniform(1, 5), (80, 900), log_uniform(rng, 0.01, 0.06))


def footsteps(rng: np.random.Generator, count: int) -> FloatArray:
    """Return somebody who walks."""
    steps = hits(rng, count, rng.uniform(1.4, 2.6), (60, 500), rng.uniform(0.01, 0.04), True)
    scuffs = rustle(rng, count)
    return steps + 0.02 * scuffs


def keyboard(rng: np.random.Generator, count: int) -> FloatArray:
    """Return somebody who types."""
    return hits(rng, count, rng.uniform(3, 12), (900, 6000), log_uniform(rng, 0.002, 0.01))


def dishes(rng: np.random.Generator, count: int) -> FloatArray:
    """Return plates, glasses and cutlery."""
    return hits(rng, count, rng.uniform(1, 5), (1500, 7000), log_uniform(rng, 0.02, 0.15))


def rustle(rng: np.random.Generator, count: int) -> FloatArray:
    """Return paper or cloth being moved: noise in fits and starts."""
    fits = np.exp(1.5 * drift(rng, count, rng.uniform(4.0, 25.0), SAMPLE_RATE_HZ))
    starts = np.exp(1.0 * drift(rng, count, 1.5, SAMPLE_RATE_HZ))
    noise = rng.standard_normal(count, dtype=np.float32)
    return at_rms(band_pass(noise, log_uniform(rng, 200, 2500), 7500) * fits * starts, 0.0)


def clock(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a clock: two alternating ticks at an even pace."""
    track = 0.002 * coloured_noise(rng, count, -5.0)
    ring_s = log_uniform(rng, 0.002, 0.01)
    ticks = [impact(rng, (1500, 6000), ring_s) for _ in range(2)]
    gap = SAMPLE_RATE_HZ / float(rng.choice((1.0, 2.0, 4.0, 5.0)))
    for order in range(int(count / gap) + 1):
        add_at(track, ticks[order % 2], int((order + 0.3) * gap))
    return track
