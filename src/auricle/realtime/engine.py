"""The live engine: source -> producer thread -> queue -> consumer thread -> sinks.

Nothing is heard in a device's callback, every queue is bounded, and whatever keeps the engine from
hearing is told like a sound: with a start and an end.
"""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from auricle.audio import Samples
from auricle.audio.io import Resampler
from auricle.inference.decision import Decision
from auricle.inference.scorer import Scorer
from auricle.realtime.block_queue import Block, BlockQueue, Item, Opened, SourceFault
from auricle.realtime.clock import clock
from auricle.realtime.dispatcher import Dispatcher
from auricle.realtime.events import Health, Session, Update
from auricle.realtime.settings import Engine as Settings
from auricle.realtime.sinks import Sink
from auricle.realtime.sources import Source
from auricle.realtime.stream_clock import StreamClock
from auricle.realtime.stream_scorer import ScoredWindow, StreamScorer

# What a source says of itself; the first block after it ends it.
_OF_SOURCES = ("lost", "stalled", "moved")
# 40 dB over full scale is no sound, nor is what is not finite: one such sample would spoil the
# probabilities, with smoothing for good.
_LARGEST = 100.0
_JOINED_S = 0.6  # both threads; with what a screen may take it stays below a second


class Engine:
    """Listen to a source until it ends or `stop` is called, and tell the sinks.

    Sinks are called in the consumer thread.
    """

    def __init__(
        self,
        source: Source,
        scorer: Scorer,
        decision: Decision,
        settings: Settings,
        session: Session,
        sinks: Sequence[Sink],
    ) -> None:
        self._source, self._settings, self._session = source, settings, session
        self._stop, self._done = threading.Event(), threading.Event()
        self._halting = False
        self._queue = BlockQueue(settings.queue_s, source.waits, source.live, self._stop)
        rate = scorer.bundle.preprocess.sample_rate_hz
        self._rate_hz = rate
        self._clock = StreamClock(rate, settings.gap_s if source.continuous else None)
        self._stream_scorer = StreamScorer(scorer, decision)
        self._resampler, self._channels, self._source_hz = Resampler(rate, rate), 1, rate
        self._zeros_s = self._told_s = 0.0
        self._dropped_s, self._overflows = 0.0, 0
        self._position = 0  # of the next sample that is heard
        self._error: BaseException | None = None
        self.health = Health(source.name)
        self._sinks = list(sinks)
        self._dispatcher = Dispatcher(sinks, self.health, self._wall_s)
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
            for name, work in (("producer", self._produce), ("consumer", self._consume))
        ]

    def run(self) -> None:
        """Start both threads and wait for the end of the source; Ctrl-C ends them cleanly.

        Raises
        ------
        AuricleError
            What the source failed on.
        """
        for thread in self._threads:
            thread.start()
        try:
            self._done.wait()
        except BaseException:
            self.stop()
            raise
        finally:
            self._halt()
            latest_s = clock() + _JOINED_S
            for thread in self._threads:
                thread.join(max(0.0, latest_s - clock()))
            self._dispatcher.sinks.clear()  # one that hangs must not tell those that end now
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """End soon: both threads, and whoever waits for a screen."""
        self._halt()
        for sink in self._sinks:
            sink.hurry()

    def _halt(self) -> None:
        # A signal may come while the main thread is in here: its handler must not wait for the
        # lock of the event, which this very thread holds.
        if not self._halting:
            self._halting = True
            try:
                self._stop.set()
            finally:
                self._halting = False
        self._queue.wake()

    @property
    def hangs(self) -> bool:
        """Whether a thread did not end when it was told to."""
        return any(thread.is_alive() for thread in self._threads)

    def _guarded(self, work: Any) -> None:
        try:
            work()
        except BaseException as error:  # carried to the main thread, which raises it
            self._error = self._error or error

    def _produce(self) -> None:
        try:
            self._source.run(self._queue, self._rate_hz, self._settings.block_s, self._stop)
        finally:
            self._queue.close()

    def _consume(self) -> None:
        try:
            # A device that hangs while it is opened tells nothing at all.
            patience_s = self._settings.hang_s if self._source.continuous else None
            most_s = self._settings.queue_s / 2
            while items := self._queue.take(min(self._stream_scorer.lacks_s, most_s), patience_s):
                self._account(items)
                for item in items:
                    match item:
                        case Opened():
                            self._opened(item)
                        case Block():
                            self._heard(item)
                        case SourceFault():
                            self._source_told(item)
            # What the resampler still holds
            self._hear(self._resampler.push(np.zeros(0, np.float32), last=True))
            for heard in self._stream_scorer.finish():
                self._tell_heard(heard)
            self._silence()
            now_s = self._clock.now / self._rate_hz
            for cause in list(self.health.troubles):
                self._dispatcher.end_trouble(cause, now_s)
        finally:
            self._done.set()

    def _opened(self, opened: Opened) -> None:
        self._clock.open(opened.rate_hz)
        self._resampler = Resampler(opened.rate_hz, self._rate_hz)
        self._channels, self._source_hz = opened.channels, opened.rate_hz
        self._zeros_s = 0.0
        self.health.source = opened.name
        if not self._session.demonstration:
            self._dispatcher.tell("note", f"Listening to {opened.name}. Ctrl-C ends it.")

    def _heard(self, block: Block) -> None:
        data = block.data
        samples = np.frombuffer(data, np.float32) if isinstance(data, bytes) else data
        placed = self._clock.place(block)
        if placed.why:
            self._gap(placed.position, placed.missing, placed.why)
        for cause in _OF_SOURCES:
            self._dispatcher.end_trouble(cause, placed.position / self._rate_hz)
        samples = self._sane(samples, placed.position)
        if self._source.continuous:
            self._watch_zeros(samples, placed.position, block)
        self.health.heard_s += block.frames / self._source_hz
        if self._channels > 1:
            samples = samples.reshape(-1, self._channels).mean(axis=1)
        self._hear(self._resampler.push(samples))

    def _hear(self, samples: Samples) -> None:
        start_s = self._position / self._rate_hz
        self._position += len(samples)
        self._dispatcher.tell("audio", start_s, samples, wanted="wants_audio")
        for heard in self._stream_scorer.push(samples):
            self._tell_heard(heard)

    def _gap(self, position: int, missing: int, why: str) -> None:
        """Nothing that sounded before a gap is known to go on after it."""
        self._silence()
        self._stream_scorer.restart(position)
        self._position = position
        self._resampler = Resampler(self._source_hz, self._rate_hz)
        self.health.gaps += 1
        if why == "gap":
            missing_s = missing / self._rate_hz
            self.health.missing_s += missing_s
            start_s = (position - missing) / self._rate_hz
            text = f"{missing_s:.1f} s of sound did not come"
            self._dispatcher.begin_trouble("gap", text, start_s)
            self._dispatcher.end_trouble("gap", position / self._rate_hz)

    def _silence(self) -> None:
        for change in self._stream_scorer.tracker.finish():
            self._dispatcher.change(change)

    def _source_told(self, item: SourceFault) -> None:
        if item.cause == "stalled" and self.health.troubles.keys() & _OF_SOURCES:
            return  # it is known that nothing comes
        self._silence()
        self._dispatcher.begin_trouble(item.cause, item.text, self._clock.next / self._rate_hz)

    def _account(self, items: list[Item]) -> None:
        """Keep the figures of health, and tell what was lost."""
        health, queue = self.health, self._queue
        blocks = [item for item in items if isinstance(item, Block)]
        health.queue_s = sum(block.frames for block in blocks) / self._source_hz
        oldest_s = blocks[0].captured_s if blocks else None
        health.queue_age_s = 0.0 if oldest_s is None else max(0.0, clock() - oldest_s)
        now_s = self._clock.next / self._rate_hz
        if queue.dropped_s > self._dropped_s:
            self._dropped_s = health.dropped_s = queue.dropped_s
            self._dispatcher.begin_trouble(
                "dropped",
                f"the queue of {self._settings.queue_s:g} s was full, the oldest sound was "
                "dropped: give the listener more of the processor, or a larger "
                "realtime.engine.queue_s",
                now_s,
            )
        elif health.queue_s < self._settings.queue_s / 2:
            self._dispatcher.end_trouble("dropped", now_s)
        if queue.overflows > self._overflows:
            self._overflows = health.overflows = queue.overflows
            text = "the device lost sound before it could be fetched"
            self._dispatcher.begin_trouble("overflow", text, now_s)
            self._dispatcher.end_trouble("overflow", now_s)

    def _sane(self, samples: Samples, position: int) -> Samples:
        """Put zeros for a block that holds what is no sound; drivers do send such."""
        start_s = position / self._rate_hz
        if not len(samples) or (samples.min() >= -_LARGEST and samples.max() <= _LARGEST):
            self._dispatcher.end_trouble("broken", start_s)
            return samples
        self._dispatcher.begin_trouble(
            "broken",
            f"{self.health.source} sends values that are not finite, or far over full scale: "
            "zeros are heard instead; see to its driver, or connect it anew",
            start_s,
        )
        return np.zeros_like(samples)

    def _watch_zeros(self, samples: Samples, position: int, block: Block) -> None:
        start_s = position / self._rate_hz
        if samples.any():
            self._zeros_s = 0.0
            self._dispatcher.end_trouble("muted", start_s)
            return
        before, self._zeros_s = self._zeros_s, self._zeros_s + block.frames / self._source_hz
        if before < self._settings.muted_s <= self._zeros_s:
            self._dispatcher.begin_trouble(
                "muted",
                f"{self.health.source} sends zeros only: it is muted, or this program may not "
                "use it; see the system's sound and privacy settings",
                start_s - before,
            )

    def _wall_s(self, time_s: float) -> float | None:
        return self._clock.wall_s(time_s) if self._source.live else None

    def _tell_heard(self, heard: ScoredWindow) -> None:
        health, tracker = self.health, self._stream_scorer.tracker
        health.windows += 1
        for change in heard.changes:
            self._dispatcher.change(change)
        if heard.end_s >= self._told_s + self._settings.ongoing_s:
            self._told_s = heard.end_s
            for change in tracker.ongoing:
                if heard.end_s - change.start_s >= self._settings.ongoing_s:
                    self._dispatcher.change(change)
        if self._source.live:
            latency_s = self._clock.latency_s(heard.end_s)
            if latency_s is not None:
                health.latency.add(latency_s)
        update = Update(
            heard.start_s,
            heard.end_s,
            self._wall_s(heard.end_s),
            heard.level_dbfs,
            tracker.floor_dbfs,
            heard.probabilities,
            tracker.state,
            tracker.sounding,
        )
        self._dispatcher.tell("update", update, wanted="wants_updates")
