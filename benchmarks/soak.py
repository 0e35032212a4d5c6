"""Hours of sound through the live engine at full speed: nothing lost, memory flat."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

from auricle.audio import Samples, load
from auricle.bundle import Classifier
from auricle.config import compose, parse, resource
from auricle.realtime.app import Listen
from auricle.realtime.engine import Engine, Moment
from benchmarks.figure import Figure

_HOURS = 24


class _Repeated:
    """A recording over and over, as fast as it goes."""

    name = "the demonstration, repeated"
    waits = True

    def __init__(self, samples: Samples, hours: float) -> None:
        self._samples, self._times = samples, int(hours * 3600 * 16000 / len(samples))
        self.given = 0

    def blocks(
        self, sample_rate_hz: int, block_s: float, stop: threading.Event
    ) -> Iterator[Samples]:
        size = round(block_s * sample_rate_hz)
        for _ in range(self._times):
            for start in range(0, len(self._samples), size):
                block = self._samples[start : start + size]
                self.given += len(block)
                yield block


def run() -> list[Figure]:
    """Windows heard, sound dropped, growth of resident memory, speed."""
    config = parse(compose("listen", []), Listen)
    classifier = Classifier(resource(config.bundle))
    decision = config.decision.over(classifier.bundle.decision)
    preprocess = classifier.bundle.preprocess
    source = _Repeated(load(resource("references/demo.flac"), preprocess.sample_rate_hz), _HOURS)
    memory: list[float] = []

    def on_moment(moment: Moment) -> None:
        if moment.start_s % 600 == 0:
            memory.append(_resident_mb())

    engine = Engine(source, classifier, decision, config.realtime, on_moment)
    begun = time.perf_counter()
    engine.run()
    elapsed_s = time.perf_counter() - begun
    expected = (source.given - preprocess.window) // preprocess.hop + 1
    settled = memory[len(memory) // 10 :]
    heard_s = source.given / preprocess.sample_rate_hz
    return [
        Figure("windows heard, of those there were", engine.counts.windows / expected, least=1),
        Figure("sound dropped", float(engine.counts.dropped_samples), "samples", most=0),
        Figure("growth of memory", max(settled) - settled[0], "MB", most=5),
        Figure("sound heard a second", heard_s / elapsed_s, "s", note=f"{_HOURS} hours of sound"),
    ]


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6
