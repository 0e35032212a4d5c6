"""A line that is bowed or blown: one unbroken sound whose pitch and loudness move.

Samplers play a note after the other; a player of a violin, a flute or a saxophone glides, swells
and breathes. So the whole line is one tone, whose brightness follows its loudness.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import signal

from auricle.synthesis.instruments.tone import HIGHEST_PARTIAL_HZ, sine
from auricle.synthesis.signals import (
    SAMPLE_RATE_HZ,
    FloatArray,
    at_rms,
    band_pass,
    drift,
    log_uniform,
    smooth,
)

_RATE_HZ = 200  # at which pitch and loudness are drawn


def pitch_track(
    rng: np.random.Generator, notes: Sequence[tuple[float, float, float]], seconds: float
) -> npt.NDArray[np.float64]:
    """Return the pitch in Hz at `_RATE_HZ`, with glides, vibrato and a hand's unsteadiness."""
    onsets_s, _, pitches_hz = np.array(notes).T
    times_s = np.arange(int(seconds * _RATE_HZ) + 2) / _RATE_HZ
    current = np.maximum(np.searchsorted(onsets_s, times_s, side="right") - 1, 0)
    glide = 2 * int(log_uniform(rng, 1.0, 12.0)) + 1
    log_hz = smooth(np.log(pitches_hz[current]), glide)
    held_s = np.maximum(times_s - onsets_s[current], 0.0)
    depth = rng.uniform(0.0, 0.015) * np.clip((held_s - 0.1) / 0.3, 0.0, 1.0)
    rate_hz = rng.uniform(4.0, 6.8) * np.exp(0.05 * drift(rng, len(times_s), 1.0, _RATE_HZ))
    vibrato = depth * np.sin(2.0 * np.pi * np.cumsum(rate_hz) / _RATE_HZ)
    unsteady = log_uniform(rng, 0.0005, 0.004) * drift(rng, len(times_s), 10.0, _RATE_HZ)
    return np.asarray(np.exp(log_hz + vibrato + unsteady), dtype=np.float64)


def loudness_track(
    rng: np.random.Generator, notes: Sequence[tuple[float, float, float]], seconds: float
) -> npt.NDArray[np.float64]:
    """Return the loudness, 1 at its usual: swells within notes, phrases above them, rests."""
    times_s = np.arange(int(seconds * _RATE_HZ) + 2) / _RATE_HZ
    level = np.zeros(len(times_s))
    swell = rng.uniform(0.0, 0.8)
    for onset_s, length_s, _ in notes:
        inside = (times_s >= onset_s) & (times_s < onset_s + length_s)
        place = (times_s[inside] - onset_s) / length_s
        shape = 1.0 - swell + swell * np.sin(np.pi * np.minimum(place * rng.uniform(0.7, 1.6), 1.0))
        level[inside] = np.maximum(shape, 0.15) * rng.uniform(0.7, 1.1)
    phrase = np.exp(rng.uniform(0.1, 0.5) * drift(rng, len(level), 0.5, _RATE_HZ))
    attack = 2 * int(log_uniform(rng, 2.0, 16.0)) + 1
    return np.asarray(smooth(level, attack) * phrase, dtype=np.float64)


def play_line(
    rng: np.random.Generator, notes: Sequence[tuple[float, float, float]], seconds: float
) -> FloatArray:
    """Bow or blow a line.

    Parameters
    ----------
    rng
        Source of randomness.
    notes
        (onset in s, length in s, pitch in Hz), in order of onset and not overlapping.
    seconds
        Length of the line.

    Returns
    -------
    FloatArray
        Samples at unit RMS, shape (round(seconds * 16000),).
    """
    count = round(seconds * SAMPLE_RATE_HZ)
    frames = np.arange(count) * (_RATE_HZ / SAMPLE_RATE_HZ)
    pitch, loudness = (
        np.interp(frames, np.arange(len(track)), track)
        for track in (pitch_track(rng, notes, seconds), loudness_track(rng, notes, seconds))
    )
    cycles = np.cumsum(pitch) / SAMPLE_RATE_HZ
    slope = rng.uniform(0.6, 2.2)
    highest = int(min(40, HIGHEST_PARTIAL_HZ / float(np.median(pitch))))
    odd_only = rng.random() < 0.15
    # What is played louder sounds brighter: each partial grows faster than the one below.
    growth = rng.uniform(0.0, 0.25)
    line = np.zeros(count, dtype=np.float32)
    loud = np.minimum(loudness, 2.0).astype(np.float32)
    for order in range(1, max(highest, 2) + 1):
        level = (
            order**-slope
            * np.exp(rng.normal(0.0, 0.5))
            * (0.15 if odd_only and not order % 2 else 1.0)
        )
        partial = sine(order * cycles + rng.random()) * loud ** np.float32(1 + growth * (order - 1))
        line += np.float32(level) * np.where(order * pitch < HIGHEST_PARTIAL_HZ, partial, 0.0)
    line = at_rms(line, 0.0)
    noise = rng.standard_normal(count, dtype=np.float32)
    low_hz = float(np.median(pitch))
    # Rosin or breath, more of it where the tone begins.
    scrape = band_pass(noise, low_hz, low_hz * 6.0 + 1500.0) * (0.15 + loud)
    line = line + log_uniform(rng, 0.003, 0.15) * at_rms(scrape, 0.0)
    body_db = np.interp(np.linspace(0, 1, 129), np.linspace(0, 1, 33), rng.normal(0.0, 5.0, 33))
    body_db[-1] -= 20.0
    kernel = signal.firwin2(257, np.linspace(0, 1, 129), 10.0 ** (body_db / 20.0))
    return at_rms(signal.oaconvolve(line, kernel.astype(np.float32), "same"), 0.0)
