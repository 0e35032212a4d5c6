"""Which source of the sound server feeds this process: PulseAudio and PipeWire move streams.

When a microphone goes they give the stream to another one, and nothing tells the stream. Where
there is no such server there is nothing to move, and nothing is known.
"""

import contextlib
import os
import threading
from typing import Any

_ANSWER_S = 2.0


class Route:
    """Asks the server, and learns when something may have changed."""

    def __init__(self) -> None:
        self.changed = threading.Event()
        self._listener: Any = None

    def source(self) -> str | None:
        """Name of the source that feeds this process's stream; none where that is unknown."""
        with _server() as server:
            if server is None:
                return None
            output = _own_output(server)
            if output is None:
                return None
            return next((s.name for s in server.source_list() if s.index == output.source), None)

    def sources(self) -> list[str] | None:
        """Names of the sources there are; none where no server answers."""
        with _server() as server:
            return None if server is None else [s.name for s in server.source_list()]

    def move_to(self, name: str) -> None:
        """Have this process's stream fed by a source, if both are there."""
        with _server() as server:
            if server is None:
                return
            output = _own_output(server)
            wanted = next((s for s in server.source_list() if s.name == name), None)
            if output is not None and wanted is not None:
                server.source_output_move(output.index, wanted.index)

    def watch(self) -> None:
        """Set `changed` whenever streams or sources change, until `close`."""
        self.close()
        threading.Thread(target=self._listen, name="route", daemon=True).start()

    def close(self) -> None:
        """End watching."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(Exception):  # the server may be gone, and it with it
                listener.event_listen_stop()

    def _listen(self) -> None:
        with _server() as server:
            if server is None:
                return
            self._listener = server
            server.event_mask_set("source", "source_output")
            server.event_callback_set(lambda _: self.changed.set())
            with contextlib.suppress(Exception):  # a server that ends breaks the connection
                server.event_listen()
            self.changed.set()


@contextlib.contextmanager
def _server() -> Any:
    """Connect to the server; give none where there is no library for it, or no answer."""
    try:
        import pulsectl
    except (ImportError, OSError):  # libpulse is not installed
        yield None
        return
    server = pulsectl.Pulse("auricle", connect=False)
    try:
        server.connect(autospawn=False, timeout=_ANSWER_S)
    except pulsectl.PulseError:
        server.close()
        yield None
        return
    try:
        yield server
    except pulsectl.PulseError:
        pass  # it went while it was asked: nothing is known
    finally:
        server.close()


def _own_output(server: Any) -> Any:
    mine = str(os.getpid())
    outputs = server.source_output_list()
    return next((o for o in outputs if o.proplist.get("application.process.id") == mine), None)
