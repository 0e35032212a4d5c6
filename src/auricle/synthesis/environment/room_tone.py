"""Steady noises: the floor of rooms and microphones."""

from __future__ import annotations

import numpy as np
from scipy import signal

from auricle.synthesis.environment.building_blocks import glide
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


def shaped(rng: np.random.Generator, count: int) -> FloatArray:
    """Return steady noise whose spectrum is a random landscape of hills and holes, at unit RMS."""
    knots_hz = np.unique(np.r_[0.0, np.geomspace(60.0, 8000.0, int(rng.integers(5, 25)))])
    levels_db = rng.normal(0.0, rng.uniform(3.0, 14.0), len(knots_hz))
    points_hz = np.linspace(0.0, 8000.0, 513)
    gains = 10.0 ** (np.interp(points_hz, knots_hz, levels_db) / 20.0)
    kernel = signal.firwin2(1025, points_hz / 8000.0, gains)
    noise = coloured_noise(rng, count, rng.uniform(-7.0, 2.0))
    return at_rms(signal.oaconvolve(noise, kernel, "same"), 0.0)


def pipes(rng: np.random.Generator, count: int) -> FloatArray:
    """Return noise through a duct or a slot: a few resonances that stand or wander, no pitch."""
    noise = shaped(rng, count)
    heard = np.float32(rng.uniform(0.05, 0.7)) * noise
    for _ in range(rng.integers(1, 6)):
        wander = rng.uniform(0.0, 0.15) * drift(
            rng, count, log_uniform(rng, 0.3, 8.0), SAMPLE_RATE_HZ
        )
        centre_hz = log_uniform(rng, 120.0, 5000.0)
        rung = glide(noise, centre_hz * np.exp(wander), centre_hz * log_uniform(rng, 0.02, 0.5))
        heard += at_rms(rung, rng.uniform(-12.0, 0.0))
    return at_rms(heard, 0.0)


def fluttering(rng: np.random.Generator, count: int) -> FloatArray:
    """Return noise that comes in beats or fits: machines, waves, cloth, bad reception."""
    rate_hz = log_uniform(rng, 0.3, 120.0)
    pace = rate_hz * np.exp(0.1 * drift(rng, count, 1.0, SAMPLE_RATE_HZ))
    beat = np.sin(2.0 * np.pi * np.cumsum(pace) / SAMPLE_RATE_HZ)
    fits = drift(rng, count, rate_hz, SAMPLE_RATE_HZ)
    depth = rng.uniform(0.2, 2.0)
    return at_rms(shaped(rng, count) * np.exp(depth * (beat if rng.random() < 0.5 else fits)), 0.0)


def room_noise(rng: np.random.Generator, count: int) -> FloatArray:
    """Return the noise floor of a random room and microphone, at unit RMS."""
    noise = coloured_noise(rng, count, rng.uniform(-6.0, 0.0))
    if rng.random() < 0.6:
        noise = noise + rumble(rng, count) * amplitude(rng.uniform(-5.0, 20.0))
    if rng.random() < 0.25:
        noise = noise + hum(rng, count) * amplitude(rng.uniform(-15.0, 10.0))
    return at_rms(noise, 0.0)
