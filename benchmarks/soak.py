"""Hours of sound through the live engine at full speed: nothing lost, memory flat."""

import threading
import time
from pathlib import Path

from auricle.audio import Samples
from auricle.audio.io import load
from auricle.core.compose import compose
from auricle.core.project import resource
from auricle.core.schema import parse
from auricle.inference.scorer import Scorer
from auricle.realtime.app import Listen, session_of
from auricle.realtime.block_queue import BlockQueue
from auricle.realtime.engine import Engine
from auricle.realtime.events import Update
from auricle.realtime.sinks import Sink
from benchmarks.figure import Figure

_HOURS = 24
_BLOCK_S = 1.0  # as a file at full speed gives


class _Repeated:
    """A recording over and over, as fast as it goes."""

    name = "the demonstration, repeated"
    waits, live, continuous = True, False, False

    def __init__(self, samples: Samples, hours: float) -> None:
        self._samples, self._times = samples, int(hours * 3600 * 16000 / len(samples))
        self.given = 0

    def run(
        self, queue: BlockQueue, sample_rate_hz: int, block_s: float, stop: threading.Event
    ) -> None:
        size = round(_BLOCK_S * sample_rate_hz)
        queue.open(sample_rate_hz, self.name)
        for _ in range(self._times):
            for start in range(0, len(self._samples), size):
                block = self._samples[start : start + size]
                self.given += len(block)
                queue.put(block)


class _Memory(Sink):
    """Notes the resident memory each ten minutes of sound."""

    wants_updates = True

    def __init__(self) -> None:
        self.mb: list[float] = []

    def update(self, update: Update) -> None:
        if update.start_s % 600 == 0:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            self.mb.append(pages * 4096 / 1e6)


def run() -> list[Figure]:
    """Windows heard, sound dropped, growth of resident memory, speed."""
    config = parse(compose("listen", []), Listen)
    scorer = Scorer(resource(config.bundle))
    bundle = scorer.bundle
    preprocess = bundle.preprocess
    source = _Repeated(load(resource("references/demo.flac"), preprocess.sample_rate_hz), _HOURS)
    memory = _Memory()
    engine = Engine(
        source,
        scorer,
        config.decision.over(bundle.decision, bundle.labels),
        config.realtime.engine,
        session_of(source, scorer),
        [memory],
    )
    begun = time.perf_counter()
    engine.run()
    elapsed_s = time.perf_counter() - begun
    expected = (source.given - preprocess.window) // preprocess.hop + 1
    settled = memory.mb[len(memory.mb) // 10 :]
    heard_s = source.given / preprocess.sample_rate_hz
    return [
        Figure("windows heard, of those there were", engine.health.windows / expected, least=1),
        Figure("sound dropped", engine.health.dropped_s, "s", most=0),
        Figure("growth of memory", max(settled) - settled[0], "MB", most=5),
        Figure(
            "sound heard a second", heard_s / elapsed_s, "s", least=1000, note=f"{_HOURS} hours"
        ),
    ]
