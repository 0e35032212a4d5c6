"""Manners of speaking: the same speaker hoarse, creaking, whispering, shouting or in a hurry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from auricle.synthesis.signals import log_uniform
from auricle.synthesis.voice import Speaker

Manner = Callable[[np.random.Generator, Speaker], Speaker]


def _as_usual(rng: np.random.Generator, speaker: Speaker) -> Speaker:
    return speaker


def _hoarse(rng: np.random.Generator, speaker: Speaker) -> Speaker:
    return replace(
        speaker,
        breath=log_uniform(rng, 1.0, 4.0),
        jitter=log_uniform(rng, 0.02, 0.06),
        shimmer=rng.uniform(0.1, 0.3),
    )


def _creaky(rng: np.random.Generator, speaker: Speaker) -> Speaker:
    return replace(
        speaker,
        f0_hz=max(speaker.f0_hz * rng.uniform(0.4, 0.7), 45.0),
        jitter=log_uniform(rng, 0.04, 0.12),
        shimmer=rng.uniform(0.1, 0.35),
        open_quotient=rng.uniform(0.25, 0.4),
        range_semitones=rng.uniform(0.5, 2.0),
    )


def _whispered(rng: np.random.Generator, speaker: Speaker) -> Speaker:
    return replace(speaker, voiced=False, rate=speaker.rate * rng.uniform(0.8, 1.0))


def _shouted(rng: np.random.Generator, speaker: Speaker) -> Speaker:
    return replace(
        speaker,
        f0_hz=min(speaker.f0_hz * rng.uniform(1.3, 1.8), 430.0),
        open_quotient=rng.uniform(0.3, 0.45),
        tilt=0.0,
        breath=log_uniform(rng, 0.03, 0.2),
        range_semitones=rng.uniform(2.0, 6.0),
    )


def _hurried(rng: np.random.Generator, speaker: Speaker) -> Speaker:
    return replace(speaker, rate=speaker.rate * rng.uniform(1.3, 1.8))


def _lively(rng: np.random.Generator, speaker: Speaker) -> Speaker:
    return replace(speaker, range_semitones=rng.uniform(4.0, 8.0))


MANNERS: tuple[tuple[Manner, float], ...] = (
    (_as_usual, 0.64),
    (_hoarse, 0.08),
    (_creaky, 0.05),
    (_whispered, 0.05),
    (_shouted, 0.05),
    (_hurried, 0.05),
    (_lively, 0.08),
)
"""The manners and the share of the speakers who have each."""


def with_manner(rng: np.random.Generator, speaker: Speaker) -> Speaker:
    """Return the speaker in a manner drawn from `MANNERS`."""
    choice = rng.choice(len(MANNERS), p=[share for _, share in MANNERS])
    return MANNERS[choice][0](rng, speaker)
