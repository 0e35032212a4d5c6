"""A microphone, watched over: what does not come is told, and the same device is opened again.

The device's callback only puts blocks into the queue. A second thread, the producer, sees whether
they come: callbacks that stop, a stream that says it is over, another source behind the same
stream. None of these is an error to PortAudio.
"""

import threading
import time
from dataclasses import dataclass

from auricle.core.schema import check, one_of
from auricle.realtime.block_queue import BlockQueue
from auricle.realtime.clock import clock
from auricle.realtime.sources import NoMicrophoneError
from auricle.realtime.sources.devices import (
    BACKENDS,
    Backend,
    Device,
    DeviceError,
    Stream,
    find,
    load,
    open_as_it_can,
)
from auricle.realtime.sources.devices.audio_server import Route

# How often it is looked whether the stream runs. Sleeping costs a third of waiting for an event.
_LOOK_S = 0.25


@dataclass(frozen=True)
class Config:
    """Which microphone, through which library, and when it counts as lost; see `Source`."""

    kind: str
    backend: str
    device: str | None
    rate_hz: int | None
    stall_s: float
    retry_least_s: float
    retry_most_s: float

    waits = False
    live = True
    continuous = True

    def __post_init__(self) -> None:
        one_of("backend", self.backend, BACKENDS)
        for name in ("stall_s", "retry_least_s"):
            check(getattr(self, name) > 0, f"{name}={getattr(self, name)} must be positive")
        check(
            self.retry_most_s >= self.retry_least_s,
            f"retry_most_s={self.retry_most_s} must be at least retry_least_s",
        )
        check(self.rate_hz is None or self.rate_hz > 0, f"rate_hz={self.rate_hz} must be positive")

    @property
    def name(self) -> str:
        """What was asked for; the queue is told what was found."""
        return f"microphone {self.device}" if self.device else "the default microphone"

    def run(
        self, queue: BlockQueue, sample_rate_hz: int, block_s: float, stop: threading.Event
    ) -> None:
        """Listen until `stop`, through losses.

        Raises
        ------
        NoMicrophoneError
            There is none to begin with, or the default one cannot be opened.
        DeviceError
            The one that was asked for is not there, or cannot be opened.
        """
        backend = load(self.backend)
        watched = _Watched(self, backend, queue, sample_rate_hz, block_s, stop)
        try:
            watched.run()
        finally:
            watched.close()
            backend.close()


class _Watched:
    """One microphone over the time of a listener."""

    def __init__(
        self,
        config: Config,
        backend: Backend,
        queue: BlockQueue,
        sample_rate_hz: int,
        block_s: float,
        stop: threading.Event,
    ) -> None:
        self._config, self._backend, self._queue, self._stop = config, backend, queue, stop
        self._rate_hz, self._block_s = sample_rate_hz, block_s
        self._route = Route()
        self._source: str | None = None  # the sound server's, behind the device
        self._accepts = False  # the stream is the right one
        self._hears = threading.Event()  # ... and blocks come

    def run(self) -> None:
        config = self._config
        device = find(self._backend.devices(), config.device)
        stream: Stream | None = self._first(device)
        retry_s = config.retry_least_s
        while not self._stop.is_set():
            if stream is not None:
                cause, text = self._watch(stream, device)
                retry_s = config.retry_least_s if self._hears.is_set() else retry_s
                self._route.close()
                stream.close()
                # Not before: a last block may still have been on its way, and set it again.
                self._hears.clear()
                if self._stop.is_set():
                    return
                self._queue.trouble(cause, text)
            self._stop.wait(retry_s)
            retry_s = min(2 * retry_s, config.retry_most_s)
            if not self._stop.is_set():
                stream, device = self._again(device)

    def close(self) -> None:
        """Leave no process behind, however it ended."""
        self._route.close()

    def _first(self, device: Device) -> Stream:
        try:
            stream = self._open(device)
        except DeviceError as error:
            if self._config.device is None:
                raise NoMicrophoneError(f"{error}; see `auricle devices`") from error
            raise
        self._source = self._route.source()
        self._accept(device)
        return stream

    def _again(self, device: Device) -> tuple[Stream | None, Device]:
        """Open the same microphone again, if it is there."""
        sources = self._route.sources()
        if self._source is not None and sources is not None and self._source not in sources:
            return None, device  # the server would give another one
        try:
            same = [d for d in self._backend.devices() if d.identity == device.identity]
            if not same:
                return None, device
            stream = self._open(same[0])
        except DeviceError:
            return None, device
        if self._source is not None and self._route.source() != self._source:
            self._route.move_to(self._source)
            if self._route.source() not in (self._source, None):
                stream.close()  # the server refused, or the source is gone again
                return None, device
        self._accept(same[0])
        return stream, same[0]

    def _open(self, device: Device) -> Stream:
        """Open at the bundle's rate, or at the device's own."""
        asked = self._config.rate_hz
        rates = [self._rate_hz, device.rate_hz] if asked is None else [asked]
        stream, *self._form = open_as_it_can(
            self._backend, device, rates, self._block_s, self._on_block
        )
        return stream

    def _accept(self, device: Device) -> None:
        """Let blocks through from now on."""
        rate_hz, channels = self._form
        name = device.identity + (f" ({self._source})" if self._source else "")
        self._opened = rate_hz, f"{name}, {rate_hz} Hz", channels
        self._route.watch()
        self._route.changed.set()  # the stream may have been moved before that was watched
        self._begun_s = clock()
        self._accepts = True

    def _on_block(self, data: bytes, captured_s: float, overflowed: bool) -> None:
        """In the device's thread: hand on, nothing else."""
        if not self._accepts:
            return
        if not self._hears.is_set():
            self._queue.open(*self._opened)
            self._hears.set()
        if overflowed:
            self._queue.overflows += 1
        self._queue.put(data, captured_s)

    def _watch(self, stream: Stream, device: Device) -> tuple[str, str]:
        """Return when the stream is of no use any more, with the cause and what to say."""
        stalled_s = max(self._config.stall_s, 4 * self._block_s)
        try:
            while not self._stop.is_set():
                time.sleep(_LOOK_S)
                last_s = self._queue.last_put_s if self._hears.is_set() else self._begun_s
                if not stream.active:
                    return "lost", (
                        f"{device.identity} is gone, or the sound server: connect or start it; "
                        "it is opened again as soon as it is there"
                    )
                if clock() - last_s > stalled_s:
                    return "stalled", (
                        f"{device.identity} sends nothing for {stalled_s:g} s; it is opened again"
                    )
                self._route.renew()
                if self._route.changed.is_set() and (moved := self._moved(device)):
                    return "moved", moved
            return "", ""
        finally:
            self._accepts = False

    def _moved(self, device: Device) -> str:
        """Say what the sound server did, if it gave this stream to another source."""
        self._route.changed.clear()
        # The server moves streams first and takes the source off its list then.
        self._stop.wait(_LOOK_S)
        was, now = self._source, self._route.source()
        if was is None:  # the server did not answer when the stream was opened
            self._source = now
        if was is None or now is None or now == was:
            return ""
        sources = self._route.sources() or []
        if self._config.device is None and was in sources:
            # Nobody asked for that one, and it is still there: someone chose the other.
            self._source = now
            return f"the sound server moved the stream from {was} to {now}, which is heard now"
        back = "it goes back there" if was in sources else f"until {was} is back, nothing is heard"
        return (
            f"the sound server moved the stream from {was} to {now}: {back}; to hear another "
            f"microphone than {device.identity}, choose realtime.source.device"
        )
