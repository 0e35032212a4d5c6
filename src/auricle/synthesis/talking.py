"""Talk by the source-filter voice of `voice`: sentences, or words one by one."""

from __future__ import annotations

import numpy as np

from auricle.synthesis import phones
from auricle.synthesis.manners import with_manner
from auricle.synthesis.signals import SAMPLE_RATE_HZ, FloatArray, drift, fit, log_uniform, smooth
from auricle.synthesis.voice import FRAME_RATE_HZ, Speaker, frames, synthesise


def speak(rng: np.random.Generator, seconds: float, longest_pause_s: float = 0.4) -> FloatArray:
    """Let a random speaker talk.

    Parameters
    ----------
    rng
        Source of randomness.
    seconds
        Length of the talk.
    longest_pause_s
        Upper limit of the pauses between phrases.

    Returns
    -------
    FloatArray
        Samples at about -20 dBFS RMS, shape (round(seconds * 16000),).
    """
    speaker = with_manner(rng, Speaker.draw(rng))
    by_words = rng.random() < 0.4
    # Words by themselves, as in lessons and commands, have long vowels on which the pitch slides.
    drawl = log_uniform(rng, 1.0, 4.0) if by_words else log_uniform(rng, 0.8, 1.3)
    slide = rng.uniform(0.3, 2.0)
    steps: list[phones.Step] = []
    anchors: list[tuple[float, float]] = []
    now_s = 0.0
    while now_s < seconds:
        syllables = int(rng.integers(1, 4) if by_words else rng.integers(4, 14))
        final = rng.choice((-3.0, -2.0, -1.0, 2.5))  # most sentences fall, some rise
        for position in range(syllables):
            last = position == syllables - 1
            vowel = speaker.vowels[rng.integers(len(speaker.vowels))]
            held = drawl * (rng.uniform(1.0, 2.0) if last else 1.0)
            spoken = phones.syllable(rng, vowel, speaker.rate, held)
            length_s = sum(step[0] for step in spoken)
            declination = 1.0 - 2.0 * position / syllables
            accent = rng.normal() + 0.5 * declination
            anchors.append((now_s + 0.3 * length_s, accent - 0.3 * last * final))
            anchors.append((now_s + 0.9 * length_s, accent + slide * rng.normal() + last * final))
            steps += spoken
            now_s += length_s
        pause_s = rng.uniform(0.05, longest_pause_s * (0.7 if by_words else 1.0))
        inhales = pause_s > 0.25 and rng.random() < 0.3
        steps.append((pause_s, phones.SILENCE._replace(aspiration=0.06 * inhales)))
        now_s += pause_s
    targets = frames(steps)
    times, accents = np.array(anchors).T
    contour = smooth(np.interp(np.arange(len(targets)) / FRAME_RATE_HZ, times, accents), 21)
    contour = contour * speaker.range_semitones + 0.15 * drift(rng, len(targets), 15, FRAME_RATE_HZ)
    f0_hz = speaker.f0_hz * 2.0 ** (contour / 12.0)
    return fit(synthesise(rng, speaker, targets, f0_hz), round(seconds * SAMPLE_RATE_HZ))
