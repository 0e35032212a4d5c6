"""Speech sounds as targets for the synthesizer in `voice`, and random syllables of them.

Words need not exist for a listener, human or network, to hear speech: what matters is the
alternation of vowels, closures, bursts and hisses with formants gliding between them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Phone(NamedTuple):
    """One steady target of the vocal tract; amplitudes are relative to an open vowel."""

    f1_hz: float
    f2_hz: float
    f3_hz: float
    voicing: float = 0.0
    aspiration: float = 0.0
    frication: float = 0.0
    frication_hz: float = 4000.0
    frication_width_hz: float = 1500.0
    nasality: float = 0.0


Step = tuple[float, Phone]
"""A phone and how long it is held, in seconds."""

Formants = tuple[float, float, float]

# Mean formants of men's American English vowels, from Peterson & Barney, "Control methods used in
# a study of the vowels", JASA 24 (1952), table II; speakers scale them by their vocal tract.
VOWELS: tuple[Formants, ...] = (
    (270, 2290, 3010),
    (390, 1990, 2550),
    (530, 1840, 2480),
    (660, 1720, 2410),
    (730, 1090, 2440),
    (570, 840, 2410),
    (440, 1020, 2240),
    (300, 870, 2240),
    (640, 1190, 2390),
    (490, 1350, 1690),
)

SILENCE = Phone(500, 1500, 2500)


class Place(NamedTuple):
    """Where a consonant is formed: the formants it pulls to, and the sound of its release."""

    locus_hz: Formants
    burst_hz: float
    burst_width_hz: float


LABIAL = Place((320, 900, 2300), 1000, 2000)
ALVEOLAR = Place((330, 1750, 2650), 4200, 2000)
VELAR = Place((300, 1900, 2400), 2000, 700)

# Centre and width of the hiss, and its amplitude: [s], [sh], [f], [th], [x].
FRICATIVES = (
    (5800, 1700, 0.8),
    (3000, 1100, 0.8),
    (5000, 5000, 0.2),
    (6500, 4000, 0.15),
    (1800, 800, 0.4),
)

# [l], a tapped or rounded r, [w], [j].
GLIDES: tuple[Formants, ...] = (
    (360, 1150, 2700),
    (400, 1200, 1650),
    (310, 750, 2200),
    (280, 2200, 3000),
)


def _stop(rng: np.random.Generator, vowel: Formants) -> list[Step]:
    place = (LABIAL, ALVEOLAR, VELAR)[rng.integers(3)]
    voiced = rng.random() < 0.45
    # A velar closure follows the tongue of the vowel, so its burst sits near the vowel's F2.
    burst_hz = vowel[1] * 1.1 if place is VELAR else place.burst_hz * rng.uniform(0.8, 1.2)
    steps = [
        (rng.uniform(0.03, 0.08), Phone(*place.locus_hz, voicing=0.12 if voiced else 0.0)),
        (
            rng.uniform(0.006, 0.014),
            Phone(
                *place.locus_hz,
                frication=rng.uniform(0.3, 0.9),
                frication_hz=burst_hz,
                frication_width_hz=place.burst_width_hz,
            ),
        ),
    ]
    if not voiced:
        f1_hz, f2_hz, f3_hz = (0.5 * (a + b) for a, b in zip(place.locus_hz, vowel, strict=True))
        puff = Phone(f1_hz, f2_hz, f3_hz, aspiration=rng.uniform(0.3, 0.9))
        steps.append((rng.uniform(0.015, 0.06), puff))
    return steps


def _fricative(rng: np.random.Generator, vowel: Formants) -> list[Step]:
    if rng.random() < 0.15:  # [h] is the following vowel, whispered
        return [(rng.uniform(0.03, 0.07), Phone(*vowel, aspiration=rng.uniform(0.4, 0.9)))]
    centre_hz, width_hz, level = FRICATIVES[rng.integers(len(FRICATIVES))]
    voiced = rng.random() < 0.35
    phone = Phone(
        *(LABIAL if level < 0.3 else ALVEOLAR).locus_hz,
        voicing=0.3 if voiced else 0.0,
        frication=level * rng.uniform(0.6, 1.3) * (0.6 if voiced else 1.0),
        frication_hz=centre_hz * rng.uniform(0.85, 1.15),
        frication_width_hz=width_hz * rng.uniform(0.8, 1.4),
    )
    return [(rng.uniform(0.05, 0.13), phone)]


def _nasal(rng: np.random.Generator) -> list[Step]:
    phone = Phone(270, rng.uniform(950, 1700), 2350, voicing=0.45, nasality=1.0)
    return [(rng.uniform(0.04, 0.1), phone)]


def _glide(rng: np.random.Generator) -> list[Step]:
    return [(rng.uniform(0.04, 0.08), Phone(*GLIDES[rng.integers(len(GLIDES))], voicing=0.6))]


def onset(rng: np.random.Generator, vowel: Formants) -> list[Step]:
    """Return the consonants before `vowel`: none, one, or a cluster of two."""
    kind = rng.random()
    if kind < 0.30:
        return _stop(rng, vowel)
    if kind < 0.52:
        return _fricative(rng, vowel)
    if kind < 0.67:
        return _nasal(rng)
    if kind < 0.82:
        return _glide(rng)
    if kind < 0.92:
        return (_stop if rng.random() < 0.5 else _fricative)(rng, vowel) + _glide(rng)
    return []


def nucleus(rng: np.random.Generator, vowel: Formants, seconds: float, level: float) -> list[Step]:
    """Return a vowel held for `seconds`, one in four a diphthong."""
    end = VOWELS[rng.integers(len(VOWELS))] if rng.random() < 0.25 else vowel
    first = rng.uniform(0.5, 0.7)
    return [
        (first * seconds, Phone(*vowel, voicing=level)),
        ((1.0 - first) * seconds, Phone(*end, voicing=level * rng.uniform(0.6, 0.95))),
    ]


def coda(rng: np.random.Generator, vowel: Formants) -> list[Step]:
    """Return the consonants after `vowel`, most often none."""
    kind = rng.random()
    if kind < 0.2:
        return _nasal(rng)
    if kind < 0.35:
        return _fricative(rng, vowel)
    if kind < 0.45:
        return _stop(rng, vowel)
    return []


def syllable(
    rng: np.random.Generator, vowel: Formants, rate: float, drawl: float = 1.0
) -> list[Step]:
    """Return a spoken syllable around `vowel`.

    `rate` 1 is about five syllables a second; `drawl` lengthens the vowel alone.
    """
    stressed = rng.random() < 0.4
    length_s = drawl * rng.uniform(0.05, 0.12) * (1.4 if stressed else 0.85)
    level = rng.uniform(0.8, 1.1) * (1.2 if stressed else 0.85)
    steps = onset(rng, vowel) + nucleus(rng, vowel, length_s, level) + coda(rng, vowel)
    return [(seconds / rate, phone) for seconds, phone in steps]
