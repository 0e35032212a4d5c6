"""One generated clip, from its kind and its number."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from auricle.synthesis import environment, music, talking
from auricle.synthesis import espeak as espeak_ng
from auricle.synthesis.channel import transmit
from auricle.synthesis.humanise import humanise
from auricle.synthesis.signals import SAMPLE_RATE_HZ, FloatArray, amplitude, at_rms, fit, rms

KINDS = ("speech", "music", "both", "neither")
BACKGROUND = "background"  # rooms in which nothing happens
_RENDERED = (*KINDS, BACKGROUND)

ESPEAK_SHARE = 0.5
# The same minutes teach more when more speakers and pieces share them.
SHORTEST_TURN_S = 1.6
AMBIENCE_SHARE = 0.2
AMBIENCE_RATIO_DB = (3.0, 25.0)
# A window of 0.25 s must hold speech even where a pause falls into it.
PAUSE_OVER_MUSIC_S = 0.12


def _talk(
    rng: np.random.Generator, seconds: float, with_espeak: bool, longest_pause_s: float
) -> FloatArray:
    speak = espeak_ng.speak if with_espeak and rng.random() < ESPEAK_SHARE else talking.speak
    # A spare second: what is warped may come out shorter.
    talk = speak(rng, 1.2 * seconds, longest_pause_s)
    return fit(humanise(rng, talk), round(seconds * SAMPLE_RATE_HZ))


def mix(foreground: FloatArray, background: FloatArray, ratio_db: float) -> FloatArray:
    """Add two sounds so that the first is `ratio_db` stronger than the second, in RMS."""
    background_db = 20.0 * np.log10(rms(foreground)) - ratio_db
    return at_rms(foreground + at_rms(background, background_db), -20.0)


def _in_turn(
    rng: np.random.Generator, make: Callable[[float], FloatArray], seconds: float
) -> FloatArray:
    """Make one sound, or several after each other: speakers and pieces change within a clip."""
    count = round(seconds * SAMPLE_RATE_HZ)
    parts = int(rng.integers(1, max(int(seconds / SHORTEST_TURN_S), 1) + 1))
    turns = np.cumsum(rng.uniform(0.7, 1.3, parts))
    edges = np.rint(np.append(0.0, turns / turns[-1]) * count).astype(int)
    made = [fit(make(length / SAMPLE_RATE_HZ), int(length)) for length in np.diff(edges)]
    return np.concatenate(made)


def _surround(rng: np.random.Generator, samples: FloatArray) -> FloatArray:
    """Put one clip in five where it is heard in films and streets: among other sounds."""
    if rng.random() >= AMBIENCE_SHARE:
        return samples
    ambience = environment.surround(rng, len(samples) / SAMPLE_RATE_HZ)
    return mix(samples, ambience, ratio_db=rng.uniform(*AMBIENCE_RATIO_DB))


def _hush(rng: np.random.Generator, samples: FloatArray) -> FloatArray:
    """Let a clip with nothing to hear be faint, or fall into digital silence, as inputs do."""
    if rng.random() < 0.2:
        samples = samples * np.float32(amplitude(rng.uniform(-40.0, -10.0)))
    if rng.random() < 0.2:
        start, end = np.sort(rng.integers(0, len(samples) + 1, 2))
        samples[start:end] = 0.0
    return samples


def render_clip(kind: str, seed: int, index: int, seconds: float, espeak: bool) -> FloatArray:
    """Generate a clip.

    Parameters
    ----------
    kind
        One of `KINDS`, or `BACKGROUND`.
    seed
        Seed of the corpus, not negative.
    index
        Number of the clip within its kind, not negative; each has a speaker, score or scene of
        its own.
    seconds
        Length of the clip.
    espeak
        Whether half of the speech comes from espeak-ng, which must then be installed.

    Returns
    -------
    FloatArray
        Mono samples in [-1, 1] at 16 kHz, shape (round(seconds * 16000),).
    """
    if kind not in _RENDERED:
        raise ValueError(f"Unknown kind of clip {kind!r}; known are {', '.join(_RENDERED)}.")
    rng = np.random.default_rng([seed, _RENDERED.index(kind), index])
    if kind == "speech":
        pause_s = rng.uniform(0.1, 0.9)
        clip = _in_turn(rng, lambda s: _talk(rng, s, espeak, pause_s), seconds)
    elif kind == "music":
        clip = _in_turn(rng, lambda s: music.play(rng, s), seconds)
    elif kind == "both":
        speech = _in_turn(rng, lambda s: _talk(rng, s, espeak, PAUSE_OVER_MUSIC_S), seconds)
        # As in broadcasts, the music is levelled so that it neither drowns nor vanishes.
        accompaniment = _in_turn(rng, lambda s: music.play(rng, s, compression=0.6), seconds)
        clip = mix(speech, accompaniment, ratio_db=rng.uniform(-6.0, 12.0))
    elif kind == "neither":
        clip = environment.surround(rng, seconds)
    else:
        clip = environment.room_tones(rng, seconds)
    of_a_label = kind not in ("neither", BACKGROUND)
    clip = transmit(rng, _surround(rng, clip) if of_a_label else clip)
    return clip if of_a_label else _hush(rng, clip)
