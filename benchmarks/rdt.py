"""The Reaction-Diffusion Transform: `features.extract` against a plain loop over its definition."""

import numpy as np

from auricle.audio import Samples
from auricle.core.compose import compose
from auricle.core.schema import parse_group
from auricle.features import Features, extract
from auricle.features.rdt import Config
from benchmarks.figure import Figure
from benchmarks.measure import cpu_s

_RATE_HZ, _SECONDS = 44100, 5  # as experiment=audio_class has them
_TIMES = 10  # ours is too short to time alone


def run() -> list[Figure]:
    """CPU time of five seconds with eleven delays, samples in [-1, 1]."""
    config: Config = parse_group(compose("config", ["features=rdt"]).features, Features, "features")
    samples = np.random.default_rng(0).normal(0, 0.1, round(_SECONDS * _RATE_HZ))
    windows = samples.astype(np.float32)[None]
    frame, delays = config.frame(_RATE_HZ), config.delays(_RATE_HZ)
    np.testing.assert_allclose(
        extract(windows, _RATE_HZ, config)[0], _looped(windows[0], frame, delays), rtol=1e-4
    )
    ours_s, loop_s = cpu_s(
        lambda: [extract(windows, _RATE_HZ, config) for _ in range(_TIMES)],
        lambda: _looped(windows[0], frame, delays),
    )
    return [
        Figure(
            "RDT of 5 s, 11 delays",
            1e3 * ours_s / _TIMES,
            "ms",
            1e3 * loop_s,
            "a plain loop over its definition",
            least=50,
            note=f"{_RATE_HZ} Hz, {frame} samples a frame",
        )
    ]


def _looped(samples: Samples, frame: int, delays: list[int]) -> list[list[float]]:
    values = samples.tolist()
    found = []
    for start in range(0, len(values) - frame + 1, frame):
        x = values[start : start + frame]
        row = []
        for d in delays:
            total = 0.0
            for t in range(d, frame - d - 1):
                total += abs(x[t - d] + x[t + d] - 2 * x[t])
            row.append(total / (frame - 2 * d - 1) / 4)
        found.append(row)
    return found
