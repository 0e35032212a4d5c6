"""Sounds that are neither speech nor music, and the noise of rooms under everything else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from auricle.datasets.starter.environment import creatures, impacts, machines, noise, weather
from auricle.datasets.starter.environment.noise import room_noise
from auricle.datasets.starter.signals import SAMPLE_RATE_HZ, FloatArray, at_rms

__all__ = ["SOURCES", "room_noise", "surround"]

Source = Callable[[np.random.Generator, int], FloatArray]

SOURCES: tuple[tuple[Source, float], ...] = (
    (noise.hiss, 4.0),
    (noise.room_noise, 4.0),
    (noise.rumble, 2.0),
    (noise.hum, 1.0),
    (weather.wind, 2.0),
    (weather.rain, 2.0),
    (weather.crackle, 1.0),
    (weather.water, 1.0),
    (machines.engine, 2.0),
    (machines.appliance, 2.0),
    (machines.traffic, 1.5),
    (machines.beeps, 0.5),
    (machines.siren, 0.5),
    (impacts.knocks, 1.5),
    (impacts.footsteps, 1.5),
    (impacts.keyboard, 1.5),
    (impacts.dishes, 1.0),
    (impacts.clock, 0.8),
    (impacts.rustle, 2.0),
    (creatures.calls, 0.6),
    (creatures.crickets, 0.5),
    (creatures.barks, 0.8),
    (creatures.babble, 1.0),
    (creatures.applause, 1.0),
)
"""The sources of sound and how often each is heard, in proportion."""


def surround(rng: np.random.Generator, seconds: float) -> FloatArray:
    """Return a scene: one to three sources, each louder or fainter than the one before.

    Parameters
    ----------
    rng
        Source of randomness.
    seconds
        Length of the scene.

    Returns
    -------
    FloatArray
        Samples at -20 dBFS RMS, shape (round(seconds * 16000),).
    """
    count = round(seconds * SAMPLE_RATE_HZ)
    shares = np.array([share for _, share in SOURCES])
    heard = rng.choice(len(SOURCES), int(rng.integers(1, 4)), p=shares / shares.sum())
    scene = np.zeros(count, dtype=np.float32)
    for index in heard:
        scene += at_rms(SOURCES[index][0](rng, count), rng.uniform(-15.0, 0.0))
    return at_rms(scene, -20.0)
