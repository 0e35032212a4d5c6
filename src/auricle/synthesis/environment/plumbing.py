"""Water in pipes, glasses and throats: flushing, pouring, dripping, gurgling, sipping."""

from __future__ import annotations

import numpy as np

from auricle.synthesis.environment.building_blocks import body, curve, glide, in_turn, swell
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


def bubble(rng: np.random.Generator, radius_m: float) -> FloatArray:
    """Return one bubble of air: a short tone that rises as the bubble comes to the surface.

    It rings at 3.26 / radius Hz (Minnaert, Phil. Mag. 16, 1933), and rises in pitch as in van den
    Doel, "Physically based models for liquid sounds", ACM Trans. Appl. Percept. 2 (2005).
    """
    f0_hz = 3.26 / radius_m
    damping = 0.13 / radius_m + 0.0072 * radius_m**-1.5
    times_s = instants_s(int(min(5.0 / damping, 0.12) * SAMPLE_RATE_HZ) + 16)
    rise = rng.uniform(0.0, 0.3) * damping
    cycles = f0_hz * (times_s + 0.5 * rise * times_s**2)
    return (np.sin(2.0 * np.pi * cycles) * np.exp(-damping * times_s)).astype(np.float32)


def bubbles(
    rng: np.random.Generator, count: int, per_second: float, radii_m: tuple[float, float]
) -> FloatArray:
    """Return many bubbles at random moments, few of them loud."""
    track = np.zeros(count, dtype=np.float32)
    sounds = [bubble(rng, log_uniform(rng, *radii_m)) for _ in range(24)]
    for onset in rng.integers(0, count, rng.poisson(per_second * count / SAMPLE_RATE_HZ) + 1):
        loudness = float(np.exp(rng.normal(0.0, 0.8)))
        add_at(track, sounds[rng.integers(len(sounds))] * np.float32(loudness), int(onset))
    return track


def flush(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a flush: a surge through pipes that ends in gurgling and a hiss that refills."""
    times_s = instants_s(count)
    start_s, long_s = rng.uniform(-2.0, 1.0), rng.uniform(1.0, 6.0)
    since_s = np.maximum(times_s - start_s, 0.0)
    surge = (1.0 - np.exp(-since_s / rng.uniform(0.05, 0.5))) / (
        1.0 + np.exp((since_s - long_s) / rng.uniform(0.1, 0.8))
    )
    rush = body(rng, coloured_noise(rng, count, rng.uniform(-4.0, 1.0)), 150.0, 6500.0)
    rush *= np.exp(0.3 * drift(rng, count, rng.uniform(5.0, 25.0), SAMPLE_RATE_HZ))
    choked = bubbles(rng, count, log_uniform(rng, 20.0, 120.0), (0.0025, 0.015))
    tank = body(rng, coloured_noise(rng, count, rng.uniform(-2.0, 3.0)), 500.0, 6000.0)
    sound = (rush + rng.uniform(0.2, 1.5) * at_rms(choked, 0.0)) * surge
    return at_rms(sound + log_uniform(rng, 0.02, 0.4) * tank, 0.0)


def pour(rng: np.random.Generator, count: int) -> FloatArray:
    """Fill a glass, a bottle or a basin: its resonance rises as the air above grows shorter.

    A column of air of length L, open above, rings at c / 4L and three times that.
    """
    length_m = log_uniform(rng, 0.06, 0.35)
    full_s = log_uniform(rng, 1.5, 12.0)
    fill = ((instants_s(count) + rng.uniform(0.0, full_s)) / full_s % 1.0) * 0.9
    pitch_hz = np.minimum(343.0 / (4.0 * length_m * (1.0 - fill)), 2400.0)
    fall = bubbles(rng, count, log_uniform(rng, 60.0, 250.0), (0.0007, 0.005))
    jet = at_rms(fall, 0.0) + log_uniform(rng, 0.1, 1.0) * coloured_noise(rng, count, -2.0)
    rung = at_rms(glide(jet, pitch_hz, log_uniform(rng, 20.0, 150.0)), 0.0)
    rung += 0.5 * at_rms(glide(jet, 3.0 * pitch_hz, 150.0), 0.0)
    flow = np.exp(rng.uniform(0.1, 1.2) * drift(rng, count, rng.uniform(1.0, 8.0), SAMPLE_RATE_HZ))
    return at_rms((rng.uniform(0.2, 1.0) * jet + log_uniform(rng, 0.1, 1.5) * rung) * flow, 0.0)


def drips(rng: np.random.Generator, count: int) -> FloatArray:
    """Return drops from a tap, evenly or not, into water or onto a basin."""
    radii_m = (log_uniform(rng, 0.0008, 0.003), log_uniform(rng, 0.002, 0.006))

    def drop() -> FloatArray:
        splash = np.zeros(int(0.15 * SAMPLE_RATE_HZ), dtype=np.float32)
        fizz = np.exp(-np.arange(80) / 15.0) * rng.standard_normal(80) * rng.uniform(0.05, 1.0)
        add_at(splash, fizz.astype(np.float32), 0)
        for _ in range(rng.integers(1, 4)):
            delay = int(rng.uniform(0.0, 0.05) * SAMPLE_RATE_HZ)
            add_at(splash, bubble(rng, log_uniform(rng, min(radii_m), max(radii_m))), delay)
        return splash

    return in_turn(rng, count, drop, (0.03, 1.2))


def gurgle(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a drain, a stomach or a bottle that gurgles: big bubbles through a moving neck."""
    air = at_rms(bubbles(rng, count, log_uniform(rng, 8.0, 40.0), (0.003, 0.02)), 0.0)
    air += log_uniform(rng, 0.03, 0.5) * coloured_noise(rng, count, -4.0)
    neck_hz = log_uniform(rng, 150.0, 1200.0) * np.exp(
        0.4 * drift(rng, count, rng.uniform(3.0, 12.0), SAMPLE_RATE_HZ)
    )
    gulps = np.exp(drift(rng, count, rng.uniform(4.0, 15.0), SAMPLE_RATE_HZ))
    return at_rms((0.3 * air + at_rms(glide(air, neck_hz, 80.0), 0.0)) * gulps, 0.0)


def sips(rng: np.random.Generator, count: int) -> FloatArray:
    """Return somebody who sips and swallows, or slurps."""
    mouth_hz = log_uniform(rng, 500.0, 2000.0)

    def sip() -> FloatArray:
        length = int(log_uniform(rng, 0.15, 1.2) * SAMPLE_RATE_HZ)
        course = mouth_hz * 2.0 ** curve(rng.uniform(-0.5, 0.9, 4).tolist(), length)
        noise = rng.standard_normal(length, dtype=np.float32)
        noise *= np.exp(rng.uniform(0.2, 1.2) * drift(rng, length, 60.0, SAMPLE_RATE_HZ))
        slurp = at_rms(glide(noise, course, 0.3 * mouth_hz), 0.0)
        slurp += 0.4 * at_rms(glide(noise, 2.7 * course, 900.0), 0.0)
        slurp *= swell(length, 0.4, 0.2)
        if rng.random() < 0.6:  # and down it goes
            gulp = np.zeros(int(0.35 * SAMPLE_RATE_HZ), dtype=np.float32)
            for part in range(rng.integers(1, 4)):
                swallow = bubble(rng, log_uniform(rng, 0.004, 0.012))
                add_at(gulp, swallow, int((0.12 + 0.05 * part) * SAMPLE_RATE_HZ))
            slurp = np.append(slurp, gulp)
        return slurp

    return in_turn(rng, count, sip, (0.1, 1.5))
