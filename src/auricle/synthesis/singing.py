"""Singers: the voices of `voice` on given notes, alone or as a choir."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from auricle.synthesis import phones
from auricle.synthesis.signals import (
    SAMPLE_RATE_HZ,
    FloatArray,
    at_rms,
    drift,
    fit,
    log_uniform,
    smooth,
)
from auricle.synthesis.voice import FRAME_RATE_HZ, Speaker, frames, synthesise

Sung = tuple[float, float, float]
"""Onset in s, length in s, pitch in Hz."""


def _singer(rng: np.random.Generator) -> Speaker:
    """Draw a singer: steadier and purer than a speaker, some trained, some with few vowels."""
    speaker = Speaker.draw(rng)
    upper = speaker.upper_formants_hz
    if rng.random() < 0.4:  # the singer's formant: the third to fifth close together near 3 kHz
        centre_hz = rng.uniform(2600.0, 3300.0)
        upper = (centre_hz, centre_hz * rng.uniform(1.05, 1.2), upper[2])
    vowels = speaker.vowels[: rng.integers(1, len(speaker.vowels) + 1)]
    return replace(
        speaker,
        vowels=vowels,
        upper_formants_hz=upper,
        jitter=log_uniform(rng, 0.0008, 0.012),
        shimmer=log_uniform(rng, 0.004, 0.06),
        breath=log_uniform(rng, 0.02, 0.6),
    )


def _words(
    rng: np.random.Generator, singer: Speaker, notes: Sequence[Sung], seconds: float
) -> list[phones.Step]:
    """Set syllables to the notes; some singers bind most notes, some hum."""
    melisma = rng.uniform(0.1, 0.9)  # share of notes that continue the syllable before
    hums = rng.random() < 0.08
    steps: list[phones.Step] = []
    now_s = 0.0
    for onset_s, length_s, _ in notes:
        if onset_s > now_s:
            steps.append((onset_s - now_s, phones.SILENCE))
        vowel = singer.vowels[rng.integers(len(singer.vowels))]
        level = rng.uniform(0.6, 1.1)
        consonants = [] if hums or rng.random() < melisma else phones.onset(rng, vowel)
        vowel_s = length_s - sum(step[0] for step in consonants)
        if vowel_s < 0.05:
            consonants, vowel_s = [], length_s
        if hums:
            held = phones.Phone(270, 1100, 2300, voicing=level, nasality=1.0)
            steps.append((length_s, held))
        else:
            steps += consonants + phones.nucleus(rng, vowel, vowel_s, level)
        now_s = onset_s + length_s
    steps.append((max(seconds - now_s, 0.0) + 0.1, phones.SILENCE))
    return steps


def sing(rng: np.random.Generator, notes: Sequence[Sung], seconds: float) -> FloatArray:
    """Let a random singer sing.

    Parameters
    ----------
    rng
        Source of randomness.
    notes
        (onset in s, length in s, pitch in Hz), in order of onset and not overlapping.
    seconds
        Length of the song.

    Returns
    -------
    FloatArray
        Samples at about -20 dBFS RMS, shape (round(seconds * 16000),).
    """
    singer = _singer(rng)
    targets = frames(_words(rng, singer, notes, seconds))
    times_s = np.arange(len(targets)) / FRAME_RATE_HZ
    onsets_s, lengths_s, pitches_hz = np.array(notes).T
    current = np.maximum(np.searchsorted(onsets_s, times_s, side="right") - 1, 0)
    held_s = times_s - onsets_s[current]
    # Most swell towards a note's middle, and phrases rise and fall.
    place = np.clip(held_s / lengths_s[current], 0.0, 1.0)
    swell = 1.0 - rng.uniform(0.0, 0.6) * (1.0 - np.sin(np.pi * place))
    phrase = np.exp(rng.uniform(0.0, 0.4) * drift(rng, len(targets), 0.6, FRAME_RATE_HZ))
    targets[:, 3] *= swell * phrase
    glide_frames = 2 * int(rng.integers(4, 18)) + 1
    log_pitch = smooth(np.log(pitches_hz[current]), glide_frames)
    if rng.random() < 0.4:  # scoops into notes from below
        scoops = rng.uniform(0.0, 0.12, len(notes)) * (rng.random(len(notes)) < 0.5)
        log_pitch -= scoops[current] * np.exp(-np.maximum(held_s, 0.0) / 0.06)
    # Vibrato of a trained voice: 4.5 to 6.5 Hz, up to half a semitone, growing within a note.
    depth = rng.uniform(0.0, 0.03) * (rng.random() < 0.7) * np.clip(held_s / 0.3, 0.0, 1.0)
    vibrato = depth * np.sin(2.0 * np.pi * rng.uniform(4.5, 6.5) * times_s)
    unsteady = log_uniform(rng, 0.002, 0.01) * drift(rng, len(targets), 8.0, FRAME_RATE_HZ)
    f0_hz = np.exp(log_pitch + vibrato + unsteady)
    return fit(synthesise(rng, singer, targets, f0_hz), round(seconds * SAMPLE_RATE_HZ))


def sing_together(
    rng: np.random.Generator, voices: Sequence[Sequence[Sung]], seconds: float
) -> FloatArray:
    """Let a choir sing, one singer a line, each a little off in time and pitch.

    Parameters
    ----------
    rng
        Source of randomness.
    voices
        A line of notes for each singer, as for `sing`.
    seconds
        Length of the song.

    Returns
    -------
    FloatArray
        Samples at unit RMS, shape (round(seconds * 16000),).
    """
    looseness_s = rng.uniform(0.005, 0.05)
    choir = np.zeros(round(seconds * SAMPLE_RATE_HZ), dtype=np.float32)
    for line in voices:
        late_s, off = abs(rng.normal(0.0, looseness_s)), np.exp(rng.normal(0.0, 0.006))
        moved = [(onset_s + late_s, length_s, hz * off) for onset_s, length_s, hz in line]
        choir += sing(rng, moved, seconds) * np.float32(rng.uniform(0.6, 1.0))
    return at_rms(choir, 0.0)
