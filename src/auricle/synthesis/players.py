"""Players: each invents a part of its own in the style that all agree on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from auricle.synthesis.style import Note, Style

Player = Callable[[np.random.Generator, Style], list[Note]]


def _melody(rng: np.random.Generator, style: Style) -> list[Note]:
    """Walk along the scale in small steps, sometimes resting."""
    octave, leap = int(rng.integers(4, 7)), int(rng.integers(2, 5))
    unit = float(rng.choice((0.25, 0.5, 0.5, 1.0)))
    held, rest_share = rng.uniform(0.55, 1.15), rng.uniform(0.0, 0.12)
    notes: list[Note] = []
    step, beat = int(rng.integers(len(style.scale))), 0.0
    while beat < style.bars * style.beats_a_bar:
        beats = unit * float(rng.choice((0.5, 1, 1, 1, 2, 3)))
        rests = rng.random() < rest_share
        if not notes or not rests:  # a part of nothing but rests cannot be played
            length_s = min(beats * held * style.beat_s, 3.0)
            pitch = style.pitch(step, octave)
            notes.append(Note(beat * style.beat_s, length_s, pitch, rng.uniform(0.5, 1.0)))
        beat += beats
        step = int(np.clip(step + rng.integers(-leap, leap + 1), -4, 11))
    return notes


def _chant(rng: np.random.Generator, style: Style) -> list[Note]:
    """Recite around one pitch in free rhythm, most notes bound to the next."""
    octave, home = int(rng.integers(4, 6)), int(rng.integers(len(style.scale)))
    end_s = style.bars * style.beats_a_bar * style.beat_s
    notes, step, now_s = [], home, 0.0
    while now_s < end_s:
        length_s = float(np.exp(rng.normal(np.log(0.35), 0.6)).clip(0.12, 2.5))
        notes.append(Note(now_s, length_s, style.pitch(step, octave), rng.uniform(0.6, 1.0)))
        now_s += length_s + (rng.uniform(0.1, 0.5) if rng.random() < 0.1 else 0.0)
        step += int(rng.choice((-2, -1, -1, 0, 0, 1, 1, 2))) + int(np.sign(home - step))
    return notes


def _counterpoint(rng: np.random.Generator, style: Style) -> list[Note]:
    """Set up to two notes under each of a melody."""
    notes = []
    for note in _melody(rng, style):
        below = [int(rng.choice((3, 4, 5, 7, 8, 9, 12))) for _ in range(rng.integers(0, 3))]
        notes += [note._replace(pitch=note.pitch - interval) for interval in (0, *below)]
    return notes


def _chord(rng: np.random.Generator, style: Style, bar: int) -> tuple[int, ...]:
    """Return the steps of a bar's triad, sometimes with a seventh, sometimes inverted."""
    root = style.root(bar)
    steps = [root, root + 2, root + 4] + [root + 6] * (rng.random() < 0.25)
    inversion = int(rng.integers(3))
    return tuple(steps[inversion:]) + tuple(step + len(style.scale) for step in steps[:inversion])


def _chords(rng: np.random.Generator, style: Style) -> list[Note]:
    """Strike the chords in a rhythm that repeats each bar."""
    octave, held = int(rng.integers(3, 6)), rng.uniform(0.6, 1.1)
    slots = np.flatnonzero(rng.random(2 * style.beats_a_bar) < rng.uniform(0.15, 0.8))
    onsets = np.union1d(slots[slots > 0], (0,)) / 2.0
    lengths = np.diff(onsets, append=style.beats_a_bar)
    strum_s = rng.uniform(0.0, 0.03)
    notes = []
    for bar in range(style.bars):
        steps = _chord(rng, style, bar)
        for onset, length in zip(onsets, lengths, strict=True):
            at_s = (bar * style.beats_a_bar + onset) * style.beat_s
            loudness = rng.uniform(0.5, 0.9)
            length_s = min(length * held * style.beat_s, 3.0)
            notes += [
                Note(at_s + order * strum_s, length_s, style.pitch(step, octave), loudness)
                for order, step in enumerate(steps)
            ]
    return notes


def _arpeggio(rng: np.random.Generator, style: Style) -> list[Note]:
    """Play the notes of the chords one after the other, over and over."""
    octave, beats = int(rng.integers(3, 6)), float(rng.choice((0.25, 0.5, 0.5, 1 / 3)))
    held = rng.uniform(0.8, 2.5)
    pattern = rng.integers(0, 6, 8)
    notes = []
    for bar in range(style.bars):
        steps = _chord(rng, style, bar)
        for slot in range(round(style.beats_a_bar / beats)):
            up, index = divmod(int(pattern[slot % len(pattern)]), len(steps))
            pitch = style.pitch(steps[index] + up * len(style.scale), octave)
            at_s = (bar * style.beats_a_bar + slot * beats) * style.beat_s
            notes.append(Note(at_s, beats * held * style.beat_s, pitch, rng.uniform(0.5, 0.9)))
    return notes


def _bass(rng: np.random.Generator, style: Style) -> list[Note]:
    """Play roots, now and then the fifth or the octave."""
    beats, held = float(rng.choice((0.5, 1.0, 1.0, 2.0))), rng.uniform(0.6, 1.0)
    notes = []
    for bar in range(style.bars):
        for beat in np.arange(0.0, style.beats_a_bar, beats):
            step = style.root(bar) + int(rng.choice((0, 0, 0, 4, len(style.scale))))
            at_s = (bar * style.beats_a_bar + beat) * style.beat_s
            length_s = beats * held * style.beat_s
            notes.append(Note(at_s, length_s, style.pitch(step, 2), rng.uniform(0.6, 1.0)))
    return notes


def _pad(rng: np.random.Generator, style: Style) -> list[Note]:
    """Hold each chord for its bar."""
    bar_s = style.beats_a_bar * style.beat_s
    octave = int(rng.integers(4, 6))
    return [
        Note(bar * bar_s, 1.05 * bar_s, style.pitch(step, octave), 0.6)
        for bar in range(style.bars)
        for step in _chord(rng, style, bar)
    ]


def _drums(rng: np.random.Generator, style: Style) -> list[Note]:
    """Repeat a pattern of sixteenths; drum 0 is the bass drum, 1 the snare, 2 and up the rest."""
    slots = 4 * style.beats_a_bar
    bass = rng.random(slots) < 0.2
    bass[0] = True
    snare = rng.random(slots) < 0.06
    snare[4::8] = True
    hat = np.arange(slots) % int(rng.choice((1, 2, 2, 4))) == 0
    extra = rng.random(slots) < rng.uniform(0.0, 0.25)
    notes = []
    for bar in range(style.bars):
        for slot in range(slots):
            late = style.swing * (slot % 2) * 0.25
            at_s = (bar * style.beats_a_bar + slot * 0.25 + late) * style.beat_s
            hits = np.flatnonzero((bass[slot], snare[slot], hat[slot], extra[slot]))
            accent = 1.0 if slot % 4 == 0 else 0.7
            notes += [
                Note(at_s, 0.25, int(drum), accent * rng.uniform(0.7, 1.0))
                for drum in hits
                if rng.random() < 0.95
            ]
    return notes


def _line(rng: np.random.Generator, style: Style) -> list[Note]:
    """Give a melody to one who can hold and bind notes."""
    notes = _melody(rng, style)
    slow = float(rng.choice((1.0, 1.0, 2.0, 3.0)))
    return [
        note._replace(onset_s=note.onset_s * slow, length_s=note.length_s * slow)
        for note in notes
        if note.onset_s * slow < style.bars * style.beats_a_bar * style.beat_s
    ]


def _choir(rng: np.random.Generator, style: Style) -> list[Note]:
    """Move four voices from chord to chord, one or two chords a bar."""
    chord_s = style.beats_a_bar * style.beat_s / float(rng.choice((0.5, 1.0, 2.0)))
    octave, notes, at_s, bar = int(rng.integers(3, 5)), [], 0.0, 0
    while at_s < style.bars * style.beats_a_bar * style.beat_s:
        steps = sorted(_chord(rng, style, bar))[:3]
        for step in (steps[0] - len(style.scale), *steps):
            notes.append(Note(at_s, 0.98 * chord_s, style.pitch(step, octave), 0.8))
        at_s, bar = at_s + chord_s, bar + 1
    return notes


def _percussion(rng: np.random.Generator, style: Style) -> list[Note]:
    """Improvise on hand drums: strokes of the pulse, doubled here and there, with accents."""
    pulse_s = style.beat_s / float(rng.choice((1.0, 2.0, 3.0, 4.0, 4.0)))
    density, accent = rng.uniform(0.4, 0.95), int(rng.integers(2, 8))
    habit = rng.dirichlet(np.full(4, 0.7), accent)
    notes = []
    for slot in range(int(style.bars * style.beats_a_bar * style.beat_s / pulse_s)):
        if rng.random() > density and slot % accent:
            continue
        strokes = 1 if rng.random() < 0.85 else int(rng.integers(2, 5))
        loudness = (1.0 if slot % accent == 0 else 0.5) * rng.uniform(0.5, 1.0)
        for stroke in range(strokes):
            drum = int(rng.choice(4, p=habit[slot % accent]))
            at_s = (slot + stroke / strokes) * pulse_s
            notes.append(Note(at_s, 0.25, drum, loudness))
    return notes


PLAYERS: dict[str, Player] = {
    "melody": _melody,
    "song": _melody,
    "chant": _chant,
    "counterpoint": _counterpoint,
    "chords": _chords,
    "arpeggio": _arpeggio,
    "bass": _bass,
    "pad": _pad,
    "line": _line,
    "choir": _choir,
    "percussion": _percussion,
    "drums": _drums,
}
