"""Sirens, horns and beepers: tones that warn, and make no melody."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from auricle.synthesis.environment.building_blocks import body, drone, in_turn, swell
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


def _street(rng: np.random.Generator, count: int) -> FloatArray:
    return coloured_noise(rng, count, rng.uniform(-7.0, -2.0)) * np.float32(
        amplitude(rng.uniform(-40.0, -5.0))
    )


def _sweep(rng: np.random.Generator, phase: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return one of the shapes sirens sweep in, from 0 to 1, at a phase in cycles."""
    place = phase % 1.0
    shape = rng.integers(4)
    if shape == 0:  # wail: up and down evenly
        return 1.0 - np.abs(2.0 * place - 1.0)
    if shape == 1:  # up at once, slowly down, or the reverse
        rise = rng.uniform(0.05, 0.95)
        return np.minimum(place / rise, (1.0 - place) / (1.0 - rise))
    if shape == 2:  # a capacitor that charges and discharges
        return np.where(place < 0.5, 1.0 - np.exp(-6.0 * place), np.exp(-6.0 * (place - 0.5)))
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * place)


def emergency(rng: np.random.Generator, count: int) -> FloatArray:
    """Return police, ambulance or fire brigade: wail, yelp or two tones, with harmonics.

    It comes nearer and goes; walls throw it back later, so that two pitches sound at once.
    """
    times_s = instants_s(count)
    low_hz, octaves = log_uniform(rng, 300.0, 1000.0), rng.uniform(0.15, 1.6)
    rate_hz = log_uniform(rng, 0.08, 6.0)
    phase = rate_hz * times_s + rng.random()
    if rng.random() < 0.35:
        octaves = rng.uniform(0.2, 0.5)
        sweep = ((0.5 * phase / max(rate_hz, 1.0)) % 1.0 < 0.5).astype(np.float64)
    elif rng.random() < 0.3:  # it changes from wail to yelp and back
        fast = (times_s + rng.uniform(0.0, 4.0)) % 6.0 < 3.0
        sweep = _sweep(rng, np.cumsum(np.where(fast, 3.5, 0.25)) / SAMPLE_RATE_HZ)
    else:
        sweep = _sweep(rng, phase)
    doppler = 1.0 - rng.uniform(0.0, 0.06) * np.tanh((times_s - rng.uniform(0.0, 5.0)) / 1.5)
    f0_hz = low_hz * 2.0 ** (octaves * sweep) * doppler
    horn = drone(rng, f0_hz, rng.uniform(-18.0, -4.0), rng.uniform(2.0, 8.0))
    lag = int(rng.uniform(0.03, 0.4) * SAMPLE_RATE_HZ)
    echo = np.pad(horn, (min(lag, count), 0))[:count] * np.float32(rng.uniform(0.0, 0.8))
    loud = np.exp(rng.uniform(0.1, 0.8) * drift(rng, count, 0.8, SAMPLE_RATE_HZ))
    return at_rms((horn + echo) * loud, 0.0) + _street(rng, count)


def horns(rng: np.random.Generator, count: int) -> FloatArray:
    """Return cars, lorries, trains or ships that hoot: one to three harsh tones at once."""
    base_hz = log_uniform(rng, 80.0, 550.0)
    ratios = [1.0, *rng.uniform(1.15, 1.6, int(rng.choice((0, 1, 1, 2))))]
    slope_db, spread_db = rng.uniform(-5.0, 0.0), rng.uniform(3.0, 8.0)
    typical_s = log_uniform(rng, 0.1, 3.0)

    def hoot() -> FloatArray:
        length = int(typical_s * log_uniform(rng, 0.6, 1.6) * SAMPLE_RATE_HZ)
        sound = np.zeros(length, dtype=np.float32)
        for ratio in ratios:  # the membrane needs a moment to reach its pitch
            onset = 1.0 - 0.05 * np.exp(-instants_s(length) / 0.02)
            f0_hz = base_hz * ratio * onset * rng.uniform(0.997, 1.003)
            sound += drone(rng, f0_hz, slope_db, spread_db)
        edge = min(0.3, 0.02 / typical_s)
        return body(rng, sound, 300.0, 4000.0) * swell(length, edge, 2.0 * edge)

    return in_turn(rng, count, hoot, (0.08, 2.0)) + _street(rng, count)


def beeper(rng: np.random.Generator, count: int) -> FloatArray:
    """Return alarm clocks, pagers, ovens and lorries that reverse: groups of one even beep."""
    times_s = instants_s(count)
    beep_s, duty = log_uniform(rng, 0.04, 0.6), rng.uniform(0.3, 0.7)
    group = int(rng.choice((1, 2, 3, 4, 8)))
    rest_s = rng.uniform(0.0, 1.0) if group > 1 else 0.0
    place_s = (times_s + 2.0 * rng.random()) % (group * beep_s + rest_s)
    on = (place_s < group * beep_s) & (place_s % beep_s < duty * beep_s)
    ramp = np.hanning(2 * int(log_uniform(rng, 0.001, 0.01) * SAMPLE_RATE_HZ) + 1)
    gate = np.convolve(on, ramp / ramp.sum(), "same")
    f0_hz = np.full(count, log_uniform(rng, 400.0, 4200.0))
    if rng.random() < 0.3:  # chirps or warbles
        f0_hz *= 1.0 + rng.uniform(0.02, 0.3) * np.sin(
            2.0 * np.pi * log_uniform(rng, 5.0, 60.0) * times_s
        )
    tone = drone(rng, f0_hz, rng.uniform(-15.0, 0.0), rng.uniform(2.0, 8.0))
    return at_rms(tone * gate, 0.0) + _street(rng, count)


def buzzer(rng: np.random.Generator, count: int) -> FloatArray:
    """Return door buzzers, relays and shavers: mains that rattle a plate, in long pulls."""
    mains_hz = float(rng.choice((50.0, 60.0, 100.0, 120.0)))

    def pull() -> FloatArray:
        length = int(log_uniform(rng, 0.15, 2.5) * SAMPLE_RATE_HZ)
        f0_hz = mains_hz * np.exp(0.002 * drift(rng, length, 10.0, SAMPLE_RATE_HZ))
        return body(rng, drone(rng, f0_hz, rng.uniform(-3.0, 1.0), 6.0), 200.0, 5000.0)

    return in_turn(rng, count, pull, (0.1, 2.0))
