"""What turns and buzzes: insects, saws with a motor, cleaners, drills, aircraft."""

from __future__ import annotations

import numpy as np

from auricle.synthesis.environment.building_blocks import body, drone, glide, per_cycle
from auricle.synthesis.signals import (
    SAMPLE_RATE_HZ,
    FloatArray,
    amplitude,
    at_rms,
    band_pass,
    coloured_noise,
    drift,
    instants_s,
    log_uniform,
)


def throttle(rng: np.random.Generator, count: int, changes_hz: float, lag_s: float) -> FloatArray:
    """Return a course from 0 to 1: somebody presses and lets go, the motor follows with a lag."""
    knots = rng.choice((0.0, 0.0, 0.3, 0.8, 1.0), int(count / SAMPLE_RATE_HZ * changes_hz) + 3)
    times = np.cumsum(rng.exponential(SAMPLE_RATE_HZ / changes_hz, len(knots)))
    wanted = knots[np.searchsorted(times, np.arange(count)).clip(0, len(knots) - 1)]
    kernel = np.exp(-np.arange(0.0, 4.0, 1.0 / (lag_s * 200.0)))
    # The lag is slow: two hundred values a second are enough.
    few = wanted[:: SAMPLE_RATE_HZ // 200]
    slow = np.convolve(np.pad(few, (len(kernel), 0), mode="edge"), kernel / kernel.sum())
    slow = slow[len(kernel) : len(kernel) + len(few)]
    return np.interp(np.arange(count), np.arange(len(few)) * (SAMPLE_RATE_HZ // 200), slow).astype(
        np.float32
    )


def insects(rng: np.random.Generator, count: int) -> FloatArray:
    """Return flies, bees or gnats: wings that buzz, near and far, with a pitch that wanders."""
    swarm = np.float32(amplitude(rng.uniform(-40.0, -8.0))) * coloured_noise(rng, count, -5.0)
    typical_hz = log_uniform(rng, 80.0, 600.0) if rng.random() < 0.5 else rng.uniform(130, 280)
    for _ in range(rng.choice((1, 1, 2, 4, 7))):
        restless = rng.uniform(0.3, 6.0)
        course = 0.06 * drift(rng, count, restless, SAMPLE_RATE_HZ)
        course += log_uniform(rng, 0.01, 0.1) * drift(rng, count, 120.0, SAMPLE_RATE_HZ)
        if rng.random() < 0.3:  # it turns, or settles
            course += rng.uniform(-0.4, 0.4) * throttle(rng, count, 1.0, 0.05)
        f0_hz = typical_hz * rng.uniform(0.85, 1.2) * np.exp(course)
        wings = drone(rng, f0_hz, rng.uniform(-14.0, -3.0), rng.uniform(2.0, 7.0))
        wings *= per_cycle(rng, f0_hz, log_uniform(rng, 0.05, 0.6))
        near = np.exp(
            rng.uniform(0.3, 1.5) * drift(rng, count, rng.uniform(0.5, 12.0), SAMPLE_RATE_HZ)
        )
        if rng.random() < 0.3:
            near *= 0.02 + throttle(rng, count, rng.uniform(0.5, 4.0), 0.03)
        swarm += at_rms(wings * near, rng.uniform(-10.0, 0.0))
    return at_rms(swarm, 0.0)


def chainsaw(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a small two-stroke engine under a throttle: saw, moped, mower, trimmer."""
    idle_hz = log_uniform(rng, 25.0, 70.0)
    full = rng.uniform(1.2, 4.5)
    press = throttle(rng, count, log_uniform(rng, 0.1, 1.5), log_uniform(rng, 0.05, 0.5))
    if rng.random() < 0.4:
        press = 0.7 + 0.3 * press
    load = 0.04 * drift(rng, count, 3.0, SAMPLE_RATE_HZ)
    load += log_uniform(rng, 0.005, 0.08) * drift(rng, count, 50.0, SAMPLE_RATE_HZ)
    f0_hz = idle_hz * full**press * np.exp(load)
    strokes = per_cycle(rng, f0_hz, rng.uniform(0.05, 0.5))
    exhaust = drone(rng, f0_hz, rng.uniform(-5.0, 1.0), rng.uniform(2.0, 7.0)) * strokes
    exhaust = body(rng, exhaust, 100.0, 4000.0)
    beat = 1.0 + 0.7 * np.sin(2.0 * np.pi * np.cumsum(f0_hz) / SAMPLE_RATE_HZ)
    grind = body(rng, coloured_noise(rng, count, rng.uniform(-5.0, 1.0)), 500.0, 6000.0)
    grind *= strokes * beat * np.float32(log_uniform(rng, 0.1, 1.2))
    bite = np.exp(
        rng.uniform(0.1, 0.7) * drift(rng, count, log_uniform(rng, 2.0, 12.0), SAMPLE_RATE_HZ)
    )
    return at_rms((exhaust + grind) * (0.1 + press) * bite, 0.0)


def cleaner(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a vacuum cleaner, hair dryer or fan: rushing air with a whine, moved about."""
    air = body(rng, coloured_noise(rng, count, rng.uniform(-8.0, 1.0)), 150.0, 6000.0)
    place_hz = log_uniform(rng, 400, 3500) * np.exp(
        rng.uniform(0.0, 0.3) * drift(rng, count, rng.uniform(0.3, 2.0), SAMPLE_RATE_HZ)
    )
    air += np.float32(rng.uniform(0.0, 1.5)) * at_rms(
        glide(air, place_hz, log_uniform(rng, 50, 800)), 0.0
    )
    run_up = 1.0 - rng.uniform(0.0, 0.6) * np.exp(-instants_s(count) / rng.uniform(0.2, 2.0))
    wander = 0.004 * drift(rng, count, 2.0, SAMPLE_RATE_HZ)
    f0_hz = log_uniform(rng, 60.0, 900.0) * np.exp(wander) * run_up
    whine = drone(rng, f0_hz, rng.uniform(-9.0, 0.0), rng.uniform(4.0, 12.0))
    return at_rms(air * run_up**2 + log_uniform(rng, 0.05, 1.2) * whine, 0.0)


def drill(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a drill, mixer or razor: a motor on and off, its gears and what it works on."""
    press = throttle(rng, count, log_uniform(rng, 0.3, 2.0), log_uniform(rng, 0.03, 0.4))
    f0_hz = log_uniform(rng, 60.0, 500.0) * (0.2 + press)
    f0_hz *= np.exp(0.02 * drift(rng, count, 5.0, SAMPLE_RATE_HZ))
    gears = drone(rng, f0_hz, rng.uniform(-6.0, 2.0), rng.uniform(4.0, 10.0))
    gears *= per_cycle(rng, f0_hz, rng.uniform(0.02, 0.3))
    work = body(rng, rng.standard_normal(count, dtype=np.float32), 300.0, 7000.0)
    work *= np.exp(0.5 * drift(rng, count, 20.0, SAMPLE_RATE_HZ))
    sound = gears + log_uniform(rng, 0.1, 2.0) * work
    return at_rms(sound * press**1.5 + 0.003 * coloured_noise(rng, count, -5.0), 0.0)


def aeroplane(rng: np.random.Generator, count: int) -> FloatArray:
    """Return an aeroplane overhead: roar, its echo from the ground, propellers or turbines."""
    roar = coloured_noise(rng, count, rng.uniform(-9.0, -2.0))
    # Direct sound and its reflection: a comb whose teeth move as the aircraft does.
    lag_s = log_uniform(rng, 0.0005, 0.006) * np.exp(0.4 * drift(rng, count, 0.3, SAMPLE_RATE_HZ))
    places = np.arange(count)
    roar = roar + rng.uniform(0.0, 0.9) * np.interp(places - lag_s * SAMPLE_RATE_HZ, places, roar)
    passing = np.tanh((instants_s(count) - rng.uniform(0.0, 8.0)) / rng.uniform(1.0, 8.0))
    doppler = 1.0 - rng.uniform(0.02, 0.25) * passing
    props = rng.random() < 0.6
    f0_hz = doppler * (log_uniform(rng, 40.0, 180.0) if props else log_uniform(rng, 800.0, 3500.0))
    if not props:
        f0_hz *= np.exp(0.003 * drift(rng, count, 30.0, SAMPLE_RATE_HZ))
    blades = drone(rng, f0_hz, rng.uniform(-10.0, -3.0), 5.0)
    level = amplitude(rng.uniform(-20.0, 4.0) if props else rng.uniform(-35.0, -8.0))
    loud = np.exp(rng.uniform(0.1, 0.8) * drift(rng, count, 0.7, SAMPLE_RATE_HZ))
    return at_rms((at_rms(roar, 0.0) + level * blades) * loud, 0.0)


def helicopter(rng: np.random.Generator, count: int) -> FloatArray:
    """Return rotor blades that slap the air ten to thirty times a second, under a turbine."""
    rate_hz = np.full(count, log_uniform(rng, 8.0, 32.0))
    rate_hz *= np.exp(0.01 * drift(rng, count, 1.0, SAMPLE_RATE_HZ))
    phase = np.cumsum(rate_hz) / SAMPLE_RATE_HZ % 1.0
    slap = np.exp(-phase * rng.uniform(2.0, 12.0)).astype(np.float32)
    slap *= per_cycle(rng, rate_hz, 0.15)
    thump = band_pass(slap - slap.mean(), 50.0, log_uniform(rng, 150.0, 1500.0))
    chop = body(rng, coloured_noise(rng, count, rng.uniform(-6.0, -1.0)), 100.0, 1500.0)
    chop *= rng.uniform(0.0, 0.5) + slap
    turbine_hz = np.full(count, log_uniform(rng, 400.0, 4000.0))
    turbine = drone(rng, turbine_hz, -6.0, 6.0)
    sound = at_rms(thump, 0.0) + log_uniform(rng, 0.3, 3.0) * at_rms(chop, 0.0)
    return at_rms(sound + amplitude(rng.uniform(-45.0, -12.0)) * turbine, 0.0)
