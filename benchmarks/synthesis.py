"""Generated sound of each kind against playing it: how long a starter corpus takes."""

import time

import numpy as np

from auricle.synthesis import KINDS, render_clip
from auricle.synthesis.environment import surround
from benchmarks.figure import Figure

_CLIPS, _CLIP_S = 2, 10.0
_SCENES, _SCENE_S = 12, 5.0


def run() -> list[Figure]:
    """Render clips of each kind on one core, without the voices of espeak-ng."""
    begun_s = time.process_time()
    for kind in KINDS:
        for index in range(_CLIPS):
            render_clip(kind, 9, index, _CLIP_S, espeak=False)
    kinds_s, begun_s = time.process_time() - begun_s, time.process_time()
    for seed in range(_SCENES):
        surround(np.random.default_rng(seed), _SCENE_S)
    scenes_s = time.process_time() - begun_s
    lasts_s = len(KINDS) * _CLIPS * _CLIP_S
    return [
        Figure("sound of all kinds", kinds_s, "s", lasts_s, "playing it", least=20),
        Figure("surroundings", scenes_s, "s", _SCENES * _SCENE_S, "playing them", least=20),
    ]
