"""Random pieces of music: a score, players, sometimes singers, and a mix."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import signal

from auricle.datasets.starter import voice
from auricle.datasets.starter.channel import reverberate
from auricle.datasets.starter.instruments import MELODIC, SUSTAINED, Envelope, Instrument, drum_kit
from auricle.datasets.starter.score import Note, Part, compose
from auricle.datasets.starter.signals import (
    SAMPLE_RATE_HZ,
    FloatArray,
    add_at,
    at_rms,
    log_uniform,
    rms,
)

SUNG = ("song", "chant")


def frequency_hz(pitch: int) -> float:
    """Return the frequency of a pitch in equal temperament, 69 at 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69) / 12.0))


def _play_drums(rng: np.random.Generator, notes: list[Note], count: int) -> FloatArray:
    kit = drum_kit(rng)
    track = np.zeros(count, dtype=np.float32)
    for note in notes:
        add_at(track, note.loudness * kit[note.pitch], round(note.onset_s * SAMPLE_RATE_HZ))
    return track


def _play_tones(rng: np.random.Generator, part: Part, count: int) -> FloatArray:
    """Play a part on a random instrument; equal notes are rendered once, as samplers do."""
    instrument: Instrument = MELODIC[rng.integers(len(MELODIC))].draw(rng)
    if part.role == "pad":
        slow = Envelope(rng.uniform(0.1, 0.5), 1.0, rng.uniform(0.6, 1.0), 0.4)
        synthesizer = SUSTAINED[rng.integers(len(SUSTAINED))].draw(rng)
        instrument = replace(synthesizer, envelope=slow)
    tuning = rng.uniform(0.985, 1.015)
    rendered: dict[tuple[int, float], FloatArray] = {}
    track = np.zeros(count, dtype=np.float32)
    for note in part.notes:
        key = (int(np.clip(note.pitch, 28, 96)), round(max(note.length_s, 0.06), 2))
        if key not in rendered:
            rendered[key] = instrument.tone(rng, tuning * frequency_hz(key[0]), key[1])
        add_at(track, note.loudness * rendered[key], round(note.onset_s * SAMPLE_RATE_HZ))
    if rng.random() < 0.2:  # an overdriven amplifier
        track = np.tanh(track * log_uniform(rng, 1.0, 12.0) / max(rms(track), 1e-6))
    return track


def _sing(rng: np.random.Generator, notes: list[Note], seconds: float) -> FloatArray:
    """Sing a melody, alone or, one time in four, with a choir of three or four voices."""
    ends_s = [note.onset_s for note in notes[1:]] + [seconds]
    # By whole octaves to where men or women sing.
    centre = np.median([note.pitch for note in notes])
    shift = 12 * round((rng.choice((53, 64)) - centre) / 12)
    melody = [
        (
            note.onset_s,
            max(min(note.length_s, end_s - note.onset_s), 0.05),
            frequency_hz(note.pitch + shift),
        )
        for note, end_s in zip(notes, ends_s, strict=True)
    ]
    singers = int(rng.integers(3, 5)) if rng.random() < 0.25 else 1
    tracks = []
    for interval in (1.0, 0.5, 1.5, 1.0)[:singers]:
        sung = [(onset_s, length_s, f0_hz * interval) for onset_s, length_s, f0_hz in melody]
        tracks.append(voice.sing(rng, sung, seconds))
    return at_rms(np.sum(tracks, axis=0), 0.0)


def _compress(samples: FloatArray, ratio: float) -> FloatArray:
    """Even out the level: a gain of (level / mean level) ** -ratio, follower of 60 ms."""
    pole = np.float32(np.exp(-1.0 / (0.06 * SAMPLE_RATE_HZ)))
    power = signal.lfilter([1.0 - pole], [1.0, -pole], samples.astype(np.float64) ** 2)
    level = np.sqrt(power) / max(rms(samples), 1e-9)
    return (samples * (level + 0.03) ** -ratio).astype(np.float32)


def play(rng: np.random.Generator, seconds: float, compression: float = 0.0) -> FloatArray:
    """Compose and play a piece.

    Parameters
    ----------
    rng
        Source of randomness.
    seconds
        Length of the excerpt.
    compression
        0 leaves the dynamics as played, 1 would level them out.

    Returns
    -------
    FloatArray
        Samples at -20 dBFS RMS, shape (round(seconds * 16000),).
    """
    lead_s = rng.uniform(0.0, 2.0)  # an excerpt rarely begins on the beat
    length_s = seconds + lead_s
    count = round(length_s * SAMPLE_RATE_HZ)
    parts = compose(rng, length_s)
    mix = np.zeros(count, dtype=np.float32)
    for part in parts:
        if part.role in SUNG:
            track = _sing(rng, part.notes, length_s)
        elif part.role == "drums":
            track = _play_drums(rng, part.notes, count)
        else:
            track = _play_tones(rng, part, count)
        mix += at_rms(track, rng.uniform(-12.0, 0.0))
    if rng.random() < 0.4:
        compression = max(compression, rng.uniform(0.2, 0.7))
    if rng.random() < 0.5:  # a hall, or its imitation in the studio
        mix = reverberate(rng, mix, log_uniform(rng, 0.6, 3.0), wet_db=rng.uniform(-15.0, -2.0))
    excerpt = mix[count - round(seconds * SAMPLE_RATE_HZ) :]
    return at_rms(_compress(excerpt, compression) if compression else excerpt, -20.0)
