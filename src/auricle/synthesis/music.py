"""Random pieces of music: a score, players, sometimes singers, and a mix."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import signal

from auricle.synthesis import singing
from auricle.synthesis.channel import reverberate
from auricle.synthesis.instruments import MELODIC, SUSTAINED, Envelope, Instrument
from auricle.synthesis.instruments.drums import drum_kit, hand_drums
from auricle.synthesis.instruments.solo import play_line
from auricle.synthesis.score import compose
from auricle.synthesis.signals import (
    SAMPLE_RATE_HZ,
    FloatArray,
    add_at,
    at_rms,
    drift,
    log_uniform,
    rms,
)
from auricle.synthesis.style import Note, Part

SUNG = ("song", "chant")


def frequency_hz(pitch: int) -> float:
    """Return the frequency of a pitch in equal temperament, 69 at 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69) / 12.0))


def _play_drums(
    rng: np.random.Generator, notes: list[Note], count: int, by_hand: float
) -> FloatArray:
    """Play on a kit or, in the share `by_hand` of all cases, on hand drums."""
    kit = (hand_drums if rng.random() < by_hand else drum_kit)(rng)
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


def _one_by_one(notes: list[Note], seconds: float, shift: int) -> list[singing.Sung]:
    """Return the notes as one voice can give them: each ends where the next begins."""
    starts = [
        note
        for k, note in enumerate(notes)
        if k + 1 == len(notes) or notes[k + 1].onset_s - note.onset_s > 0.03
    ]
    ends_s = [note.onset_s for note in starts[1:]] + [seconds]
    return [
        (
            note.onset_s,
            max(min(note.length_s, end_s - note.onset_s), 0.05),
            frequency_hz(note.pitch + shift),
        )
        for note, end_s in zip(starts, ends_s, strict=True)
        if note.onset_s < seconds
    ]


def _octaves(notes: list[Note], centre: float) -> int:
    """Return the semitones, in whole octaves, that bring the notes closest to `centre`."""
    return 12 * round((centre - float(np.median([note.pitch for note in notes]))) / 12)


def _sing(rng: np.random.Generator, notes: list[Note], seconds: float) -> FloatArray:
    """Sing a melody where men or women sing; one time in five, several in octaves and unison."""
    low = _octaves(notes, float(rng.choice((50, 55, 60, 66))))
    singers = int(rng.integers(2, 5)) if rng.random() < 0.2 else 1
    lines = [
        _one_by_one(notes, seconds, low + 12 * int(rng.integers(0, 2)) * (k > 0))
        for k in range(singers)
    ]
    return singing.sing_together(rng, lines, seconds)


def _sing_chords(rng: np.random.Generator, notes: list[Note], seconds: float) -> FloatArray:
    """Sing chords of four notes, a singer or two a voice."""
    shift = _octaves(notes, float(rng.choice((52, 58, 64))))
    lines = [_one_by_one(notes[k::4], seconds, shift) for k in range(4)]
    return singing.sing_together(rng, lines * int(rng.integers(1, 3)), seconds)


def _solo(rng: np.random.Generator, notes: list[Note], seconds: float) -> FloatArray:
    """Bow or blow a melody, from the register of a cello to that of a piccolo."""
    shift = _octaves(notes, float(rng.choice((50, 62, 69, 76, 84))))
    return play_line(rng, _one_by_one(notes, seconds, shift), seconds)


def _play_part(rng: np.random.Generator, part: Part, seconds: float, count: int) -> FloatArray:
    if part.role in SUNG:
        track = _sing(rng, part.notes, seconds)
    elif part.role == "choir":
        track = _sing_chords(rng, part.notes, seconds)
    elif part.role == "line":
        track = _solo(rng, part.notes, seconds)
    elif part.role in ("drums", "percussion"):
        track = _play_drums(rng, part.notes, count, 1.0 if part.role == "percussion" else 0.2)
    else:
        track = _play_tones(rng, part, count)
    # Nobody plays evenly: phrases swell and fade, by up to some 10 dB.
    swell_db = rng.uniform(0.0, 5.0) * drift(rng, count, rng.uniform(0.2, 0.8), SAMPLE_RATE_HZ)
    return at_rms(track * 10.0 ** (swell_db / 20.0), 0.0)


def _compress(samples: FloatArray, ratio: float) -> FloatArray:
    """Even out the level: a gain of (level / mean level) ** -ratio, follower of 60 ms."""
    pole = np.float32(np.exp(-1.0 / (0.06 * SAMPLE_RATE_HZ)))
    power = signal.lfilter([1.0 - pole], [1.0, -pole], samples.astype(np.float64) ** 2)
    level = np.sqrt(power) / max(rms(samples), 1e-9)
    return (samples * (level + 0.03) ** -ratio).astype(np.float32)


def _rest(rng: np.random.Generator, samples: FloatArray) -> FloatArray:
    """Let everyone rest for a moment, or the piece fade: what rings on is music still."""
    choice, seconds = rng.random(), len(samples) / SAMPLE_RATE_HZ
    times_s = np.arange(len(samples), dtype=np.float32) / SAMPLE_RATE_HZ
    if choice < 0.15:
        rest_s = rng.uniform(0.2, min(1.0, 0.3 * seconds))
        start_s = rng.uniform(0.0, seconds - rest_s)
        outside_s = np.maximum(start_s - times_s, times_s - start_s - rest_s)
        return (samples * np.clip(1.0 + outside_s / 0.02, 0.0, 1.0)).astype(np.float32)
    if choice < 0.3:
        start_s = rng.uniform(0.3, 0.9) * seconds
        fade_db = -rng.uniform(10.0, 35.0) * np.maximum(times_s - start_s, 0.0) / seconds
        return (samples * 10.0 ** (fade_db / 20.0)).astype(np.float32)
    return samples


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
        track = _play_part(rng, part, length_s, count)
        mix += at_rms(track, rng.uniform(-12.0, 0.0))
    if rng.random() < 0.4:
        compression = max(compression, rng.uniform(0.2, 0.7))
    mix = _rest(rng, mix)
    if rng.random() < 0.5:  # a hall, or its imitation in the studio
        mix = reverberate(rng, mix, log_uniform(rng, 0.6, 3.0), wet_db=rng.uniform(-15.0, -2.0))
    excerpt = mix[count - round(seconds * SAMPLE_RATE_HZ) :]
    return at_rms(_compress(excerpt, compression) if compression else excerpt, -20.0)
