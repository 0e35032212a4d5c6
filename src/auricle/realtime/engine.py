"""The live engine: source -> producer thread -> bounded queue -> consumer thread -> listener.

The queue is bounded and what it drops is counted. Times are those of the samples, so they stay
right across a gap.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from auricle.audio import Samples, level_dbfs
from auricle.bundle import Classifier
from auricle.config import check
from auricle.decision import Change, Decision, Tracker, mean_over_context, windows_in_context
from auricle.realtime.sources import File, Source


@dataclass(frozen=True)
class Realtime:
    """How the engine runs."""

    queue_s: float
    block_s: float
    source: File

    def __post_init__(self) -> None:
        check(self.block_s > 0, f"block_s={self.block_s} must be positive")
        check(
            self.queue_s >= self.block_s,
            f"queue_s={self.queue_s} must hold a block of block_s={self.block_s}",
        )


@dataclass(frozen=True)
class Moment:
    """What is known at the end of one window."""

    start_s: float
    end_s: float
    level_dbfs: float
    probabilities: npt.NDArray[np.float32]
    changes: list[Change]


@dataclass
class Counts:
    """What went through, and what did not."""

    windows: int = 0
    samples: int = 0
    dropped_samples: int = 0
    gaps: int = 0


@dataclass(frozen=True)
class _Block:
    start: int
    samples: Samples


@dataclass
class Engine:
    """Listen to a source until it ends or `stop` is called.

    `on_moment` is called in the consumer thread, once a window; `finish` gives what ends with the
    stream.
    """

    source: Source
    classifier: Classifier
    decision: Decision
    settings: Realtime
    on_moment: Callable[[Moment], None]
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        bundle = self.classifier.bundle
        blocks = max(1, int(self.settings.queue_s / self.settings.block_s))
        self._queue: queue.Queue[_Block | None] = queue.Queue(blocks)
        self._stop = threading.Event()
        self._error: BaseException | None = None
        thresholds = bundle.thresholds_under(self.decision)
        self._tracker = Tracker(bundle.labels, thresholds, self.decision)
        self._context = windows_in_context(
            self.decision.context_s or 0, bundle.preprocess.window_s, bundle.preprocess.hop_s
        )
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
            for name, work in (("producer", self._produce), ("consumer", self._consume))
        ]

    def run(self) -> None:
        """Start both threads and wait for the end of the source; Ctrl-C ends them cleanly.

        Raises
        ------
        AuricleError
            What the source or the listener failed on.
        """
        for thread in self._threads:
            thread.start()
        try:
            for thread in self._threads:
                # Waiting with a limit lets the main thread take Ctrl-C on every platform.
                while thread.is_alive():
                    thread.join(0.2)
        finally:
            self.stop()
            for thread in self._threads:
                thread.join()
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """End both threads soon."""
        self._stop.set()

    def finish(self) -> list[Change]:
        """End what still sounds."""
        return list(self._tracker.finish())

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # carried to the main thread, which raises it
            self._error = self._error or error
            self.stop()

    def _produce(self) -> None:
        rate, position = self.classifier.bundle.preprocess.sample_rate_hz, 0
        try:
            for samples in self.source.blocks(rate, self.settings.block_s, self._stop):
                self._put(_Block(position, samples))
                position += len(samples)
                if self._stop.is_set():
                    return
        finally:
            self._put(None)

    def _put(self, block: _Block | None) -> None:
        """Hand a block on; where the source cannot wait, the oldest makes room and is counted."""
        while not self._stop.is_set():
            try:
                self._queue.put(block, timeout=0.1 if self.source.waits or block is None else 0)
                return
            except queue.Full:
                if self.source.waits or block is None:
                    continue
                try:
                    oldest = self._queue.get_nowait()
                except queue.Empty:
                    continue
                if oldest is not None:
                    self.counts.dropped_samples += len(oldest.samples)

    def _consume(self) -> None:
        preprocess = self.classifier.bundle.preprocess
        rate = preprocess.sample_rate_hz
        expected, windower, window_start = 0, preprocess.windower(), 0
        ended: list[Change] = []  # by a gap, said with the next window
        history = np.zeros((0, len(self.classifier.bundle.labels)), np.float32)
        while not self._stop.is_set():
            try:
                block = self._queue.get(timeout=0.1)
            except queue.Empty:
                continue
            if block is None:
                return
            if block.start != expected:  # a gap: nothing before it belongs to what follows
                self.counts.gaps += 1
                ended = list(self._tracker.finish())
                windower, window_start, history = preprocess.windower(), block.start, history[:0]
            expected = block.start + len(block.samples)
            self.counts.samples += len(block.samples)
            windows = windower.push(block.samples)
            if not len(windows):
                continue
            for logits, level in zip(
                self.classifier.logits(windows), level_dbfs(windows), strict=True
            ):
                history = np.concatenate([history, logits[None]])[-self._context :]
                row = mean_over_context(history, self._context)[-1]
                probabilities = self.classifier.bundle.calibration.probabilities(row)
                start_s = window_start / rate
                end_s = (window_start + preprocess.window) / rate
                pushed = self._tracker.push(start_s, end_s, probabilities, float(level))
                changes, ended = [*ended, *pushed], []
                window_start += preprocess.hop
                self.counts.windows += 1
                self.on_moment(Moment(start_s, end_s, float(level), probabilities, changes))
