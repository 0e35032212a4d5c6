"""Chant by espeak-ng: words on one note, bent to the notes of a melody."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from auricle.datasets.starter import espeak
from auricle.datasets.starter.humanise import move_formants
from auricle.datasets.starter.instruments.solo import TRACK_RATE_HZ, pitch_track
from auricle.datasets.starter.signals import SAMPLE_RATE_HZ, FloatArray, at_rms, fit

# Played this much faster or slower, a voice is still one.
REACH_OCTAVES = 0.55


def chant(
    rng: np.random.Generator, notes: Sequence[tuple[float, float, float]], seconds: float
) -> FloatArray:
    """Let a voice of espeak-ng recite on the notes of a melody, in a key of its own.

    The voice speaks without intonation; playing it faster and slower gives it the melody.

    Parameters
    ----------
    rng
        Source of randomness.
    notes
        (onset in s, length in s, pitch in Hz), in order of onset and not overlapping.
    seconds
        Length of the chant.

    Returns
    -------
    FloatArray
        Samples at unit RMS, shape (round(seconds * 16000),).

    Raises
    ------
    AuricleError
        If espeak-ng is missing or says nothing in any voice.
    """
    octaves = np.log2(pitch_track(rng, notes, seconds))
    octaves -= np.median(octaves)
    speed = 2.0 ** np.clip(octaves, -REACH_OCTAVES, REACH_OCTAVES)
    count = round(seconds * SAMPLE_RATE_HZ)
    frames = np.arange(count) * (TRACK_RATE_HZ / SAMPLE_RATE_HZ)
    positions = np.cumsum(np.interp(frames, np.arange(len(speed)), speed))
    talk = espeak.recite(rng, (positions[-1] + 2.0) / SAMPLE_RATE_HZ)
    if rng.random() < 0.5:
        talk = move_formants(rng, talk, float(np.exp(rng.normal(0.0, 0.09))))
    voice = np.interp(positions, np.arange(len(talk)), talk).astype(np.float32)
    return at_rms(fit(voice, count), 0.0)
