"""Cattle, sheep, pigs, cats, dogs and poultry: calls with a voice and without a word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from auricle.synthesis.environment.building_blocks import in_turn
from auricle.synthesis.environment.throat import Throat
from auricle.synthesis.signals import SAMPLE_RATE_HZ, FloatArray, log_uniform

Range = tuple[float, float]


class Species(NamedTuple):
    """How an animal calls; ranges are of individuals."""

    f0_hz: Range
    tract_m: Range
    seconds: Range
    pause_s: Range
    courses: tuple[Sequence[float], ...]
    """Melodies of the call in semitones, one of them an animal."""
    opening: Sequence[float]
    rough: Range = (0.0, 0.6)
    breath: Range = (0.02, 0.4)
    trill_hz: Range = (4.0, 8.0)
    trill: Range = (0.0, 0.1)
    burst: tuple[int, int] = (1, 1)
    """Calls without a pause between them, from and to."""


COW = Species(
    (55.0, 220.0),
    (0.22, 0.7),
    (0.7, 2.8),
    (0.1, 1.5),
    ((0, 2, 3, 3, -1), (-3, 0, 0, -4), (-5, 4, 10, 8), (0, 6, 12, 5)),
    (0.2, 0.5, 0.9, 1.0, 0.6),
    rough=(0.0, 0.7),
)
SHEEP = Species(
    (130.0, 420.0),
    (0.16, 0.35),
    (0.4, 1.5),
    (0.2, 2.0),
    ((0, 2, 1, 0, -2), (-2, 1, 1, -1)),
    (0.4, 0.9, 0.9, 0.6),
    trill_hz=(6.0, 15.0),
    trill=(0.2, 0.6),
)
GRUNT = Species(
    (35.0, 140.0),
    (0.18, 0.35),
    (0.08, 0.45),
    (0.08, 0.6),
    ((0, -2, -3), (2, 0, -4)),
    (0.2, 0.6, 0.3),
    rough=(0.5, 1.0),
    breath=(0.3, 2.0),
    burst=(1, 4),
)
SQUEAL = Species(
    (450.0, 1400.0),
    (0.14, 0.3),
    (0.3, 1.4),
    (0.1, 0.8),
    ((-4, 2, 3, -6), (-8, 0, 4, 2, -4)),
    (0.5, 1.0, 0.8),
    rough=(0.2, 1.0),
    breath=(0.1, 0.8),
)
CAT = Species(
    (300.0, 850.0),
    (0.06, 0.1),
    (0.35, 1.6),
    (0.3, 2.5),
    ((-2, 2, 3, 1, -3), (-5, 0, 2, 3), (0, 3, -1, -5), (0, -1, 1, -1, 0)),
    (0.1, 0.7, 1.0, 0.5, 0.1),
    rough=(0.0, 0.4),
)
HOWL = Species(
    (200.0, 700.0),
    (0.12, 0.25),
    (0.8, 4.0),
    (0.2, 1.5),
    ((-7, 0, 1, 0, -4), (-3, 2, 1, 3, -8)),
    (0.3, 0.6, 0.5, 0.3),
    rough=(0.0, 0.4),
)
BARK = Species(
    (200.0, 1100.0),
    (0.07, 0.22),
    (0.07, 0.3),
    (0.12, 1.5),
    ((-4, 2, -5), (0, 3, -8)),
    (0.2, 1.0, 0.3),
    rough=(0.5, 1.0),
    breath=(0.4, 3.0),
    burst=(1, 3),
)
ROOSTER = Species(
    (450.0, 1100.0),
    (0.08, 0.17),
    (0.12, 0.9),
    (0.05, 1.0),
    ((-4, 2, 0), (-2, 3, 4, 2, -5), (0, 4, 3, -2)),
    (0.4, 1.0, 0.8),
    rough=(0.2, 0.8),
    burst=(3, 5),
)
HEN = Species(
    (250.0, 800.0),
    (0.08, 0.18),
    (0.04, 0.25),
    (0.08, 0.6),
    ((2, 0, -4), (-2, 4, 1), (0, 0, 5)),
    (0.5, 0.9, 0.4),
    rough=(0.1, 0.8),
    breath=(0.05, 0.8),
    burst=(1, 5),
)


def calling(rng: np.random.Generator, count: int, species: Species) -> FloatArray:
    """Return one animal of a species that calls again and again, shape (count,)."""
    throat = Throat.draw(rng, species.f0_hz, species.tract_m, species.rough, species.breath)
    course = species.courses[rng.integers(len(species.courses))]
    seconds = log_uniform(rng, *species.seconds)
    trill = (rng.uniform(*species.trill_hz), rng.uniform(*species.trill))

    def call() -> FloatArray:
        parts = [
            throat.call(
                rng,
                min(seconds * log_uniform(rng, 0.7, 1.4), count / SAMPLE_RATE_HZ + 0.1),
                course,
                species.opening,
                trill,
                rng.uniform(0.03, 0.2),
            )
            for _ in range(rng.integers(species.burst[0], species.burst[1] + 1))
        ]
        return np.concatenate(parts)

    return in_turn(rng, count, call, species.pause_s)


def cow(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a cow or an ox that moos."""
    return calling(rng, count, COW)


def sheep(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a sheep or goat: its voice trembles."""
    return calling(rng, count, SHEEP)


def pig(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a pig that grunts or squeals."""
    return calling(rng, count, GRUNT if rng.random() < 0.7 else SQUEAL)


def cat(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a cat that mews or yowls."""
    return calling(rng, count, CAT)


def dog(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a dog that barks or howls."""
    return calling(rng, count, BARK if rng.random() < 0.7 else HOWL)


def poultry(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a rooster or a hen."""
    return calling(rng, count, ROOSTER if rng.random() < 0.4 else HEN)
