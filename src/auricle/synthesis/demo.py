"""The demonstration recording: ten seconds each of speech, music, both and neither.

``python -m auricle.synthesis.demo FILE`` writes it as 16 kHz mono FLAC. It uses the numpy
voice alone and a nearly clean channel, so that what is to be heard is plain to hear.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import rich
import soundfile

from auricle.synthesis import environment, music, talking
from auricle.synthesis.channel import reverberate
from auricle.synthesis.render import PAUSE_OVER_MUSIC_S, mix
from auricle.synthesis.signals import SAMPLE_RATE_HZ, FloatArray, at_rms, coloured_noise

SEGMENTS: tuple[tuple[str, float, float], ...] = (
    ("speech", 0.5, 10.0),
    ("music", 10.5, 20.0),
    ("both", 20.5, 30.0),
    ("neither", 30.5, 40.0),
)
"""Kind, start and end in seconds; half a second of faint room noise precedes each."""

SECONDS = 40.0
LEVEL_DB = -20.0
QUIET_DB = -60.0
ROOM_DB = -66.0
SILENCE_S = (36.0, 38.0)
"""Digital silence, within the part of neither."""

# Picked from the first two dozen: small when encoded, and told apart by a classifier of recordings.
SEEDS = {"speech": 14, "music": 10, "both": 4, "neither": 1}


def sound(kind: str, seed: int, seconds: float) -> FloatArray:
    """Return a clip of a kind as in a quiet, slightly live room, at its level in the recording."""
    rng = np.random.default_rng(seed)
    if kind == "speech":
        clip = talking.speak(rng, seconds)
    elif kind == "music":
        clip = music.play(rng, seconds)
    elif kind == "both":
        talk = talking.speak(rng, seconds, PAUSE_OVER_MUSIC_S)
        clip = mix(talk, music.play(rng, seconds, compression=0.6), ratio_db=3.0)
    else:
        return at_rms(environment.room_noise(rng, round(seconds * SAMPLE_RATE_HZ)), QUIET_DB)
    return at_rms(reverberate(rng, clip, decay_s=0.3, wet_db=-12.0), LEVEL_DB)


def record() -> FloatArray:
    """Return the demonstration recording, shape (SECONDS * 16000,), within [-1, 1]."""
    count = round(SECONDS * SAMPLE_RATE_HZ)
    recording = at_rms(coloured_noise(np.random.default_rng(0), count, -6.0), ROOM_DB)
    for kind, start_s, end_s in SEGMENTS:
        start, end = round(start_s * SAMPLE_RATE_HZ), round(end_s * SAMPLE_RATE_HZ)
        recording[start:end] += sound(kind, SEEDS[kind], end_s - start_s)
    silent, sounding = (round(edge_s * SAMPLE_RATE_HZ) for edge_s in SILENCE_S)
    recording[silent:sounding] = 0.0
    return np.clip(recording, -1.0, 1.0)


def main(path: Path) -> None:
    """Write the demonstration recording to `path`."""
    soundfile.write(path, record(), SAMPLE_RATE_HZ, "PCM_16", format="FLAC", compression_level=1.0)
    rich.print(f"{path}: {SECONDS:.0f} s, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
