"""Generated sound of each kind against playing it: how long a starter corpus takes."""

import time

from auricle.synthesis import KINDS, render_clip
from benchmarks.figure import Figure

_CLIPS, _CLIP_S = 2, 10.0


def run() -> list[Figure]:
    """Render clips of each kind on one core, without the voices of espeak-ng."""
    begun_s = time.process_time()
    for kind in KINDS:
        for index in range(_CLIPS):
            render_clip(kind, 9, index, _CLIP_S, espeak=False)
    taken_s = time.process_time() - begun_s
    lasts_s = len(KINDS) * _CLIPS * _CLIP_S
    return [Figure("sound of all kinds", taken_s, "s", lasts_s, "playing it", least=20)]
