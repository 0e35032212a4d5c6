"""What a score is written in: notes and parts, and the style that the players agree on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

SCALES = (
    (0, 2, 4, 5, 7, 9, 11),  # major
    (0, 2, 3, 5, 7, 8, 10),  # natural minor
    (0, 2, 3, 5, 7, 9, 10),  # Dorian
    (0, 2, 4, 5, 7, 9, 10),  # Mixolydian
    (0, 2, 3, 5, 7, 8, 11),  # harmonic minor
    (0, 2, 4, 7, 9),  # major pentatonic
    (0, 3, 5, 7, 10),  # minor pentatonic
    (0, 3, 5, 6, 7, 10),  # blues
)
# Roots of the chords, one a bar, as steps of the scale.
PROGRESSIONS = (
    (0, 4, 5, 3),  # I V vi IV
    (5, 3, 0, 4),  # vi IV I V
    (0, 3, 0, 4),  # I IV I V
    (1, 4, 0, 5),  # ii V I vi
    (0, 0, 0, 0, 3, 3, 0, 0, 4, 3, 0, 4),  # twelve-bar blues
    (0, 4, 5, 2, 3, 0, 3, 4),  # Pachelbel's canon
    (0, 6, 5, 4),  # Andalusian cadence
    (0,),  # a drone
)


class Note(NamedTuple):
    """One note; for drums `pitch` is the number of the drum instead."""

    onset_s: float
    length_s: float
    pitch: int
    """In semitones, 69 is A4 at 440 Hz, as in MIDI."""
    loudness: float


class Part(NamedTuple):
    """What one player plays."""

    role: str
    notes: list[Note]


@dataclass(frozen=True)
class Style:
    """What the players agree on."""

    beat_s: float
    beats_a_bar: int
    key: int
    scale: tuple[int, ...]
    progression: tuple[int, ...]
    bars: int
    swing: float

    @classmethod
    def draw(cls, rng: np.random.Generator, seconds: float) -> Style:
        """Draw a style for `seconds` of music."""
        beat_s = 60.0 / rng.uniform(66.0, 176.0)
        beats = int(rng.choice((3, 4, 4, 4)))
        return cls(
            beat_s=beat_s,
            beats_a_bar=beats,
            key=int(rng.integers(12)),
            scale=SCALES[rng.integers(len(SCALES))],
            progression=PROGRESSIONS[rng.integers(len(PROGRESSIONS))],
            bars=int(seconds / (beat_s * beats)) + 1,
            swing=rng.uniform(0.0, 0.15) if rng.random() < 0.4 else 0.0,
        )

    def pitch(self, step: int, octave: int) -> int:
        """Return the pitch of a step of the scale, which may lie octaves off."""
        up, degree = divmod(step, len(self.scale))
        return self.key + 12 * (octave + up) + self.scale[degree]

    def root(self, bar: int) -> int:
        """Return the root of a bar's chord as a step of the scale."""
        return self.progression[bar % len(self.progression)] % len(self.scale)
