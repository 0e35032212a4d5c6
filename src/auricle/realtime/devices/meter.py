"""`auricle devices`: the microphones there are, with the level of each."""

import time

import numpy as np
from rich.console import Console
from rich.live import Live
from rich.table import Table

from auricle.audio import level_dbfs
from auricle.realtime.devices import Backend, Device, DeviceError, Stream, load, open_as_it_can
from auricle.realtime.sources import NoMicrophoneError

_BLOCK_S, _REDRAWN_S = 0.05, 0.1
_FLOOR_DBFS, _WIDTH = -60.0, 12
_RATE_HZ = 16000


class _Meter:
    """The level of one microphone, or why there is none."""

    def __init__(self, backend: Backend, device: Device) -> None:
        self.device, self._level = device, "no sound came"
        self.stream: Stream | None = None
        try:
            self.stream, rate_hz, channels = open_as_it_can(
                backend, device, [_RATE_HZ, device.rate_hz], _BLOCK_S, self._take
            )
            self.opened = f"{rate_hz} Hz, {channels} channel{'s' * (channels > 1)}"
        except DeviceError as error:
            self.opened, self._level = "", str(error)

    def _take(self, data: bytes, captured_s: float, overflowed: bool) -> None:
        samples = np.frombuffer(data, np.float32)
        if samples.any():
            level = float(level_dbfs(samples))
            full = round(_WIDTH * min(1.0, max(0.0, 1 - level / _FLOOR_DBFS)))
            self._level = f"{'█' * full}{'·' * (_WIDTH - full)} {level:6.1f} dBFS"
        else:
            self._level = "zeros only: muted?"

    def row(self) -> tuple[str, ...]:
        default = "default" if self.device.default else ""
        return str(self.device.index), self.device.identity, default, self.opened, self._level


def devices(backend_name: str, seconds: float) -> int:
    """Show the microphones and their levels for some seconds; give the exit status."""
    backend = load(backend_name)
    console = Console()
    try:
        found = backend.devices()
        if not found:
            raise NoMicrophoneError(
                "The system lists no microphone: connect one, or start the sound server, then "
                "run this again"
            )
        meters = [_Meter(backend, device) for device in found]
        try:
            until = time.monotonic() + seconds
            if not console.is_terminal:
                time.sleep(seconds)
                console.print(_table(meters))
                return 0
            with Live(console=console, auto_refresh=False) as live:
                while time.monotonic() < until:
                    time.sleep(_REDRAWN_S)
                    live.update(_table(meters), refresh=True)
        finally:
            for meter in meters:
                if meter.stream is not None:
                    meter.stream.close()
    finally:
        backend.close()
    return 0


def _table(meters: list[_Meter]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("index", "identity", "", "opened at", "level"):
        table.add_column(column, overflow="fold")
    for meter in meters:
        table.add_row(*meter.row())
    return table
