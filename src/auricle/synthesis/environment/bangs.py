"""What bursts, breaks and clangs: fireworks, thunder, glass, metal, coins."""

from __future__ import annotations

import numpy as np

from auricle.synthesis.environment.building_blocks import body, in_turn
from auricle.synthesis.environment.impacts import impact
from auricle.synthesis.signals import (
    SAMPLE_RATE_HZ,
    FloatArray,
    add_at,
    at_rms,
    coloured_noise,
    drift,
    instants_s,
    log_uniform,
)


def fireworks(rng: np.random.Generator, count: int) -> FloatArray:
    """Return fireworks or shots, near or far: a bang, its echoes, and a crackle after it."""
    dark_db, decay_s = rng.uniform(-9.0, -2.0), log_uniform(rng, 0.03, 0.6)
    crackling, whistling = rng.uniform(0.0, 0.5), rng.random() < 0.3

    def rocket() -> FloatArray:
        times_s = instants_s(int((5.0 * decay_s + 0.3) * SAMPLE_RATE_HZ))
        bang = coloured_noise(rng, len(times_s), dark_db) * np.exp(-times_s / decay_s)
        for _ in range(rng.integers(0, 5)):
            later = np.maximum(times_s - rng.uniform(0.05, 0.5), 0.0)
            echo = coloured_noise(rng, len(times_s), dark_db - 3.0) * np.exp(-later / decay_s)
            bang += np.where(later > 0.0, rng.uniform(0.05, 0.4) * echo, 0.0)
        sparks = rng.random(len(times_s)) < log_uniform(rng, 0.0005, 0.01)
        bang += crackling * sparks * rng.standard_normal(len(times_s)) * (times_s > 0.1)
        sound = at_rms(bang, 0.0)
        if whistling:
            rise_s = instants_s(int(rng.uniform(0.2, 0.8) * SAMPLE_RATE_HZ))
            sweep_hz = rng.uniform(-1500.0, 1500.0)
            cycles = log_uniform(rng, 1500.0, 4500.0) * rise_s + 0.5 * sweep_hz * rise_s**2
            whistle = np.sin(2.0 * np.pi * cycles) * np.hanning(len(rise_s))
            sound = np.append(rng.uniform(0.1, 0.6) * whistle, sound)
        return sound.astype(np.float32)

    return in_turn(rng, count, rocket, (0.03, 1.0))


def thunder(rng: np.random.Generator, count: int) -> FloatArray:
    """Return thunder: claps that roll on and on."""
    roll = np.exp(1.2 * drift(rng, count, rng.uniform(2.0, 8.0), SAMPLE_RATE_HZ))
    long_s = rng.uniform(1.0, 8.0)
    fade = np.exp(-((instants_s(count) + rng.uniform(0.0, 3.0)) % 8.0) / long_s)
    deep = coloured_noise(rng, count, rng.uniform(-12.0, -7.0))
    return at_rms(deep * roll * fade, 0.0) + 0.03 * coloured_noise(rng, count, -5.0)


def glass(rng: np.random.Generator, count: int) -> FloatArray:
    """Return glass that breaks: a crash, then shards that fall and ring, fewer and fewer."""
    low_hz, ring_s = log_uniform(rng, 1200.0, 3000.0), log_uniform(rng, 0.01, 0.08)
    shards = [impact(rng, (low_hz, 7600.0), ring_s * rng.uniform(0.4, 2.0)) for _ in range(10)]

    def crash() -> FloatArray:
        long_s = log_uniform(rng, 0.1, 0.6)
        sound = np.zeros(int((4.0 * long_s + 0.4) * SAMPLE_RATE_HZ), dtype=np.float32)
        add_at(sound, impact(rng, (100.0, 5000.0), 0.03) * np.float32(rng.uniform(0.5, 3.0)), 0)
        for onset_s in rng.exponential(long_s, int(log_uniform(rng, 10, 120))):
            loudness = float(np.exp(rng.normal(-1.0, 0.7)))
            shard = shards[rng.integers(len(shards))] * np.float32(loudness)
            add_at(sound, shard, int(onset_s * SAMPLE_RATE_HZ))
        return sound

    return in_turn(rng, count, crash, (0.2, 2.5))


def metal(rng: np.random.Generator, count: int) -> FloatArray:
    """Return tins, tools, chains and coins: clatter that rings without a common pitch."""
    low_hz = log_uniform(rng, 200.0, 3000.0)
    ring_s = log_uniform(rng, 0.01, 0.3)
    pieces = [impact(rng, (low_hz, min(8.0 * low_hz, 7700.0)), ring_s) for _ in range(6)]
    bouncing = rng.random() < 0.5

    def clatter() -> FloatArray:
        hits = int(rng.integers(1, 12))
        gaps_s = log_uniform(rng, 0.02, 0.3) * np.exp(0.3 * rng.standard_normal(hits))
        if bouncing:  # each bounce is shorter and fainter than the one before
            first_s, rest = log_uniform(rng, 0.1, 0.4), rng.uniform(0.6, 0.9)
            gaps_s = np.array([first_s * rest**number for number in range(hits)])
        onsets = (np.cumsum(gaps_s) * SAMPLE_RATE_HZ).astype(int)
        sound = np.zeros(onsets[-1] + int(4.0 * ring_s * SAMPLE_RATE_HZ), dtype=np.float32)
        for number, onset in enumerate(onsets):
            loudness = 0.8**number if bouncing else log_uniform(rng, 0.2, 1.0)
            add_at(sound, pieces[rng.integers(6)] * np.float32(loudness), int(onset))
        return sound

    return in_turn(rng, count, clatter, (0.05, 1.2))


def thuds(rng: np.random.Generator, count: int) -> FloatArray:
    """Return doors, boxes and furniture that are shut, dropped or dragged."""
    low_hz, high_hz = log_uniform(rng, 60.0, 200.0), log_uniform(rng, 300.0, 3000.0)

    def thud() -> FloatArray:
        times_s = instants_s(int(log_uniform(rng, 0.08, 0.6) * SAMPLE_RATE_HZ))
        fall = np.exp(-5.0 * times_s / times_s[-1])
        rub = np.exp(0.5 * drift(rng, len(times_s), 40.0, SAMPLE_RATE_HZ))
        noise = coloured_noise(rng, len(times_s), rng.uniform(-8.0, -2.0)) * fall * rub
        return body(rng, noise, low_hz, high_hz)

    return in_turn(rng, count, thud, (0.03, 1.0))
