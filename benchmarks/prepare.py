"""Preparation: two workers against one, and memory of a corpus against one ten times as long."""

import tempfile
from pathlib import Path

from omegaconf import OmegaConf

from auricle.core.compose import compose
from auricle.core.files import digest, write_text
from benchmarks.figure import Figure
from benchmarks.measure import auricle, peak_memory_mb, timed

_SHORT_MIN, _LONG_MIN = 2, 20  # minutes a class; the long one takes one worker half a minute
_REPEATS = 2
_PREPARE = auricle("prepare", "--params", "params.yaml")


def run() -> list[Figure]:
    """Wall time, whether the bytes are the same, and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        long, short = Path(folder) / "long", Path(folder) / "short"
        _ask(long, _LONG_MIN)
        _ask(short, _SHORT_MIN)
        for project in (long, short):
            timed(auricle("fetch", "--params", "params.yaml"), project)
        return [*_speed(long), *_memory(short, long)]


def _ask(project: Path, minutes: float, workers: int = 2) -> None:
    """Write the `params.yaml` of a starter corpus, whatever is being built in the checkout."""
    config = compose(
        "config",
        [
            "dataset=starter",
            f"dataset.minutes_per_class={minutes}",
            "dataset.espeak=never",
            f"cluster.workers={workers}",
        ],
    )
    write_text(project / "params.yaml", OmegaConf.to_yaml(config))


def _speed(project: Path) -> list[Figure]:
    best = {1: float("inf"), 2: float("inf")}
    digests: dict[int, dict[str, str]] = {}
    for _ in range(_REPEATS):
        for workers in best:
            _ask(project, _LONG_MIN, workers)
            wall_s, _ = timed(_PREPARE, project)
            best[workers] = min(best[workers], wall_s)
            files = sorted((project / "data" / "processed").glob("*.jsonl"))
            digests[workers] = {path.name: digest(path) for path in files}
    same = sum(digests[1][name] == digests[2][name] for name in digests[1])
    return [
        Figure(
            f"preparing {_LONG_MIN} minutes a class with two workers",
            best[2],
            "s",
            best[1],
            "one worker",
            least=1.6,
            note="wall time, start of the processes included",
        ),
        Figure("share of files with the same bytes", same / len(digests[1]), least=1),
    ]


def _memory(short: Path, long: Path) -> list[Figure]:
    peaks = [peak_memory_mb(_PREPARE, project) for project in (short, long)]
    return [
        Figure(
            f"peak memory of {who}, {_SHORT_MIN} minutes a class",
            peaks[0][index],
            "MB",
            peaks[1][index],
            f"{_LONG_MIN} minutes a class",
            most=1.2,
        )
        for index, who in enumerate(("preparation", "its largest worker"))
    ]
