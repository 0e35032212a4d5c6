"""What the sound of a test recording is mixed with: noise, or a recording of another label."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from auricle.audio import Samples
from auricle.audio.io import SUFFIXES, load
from auricle.core.errors import AuricleError
from auricle.datasets.clips import Clip

PINK = "pink"
T = TypeVar("T")


def noises(noise: str) -> list[Path]:
    """List the recordings of noise in a folder, at any depth; none for `pink`, which is made.

    Raises
    ------
    AuricleError
        There is no such folder, or no recording in it.
    """
    if noise == PINK:
        return []
    folder = Path(noise)
    if not folder.is_dir():
        raise AuricleError(
            f"evaluate.noise={noise} is neither {PINK} nor a folder: name a folder of recordings"
        )
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise AuricleError(
            f"evaluate.noise={noise} holds no recording: name a folder that does, or {PINK}"
        )
    return found


def partners(clips: Sequence[Clip], seed: int) -> list[Clip | None]:
    """Give each recording of exactly one label one of exactly one other, drawn by its SHA-256.

    None, where it has no label or several, or no other label has a recording of its own.
    """
    alone = [clip for clip in clips if len(clip.labels) == 1]
    others = {
        labels: [clip for clip in alone if clip.labels != labels]
        for labels in {clip.labels for clip in alone}
    }
    return [drawn(others.get(clip.labels, []), clip, seed) for clip in clips]


def drawn(choices: Sequence[T], clip: Clip, seed: int) -> T | None:
    """One of the choices, the same each time for a recording; none of none."""
    if not choices:
        return None
    rng = np.random.default_rng([seed, int(clip.sha256[:16], 16)])
    return choices[int(rng.integers(len(choices)))]


def as_long(path: Path, length: int, sample_rate_hz: int) -> Samples:
    """Sound of a file, from its first sample that is not 0, over and over [shape=(length,)]."""
    sound = load(path, sample_rate_hz)
    repeated: Samples = np.resize(np.trim_zeros(sound, "f") if sound.any() else sound, length)
    return repeated
