"""What is rubbed to and fro: saws, brushes, sandpaper, zips, creaking doors."""

from __future__ import annotations

import numpy as np

from auricle.synthesis.environment.building_blocks import body, curve, drone, in_turn, swell
from auricle.synthesis.signals import (
    SAMPLE_RATE_HZ,
    FloatArray,
    amplitude,
    at_rms,
    coloured_noise,
    drift,
    instants_s,
    log_uniform,
)


def motion(rng: np.random.Generator, count: int, rate_hz: float) -> tuple[FloatArray, FloatArray]:
    """Return the speed of a hand from 0 to 1, and its direction, -1 or 1, at `rate_hz`."""
    pace = rate_hz * np.exp(0.15 * drift(rng, count, 0.5 * rate_hz, SAMPLE_RATE_HZ))
    swing = np.sin(2.0 * np.pi * (np.cumsum(pace) / SAMPLE_RATE_HZ + rng.random()))
    return np.abs(swing).astype(np.float32), np.sign(swing).astype(np.float32)


def _rubbed(
    rng: np.random.Generator,
    count: int,
    rate_hz: float,
    teeth_hz: float,
    rip: float,
    band_hz: tuple[float, float],
) -> FloatArray:
    """Return strokes over a grained or toothed thing; the teeth rattle as fast as the hand goes."""
    speed, direction = motion(rng, count, rate_hz)
    noise = body(rng, coloured_noise(rng, count, rng.uniform(-4.0, 3.0)), *band_hz)
    pitch_hz = teeth_hz * (0.15 + speed) * np.exp(0.05 * drift(rng, count, 60.0, SAMPLE_RATE_HZ))
    teeth = drone(rng, pitch_hz, rng.uniform(-5.0, 0.0), 5.0)
    teeth = body(rng, teeth, *band_hz)
    grain = np.exp(0.4 * drift(rng, count, rng.uniform(30.0, 200.0), SAMPLE_RATE_HZ))
    back = amplitude(rng.uniform(-25.0, 0.0))
    stroke = speed ** rng.uniform(0.5, 3.5) * np.where(direction > 0.0, 1.0, back)
    rattle = 1.0 + rip * np.sin(2.0 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ)
    sound = (noise * rattle * grain + rip * teeth) * stroke
    return at_rms(sound, 0.0) + 0.01 * coloured_noise(rng, count, -5.0)


def saw(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a hand saw: its teeth glide up and down in pitch with every stroke."""
    rate_hz, teeth_hz = log_uniform(rng, 0.5, 3.0), log_uniform(rng, 60.0, 500.0)
    band_hz = (log_uniform(rng, 150.0, 600.0), log_uniform(rng, 2000.0, 7000.0))
    return _rubbed(rng, count, rate_hz, teeth_hz, log_uniform(rng, 0.6, 4.0), band_hz)


def brush(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a brush, a broom, a toothbrush or sandpaper."""
    rate_hz, teeth_hz = log_uniform(rng, 0.7, 5.0), log_uniform(rng, 200.0, 1500.0)
    band_hz = (log_uniform(rng, 500.0, 2500.0), log_uniform(rng, 3500.0, 7500.0))
    return _rubbed(rng, count, rate_hz, teeth_hz, rng.uniform(0.0, 0.4), band_hz)


def zips(rng: np.random.Generator, count: int) -> FloatArray:
    """Return zips and ratchets: teeth that rattle faster and faster, or slower."""
    low_hz, high_hz = log_uniform(rng, 30.0, 150.0), log_uniform(rng, 100.0, 600.0)

    def pull() -> FloatArray:
        length = int(log_uniform(rng, 0.15, 1.2) * SAMPLE_RATE_HZ)
        rate_hz = curve(rng.permutation([low_hz, high_hz, high_hz]).tolist(), length)
        rate_hz = rate_hz * np.exp(0.1 * drift(rng, length, 30.0, SAMPLE_RATE_HZ))
        phase = np.cumsum(rate_hz) / SAMPLE_RATE_HZ % 1.0
        teeth = np.exp(-phase * rng.uniform(4.0, 15.0)) * rng.standard_normal(length)
        return body(rng, teeth, 800.0, 7000.0) * swell(length, 0.1, 0.2)

    return in_turn(rng, count, pull, (0.1, 1.5))


def creak(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a door, a chair or a rope that creaks: it sticks and slips, ever faster or slower."""
    low_hz = log_uniform(rng, 12.0, 120.0)
    band_hz = (log_uniform(rng, 200.0, 900.0), log_uniform(rng, 1500.0, 5000.0))

    def move() -> FloatArray:
        length = int(log_uniform(rng, 0.2, 2.5) * SAMPLE_RATE_HZ)
        octaves = curve(rng.uniform(0.0, rng.uniform(0.5, 4.0), 4).tolist(), length)
        rate_hz = np.minimum(low_hz * 2.0**octaves, 1500.0)
        rate_hz = rate_hz * np.exp(0.06 * drift(rng, length, 40.0, SAMPLE_RATE_HZ))
        slips = drone(rng, rate_hz, rng.uniform(-3.0, 0.0), 3.0)
        slips *= np.exp(0.4 * drift(rng, length, 20.0, SAMPLE_RATE_HZ))
        scrape = 0.1 * coloured_noise(rng, length, 0.0)
        return body(rng, slips + scrape, *band_hz) * swell(length, 0.15, 0.3)

    return in_turn(rng, count, move, (0.1, 1.0))


def scratch(rng: np.random.Generator, count: int) -> FloatArray:
    """Return single scratches, tears and slides over cloth, paper, wood or stone."""
    band_hz = (log_uniform(rng, 200.0, 2000.0), log_uniform(rng, 2500.0, 7500.0))

    def slide() -> FloatArray:
        length = int(log_uniform(rng, 0.05, 0.8) * SAMPLE_RATE_HZ)
        noise = body(rng, rng.standard_normal(length, dtype=np.float32), *band_hz)
        grain = np.exp(0.6 * drift(rng, length, rng.uniform(20.0, 300.0), SAMPLE_RATE_HZ))
        push = 1.0 + 0.5 * np.sin(2.0 * np.pi * rng.uniform(2.0, 12.0) * instants_s(length))
        return at_rms(noise * grain * push * swell(length, 0.3, 0.4), 0.0)

    return in_turn(rng, count, slide, (0.03, 0.8))
