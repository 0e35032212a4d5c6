"""Engines, appliances, traffic and alarms."""

from __future__ import annotations

import numpy as np

from auricle.synthesis.environment.room_tone import hiss
from auricle.synthesis.signals import (
    SAMPLE_RATE_HZ,
    FloatArray,
    at_rms,
    band_pass,
    coloured_noise,
    drift,
    instants_s,
    log_uniform,
)


def engine(rng: np.random.Generator, count: int) -> FloatArray:
    """Fire cylinders of unequal strength over and over, under the roar of air."""
    speed = np.exp(0.05 * drift(rng, count, 0.5, SAMPLE_RATE_HZ))
    cycles = np.cumsum(log_uniform(rng, 8.0, 40.0) * speed) / SAMPLE_RATE_HZ
    cylinders = int(rng.integers(1, 7))
    strengths = rng.uniform(0.4, 1.0, cylinders)
    phase = (cycles * cylinders) % 1.0
    pulses = (
        np.exp(-phase * rng.uniform(3.0, 15.0))
        * strengths[(cycles * cylinders).astype(int) % cylinders]
    )
    roar = coloured_noise(rng, count, -4.0) * (0.3 + pulses)
    exhaust = band_pass(pulses - pulses.mean(), 30.0, log_uniform(rng, 300.0, 2500.0))
    return at_rms(exhaust, 0.0) + rng.uniform(0.3, 2.0) * at_rms(roar, 0.0)


def appliance(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a fan or motor: a broad hum of blades with a few whining lines."""
    lines_hz = log_uniform(rng, 80.0, 600.0) * np.array([1.0, 2.0, 3.0, rng.uniform(4.0, 9.0)])
    wander = np.exp(0.004 * drift(rng, count, 1.0, SAMPLE_RATE_HZ))
    cycles = lines_hz[:, None] * np.cumsum(wander) / SAMPLE_RATE_HZ
    levels = rng.uniform(0.0, 0.3, 4).astype(np.float32)
    waves = np.sin(2.0 * np.pi * (cycles + rng.random((4, 1)))).astype(np.float32)
    whine = np.einsum("p,pt->t", levels, waves)
    return coloured_noise(rng, count, rng.uniform(-7.0, -1.0)) + whine


def beeps(rng: np.random.Generator, count: int) -> FloatArray:
    """Return an alarm: one tone, on and off."""
    times_s = instants_s(count)
    period_s = log_uniform(rng, 0.15, 1.5)
    sounding = (times_s + rng.random()) % period_s < rng.uniform(0.2, 0.6) * period_s
    tone = np.sin(2.0 * np.pi * log_uniform(rng, 700, 4000) * times_s)
    return (tone * sounding).astype(np.float32) + 0.02 * hiss(rng, count)


def traffic(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a road: cars that come, pass and go, over a distant roar."""
    road = 0.3 * coloured_noise(rng, count, -6.0)
    times_s = instants_s(count)
    for _ in range(1 + rng.poisson(0.4 * count / SAMPLE_RATE_HZ)):
        passing_s = rng.uniform(0.0, count / SAMPLE_RATE_HZ)
        distance = (times_s - passing_s) / log_uniform(rng, 0.4, 2.5)
        tyres = coloured_noise(rng, count, rng.uniform(-6.0, -1.0))
        road += log_uniform(rng, 0.3, 1.0) * tyres / (1.0 + distance**2)
    return at_rms(road, 0.0)


def siren(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a siren: one tone that sweeps up and down without rest, or between two pitches."""
    times_s = instants_s(count)
    sweep = np.sin(2.0 * np.pi * (log_uniform(rng, 0.15, 4.0) * times_s + rng.random()))
    if rng.random() < 0.4:
        sweep = np.sign(sweep)
    pitch_hz = log_uniform(rng, 500.0, 1400.0) * 2.0 ** (rng.uniform(0.15, 0.5) * sweep)
    cycles = np.cumsum(pitch_hz) / SAMPLE_RATE_HZ
    tone = np.sin(2.0 * np.pi * cycles) + rng.uniform(0.0, 0.5) * np.sin(6.0 * np.pi * cycles)
    return tone.astype(np.float32) + 0.05 * coloured_noise(rng, count, -5.0)
