"""People without words: coughs, sneezes, laughs, breath, snores, sobs, a child that cries."""

from __future__ import annotations

import numpy as np

from auricle.synthesis.environment.building_blocks import curve, in_turn, swell
from auricle.synthesis.environment.throat import Throat
from auricle.synthesis.signals import (
    SAMPLE_RATE_HZ,
    FloatArray,
    at_rms,
    coloured_noise,
    drift,
    instants_s,
    log_uniform,
)

TRACT_M = (0.1, 0.18)
"""Vocal tracts from a child's to a man's."""


def _burst(rng: np.random.Generator, count: int, attack_s: float) -> FloatArray:
    """Return the loudness of an explosion of breath that dies away."""
    times_s = instants_s(count)
    fall = np.exp(-np.linspace(0.0, 1.0, count) / rng.uniform(0.15, 0.5))
    return ((1.0 - np.exp(-times_s / attack_s)) * fall).astype(np.float32)


def cough(rng: np.random.Generator, count: int) -> FloatArray:
    """Return coughs: an explosion, a flow of breath, and often a voice that closes it.

    The three phases are those of Korpas, Sadlonova & Vrabec, "Analysis of the cough sound",
    Pulmonary Pharmacology 9 (1996).
    """
    throat = Throat.draw(rng, (90.0, 450.0), TRACT_M, (0.4, 1.0), (0.5, 3.0))
    voiced, mouth = rng.uniform(0.0, 1.0), rng.uniform(0.4, 1.0)

    def fit_of_coughs() -> FloatArray:
        coughs: list[FloatArray] = []
        for _ in range(rng.integers(1, 5)):
            sound = throat.breathe(rng, _burst(rng, int(rng.integers(2400, 6400)), 0.003), mouth)
            if rng.random() < voiced:
                voice = throat.call(rng, rng.uniform(0.08, 0.3), (2, 0, -4), (mouth,), attack=0.1)
                start = min(int(rng.uniform(0.02, 0.15) * SAMPLE_RATE_HZ), len(sound) - 1)
                sound = np.append(sound, np.zeros(max(0, start + len(voice) - len(sound))))
                sound[start : start + len(voice)] += rng.uniform(0.2, 1.0) * voice
            pause = int(rng.uniform(0.02, 0.15) * SAMPLE_RATE_HZ)
            coughs.append(np.pad(sound, (0, pause)).astype(np.float32))
        return np.concatenate(coughs)

    return in_turn(rng, count, fit_of_coughs, (0.2, 2.0))


def sneeze(rng: np.random.Generator, count: int) -> FloatArray:
    """Return sneezes: breath drawn in ever faster, and blown out at once."""
    throat = Throat.draw(rng, (120.0, 500.0), TRACT_M, (0.2, 0.9), (0.5, 3.0))

    def once() -> FloatArray:
        inward = int(log_uniform(rng, 0.15, 0.8) * SAMPLE_RATE_HZ)
        drawn = 0.3 * throat.breathe(rng, curve((0.05, 0.3, 1.0), inward), 0.7)
        if rng.random() < 0.6:
            drawn += 0.4 * throat.call(rng, inward / SAMPLE_RATE_HZ, (-3, 0, 4), (0.5, 0.8))
        blown = throat.breathe(rng, _burst(rng, int(rng.integers(4000, 11200)), 0.005), 0.3)
        hiss = coloured_noise(rng, len(blown), 3.0) * _burst(rng, len(blown), 0.01)
        blown = blown + rng.uniform(0.0, 1.0) * at_rms(hiss, 0.0)
        parts = [drawn, np.zeros(int(rng.uniform(0.01, 0.2) * SAMPLE_RATE_HZ)), 2.0 * blown]
        if rng.random() < 0.5:
            parts[-1][: len(blown)] += throat.call(
                rng, len(blown) / SAMPLE_RATE_HZ, (3, 0, -5), (0.5,)
            )
        return np.concatenate(parts).astype(np.float32)

    return in_turn(rng, count, once, (0.3, 2.0))


def laugh(rng: np.random.Generator, count: int) -> FloatArray:
    """Return laughter of one to three people: one open vowel struck again and again, falling."""
    room = np.zeros(count, dtype=np.float32)
    for _ in range(rng.choice((1, 1, 2, 3))):
        throat = Throat.draw(rng, (130.0, 800.0), TRACT_M, (0.1, 1.0), (0.3, 4.0))
        beat_s, opening = rng.uniform(0.14, 0.28), rng.uniform(0.3, 1.0)

        def bout(
            throat: Throat = throat, beat_s: float = beat_s, opening: float = opening
        ) -> FloatArray:
            notes = []
            start = rng.uniform(-2.0, 8.0)
            for number in range(rng.integers(3, 13)):
                pitch = start - number * rng.uniform(0.2, 1.0)
                share = rng.uniform(0.4, 0.75)
                voice = throat.call(
                    rng, share * beat_s, (pitch, pitch + 1, pitch - 2), (opening,), attack=0.2
                )
                length = max(int((1.0 - share) * beat_s * SAMPLE_RATE_HZ), 64)
                puff = 0.3 * throat.breathe(rng, swell(length, 0.4, 0.3), opening)
                notes += [voice * np.float32(0.93**number), puff]
            gasp = throat.breathe(rng, swell(int(0.35 * SAMPLE_RATE_HZ), 0.6, 0.2), 0.6)
            return np.concatenate([*notes, 0.4 * gasp])

        room += in_turn(rng, count, bout, (0.1, 1.0))
    return room


def breath(rng: np.random.Generator, count: int) -> FloatArray:
    """Return somebody who breathes or pants, in and out in different colours."""
    throat = Throat.draw(rng, (100.0, 300.0), TRACT_M, (0.0, 0.5), (0.5, 1.0))
    half_s = log_uniform(rng, 0.15, 2.0)
    mouths = rng.uniform(0.0, 1.0, 2)

    def both_ways() -> FloatArray:
        ways = []
        for mouth in mouths:
            length = int(half_s * rng.uniform(0.7, 1.3) * SAMPLE_RATE_HZ)
            loudness = swell(length, rng.uniform(0.2, 0.6), rng.uniform(0.2, 0.6))
            ways += [rng.uniform(0.4, 1.0) * throat.breathe(rng, loudness, float(mouth))]
            ways += [np.zeros(int(rng.uniform(0.05, 0.4) * half_s * SAMPLE_RATE_HZ))]
        return np.concatenate(ways).astype(np.float32)

    return in_turn(rng, count, both_ways, (0.02, 0.6))


def snore(rng: np.random.Generator, count: int) -> FloatArray:
    """Return somebody who snores: breath through a palate that flaps, and a soft way back."""
    throat = Throat.draw(rng, (22.0, 110.0), (0.12, 0.2), (0.4, 1.0), (0.3, 3.0))
    in_s = log_uniform(rng, 0.6, 2.0)

    def night() -> FloatArray:
        inward = throat.call(rng, in_s, (-3, 0, 1, -2), (0.1, rng.uniform(0.2, 0.7), 0.2))
        inward *= np.exp(0.3 * drift(rng, len(inward), 12.0, SAMPLE_RATE_HZ))
        outward = throat.breathe(rng, swell(int(in_s * SAMPLE_RATE_HZ), 0.2, 0.6), 0.3)
        pause = np.zeros(int(rng.uniform(0.1, 0.6) * SAMPLE_RATE_HZ), dtype=np.float32)
        return np.concatenate([inward, pause, rng.uniform(0.05, 0.5) * outward])

    return in_turn(rng, count, night, (0.1, 1.2))


def crying(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a baby that cries: long high wails, each breath between them heard."""
    throat = Throat.draw(rng, (300.0, 650.0), (0.065, 0.11), (0.0, 0.7), (0.02, 0.6))
    trill = (rng.uniform(5.0, 12.0), rng.uniform(0.0, 0.15))

    def wail() -> FloatArray:
        peak = rng.uniform(0.0, 5.0)
        voice = throat.call(
            rng,
            log_uniform(rng, 0.3, 1.6),
            (-3, peak, peak, 0.6 * peak, -5),
            (0.4, 1.0, 1.0, 0.7),
            trill,
            0.08,
        )
        gasp = throat.breathe(
            rng, swell(int(rng.uniform(0.1, 0.3) * SAMPLE_RATE_HZ), 0.6, 0.2), 0.8
        )
        return np.concatenate([voice, rng.uniform(0.1, 0.5) * gasp])

    return in_turn(rng, count, wail, (0.05, 0.8))
