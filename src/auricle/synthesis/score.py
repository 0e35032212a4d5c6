"""Random scores: who plays which note when.

A score is tonal and metrical (a scale, a progression of chords, bars), because that is what most
recorded music is; ensemble, tempo, register, density and articulation are drawn widely.
"""

from __future__ import annotations

import numpy as np

from auricle.synthesis.players import PLAYERS
from auricle.synthesis.style import Part, Style

ENSEMBLES: tuple[tuple[float, tuple[tuple[str, ...], ...]], ...] = (
    (
        0.40,
        (
            *(("melody",), ("chords",), ("arpeggio",), ("counterpoint",), ("line",), ("line",)),
            *(("song",), ("chant",), ("choir",), ("percussion",), ("pad",)),
        ),
    ),
    (
        0.25,
        (
            ("melody", "chords"),
            ("melody", "arpeggio"),
            ("melody", "melody", "melody"),
            ("arpeggio", "bass"),
            ("counterpoint", "counterpoint"),
            ("line", "pad"),
            ("line", "chords"),
            ("line", "line", "line"),
            ("song", "chords"),
            ("drums", "drums"),
            ("percussion", "line"),
            ("drums", "melody"),
            ("song", "arpeggio"),
            ("song", "percussion"),
            ("choir", "chords"),
        ),
    ),
    (
        0.35,
        (
            ("drums", "bass", "chords"),
            ("drums", "bass", "chords", "melody"),
            ("drums", "bass", "arpeggio", "pad"),
            ("drums", "bass", "chords", "melody", "arpeggio", "pad"),
            ("drums", "arpeggio", "melody"),
            ("bass", "chords", "melody", "pad"),
            ("drums", "drums", "bass"),
            ("line", "line", "pad", "bass"),
            ("drums", "bass", "chords", "song"),
            ("drums", "bass", "arpeggio", "pad", "song"),
            ("drums", "bass", "chords", "song", "choir"),
            ("percussion", "drums", "bass", "line"),
        ),
    ),
)
"""How often each size of ensemble is heard, and who plays in it."""


def compose(rng: np.random.Generator, seconds: float) -> list[Part]:
    """Return a score of at least `seconds`, one part a player."""
    style = Style.draw(rng, seconds)
    shares = [share for share, _ in ENSEMBLES]
    choices = ENSEMBLES[rng.choice(len(ENSEMBLES), p=shares)][1]
    untidiness_s = rng.uniform(0.0, 0.02)
    parts = []
    for role in choices[rng.integers(len(choices))]:
        notes = [
            note._replace(onset_s=max(note.onset_s + untidiness_s * rng.normal(), 0.0))
            for note in PLAYERS[role](rng, style)
        ]
        parts.append(Part(role, sorted(notes)))
    return parts
