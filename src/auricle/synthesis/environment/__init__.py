"""Sounds that are neither speech nor music, and the noise of rooms under everything else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from auricle.synthesis.environment import (
    alarms,
    bangs,
    beasts,
    creatures,
    impacts,
    machines,
    motors,
    people,
    plumbing,
    room_tone,
    strokes,
    weather,
)
from auricle.synthesis.environment.room_tone import room_noise
from auricle.synthesis.signals import SAMPLE_RATE_HZ, FloatArray, at_rms

__all__ = ["ROOMS", "SOURCES", "room_noise", "room_tones", "surround"]

Source = Callable[[np.random.Generator, int], FloatArray]

SOURCES: tuple[tuple[Source, float], ...] = (
    (room_tone.hiss, 3.0),
    (room_tone.room_noise, 3.0),
    (room_tone.shaped, 4.0),
    (room_tone.pipes, 2.5),
    (room_tone.fluttering, 2.5),
    (room_tone.rumble, 1.5),
    (room_tone.hum, 1.0),
    (weather.wind, 2.0),
    (weather.rain, 1.5),
    (weather.crackle, 0.8),
    (weather.water, 0.8),
    (plumbing.flush, 1.2),
    (plumbing.pour, 1.0),
    (plumbing.drips, 0.8),
    (plumbing.gurgle, 0.6),
    (plumbing.sips, 0.6),
    (machines.engine, 1.5),
    (machines.appliance, 1.2),
    (machines.traffic, 1.2),
    (machines.beeps, 0.4),
    (machines.siren, 0.4),
    (motors.insects, 1.8),
    (motors.chainsaw, 1.8),
    (motors.cleaner, 1.6),
    (motors.drill, 1.0),
    (motors.aeroplane, 1.6),
    (motors.helicopter, 0.8),
    (alarms.emergency, 1.4),
    (alarms.horns, 1.2),
    (alarms.beeper, 0.8),
    (alarms.buzzer, 0.5),
    (strokes.saw, 1.5),
    (strokes.brush, 1.0),
    (strokes.zips, 0.5),
    (strokes.creak, 0.8),
    (strokes.scratch, 0.8),
    (impacts.knocks, 1.0),
    (impacts.footsteps, 1.0),
    (impacts.keyboard, 1.0),
    (impacts.dishes, 0.8),
    (impacts.clock, 0.8),
    (impacts.rustle, 1.5),
    (bangs.fireworks, 0.7),
    (bangs.thunder, 0.5),
    (bangs.glass, 0.5),
    (bangs.metal, 0.7),
    (bangs.thuds, 0.8),
    (creatures.calls, 0.6),
    (creatures.crickets, 0.5),
    (creatures.barks, 0.5),
    (creatures.babble, 1.0),
    (creatures.applause, 0.8),
    (beasts.cow, 1.4),
    (beasts.sheep, 0.8),
    (beasts.pig, 0.8),
    (beasts.cat, 1.0),
    (beasts.dog, 0.6),
    (beasts.poultry, 0.8),
    (people.cough, 0.9),
    (people.sneeze, 0.6),
    (people.laugh, 0.5),
    (people.breath, 0.8),
    (people.snore, 0.6),
    (people.crying, 0.8),
)
"""The sources of sound and how often each is heard, in proportion."""


ROOMS = (
    room_tone.hiss,
    room_tone.room_noise,
    room_tone.shaped,
    room_tone.pipes,
    room_tone.fluttering,
    room_tone.rumble,
    room_tone.hum,
)
"""The sources that no one would give a name: what is heard where nothing is to be heard."""


def room_tones(rng: np.random.Generator, seconds: float) -> FloatArray:
    """Return what is heard in a room where nothing happens: one to three noises.

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
    return _scene(rng, seconds, ROOMS, None)


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
    shares = np.array([share for _, share in SOURCES])
    return _scene(rng, seconds, [source for source, _ in SOURCES], shares / shares.sum())


def _scene(
    rng: np.random.Generator,
    seconds: float,
    sources: Sequence[Source],
    shares: FloatArray | None,
) -> FloatArray:
    """Mix one to three sources, drawn by their shares, or all alike."""
    count = round(seconds * SAMPLE_RATE_HZ)
    scene = np.zeros(count, dtype=np.float32)
    for index in rng.choice(len(sources), int(rng.integers(1, 4)), p=shares):
        scene += at_rms(sources[index](rng, count), rng.uniform(-15.0, 0.0))
    return at_rms(scene, -20.0)
