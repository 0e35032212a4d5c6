"""`auricle devices`: the microphones there are, with the level of each."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from rich.console import Console
from rich.live import Live
from rich.table import Table

from auricle.audio.level import level_dbfs
from auricle.realtime.sources.devices import (
    Backend,
    Device,
    DeviceError,
    find,
    load,
    open_as_it_can,
)

_BLOCK_S, _REDRAWN_S = 0.05, 0.1
_FLOOR_DBFS, _WIDTH = -60.0, 12
_RATE_HZ = 16000


class _Meter:
    """The level of one microphone, or why there is none."""

    def __init__(self, device: Device) -> None:
        self.device, self._opened, self._level = device, "", ""

    def listen(self, backend: Backend, seconds: float, redraw: Callable[[], None]) -> None:
        """Show the level for some seconds."""
        self._level = "no sound came"
        try:
            rates_hz = [_RATE_HZ, self.device.rate_hz]
            stream, rate_hz, channels = open_as_it_can(
                backend, self.device, rates_hz, _BLOCK_S, self._take
            )
        except DeviceError as error:
            self._level = str(error).removeprefix(f"{self.device.identity} ")
            return
        self._opened = f"{rate_hz} Hz, {channels} channel{'s' * (channels > 1)}"
        try:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                time.sleep(_REDRAWN_S)
                redraw()
        finally:
            stream.close()

    def _take(self, data: bytes, captured_s: float, overflowed: bool) -> None:
        samples = np.frombuffer(data, np.float32)
        if samples.any():
            level = float(level_dbfs(samples))
            full = round(_WIDTH * min(1.0, max(0.0, 1 - level / _FLOOR_DBFS)))
            self._level = f"{'█' * full}{'·' * (_WIDTH - full)} {level:6.1f} dBFS"
        else:
            self._level = "zeros only: muted?"

    def row(self) -> tuple[str, ...]:
        """Give what the table says of it."""
        default = "default" if self.device.default else ""
        return str(self.device.index), self.device.identity, default, self._opened, self._level


def devices(backend_name: str, seconds: float) -> int:
    """Show the microphones, each with its level for some seconds; give the exit status.

    One after the other: PortAudio hangs now and then where several are opened at once. A device
    that hangs all the same does so in a thread, which Ctrl-C leaves behind.
    """
    console = Console()
    with ThreadPoolExecutor(1) as pool:
        try:
            return pool.submit(_show, backend_name, seconds, console).result()
        except KeyboardInterrupt:
            console.show_cursor(True)  # which the table hides, and nobody else shows again
            os._exit(130)


def _show(backend_name: str, seconds: float, console: Console) -> int:
    backend = load(backend_name)
    try:
        found = backend.devices()
        find(found, None)  # refuses where there is none
        meters = [_Meter(device) for device in found]
        if not console.is_terminal:
            for meter in meters:
                meter.listen(backend, seconds, lambda: None)
            console.print(_table(meters))
            return 0
        with Live(console=console, auto_refresh=False) as live:
            for meter in meters:
                meter.listen(backend, seconds, lambda: live.update(_table(meters), refresh=True))
            live.update(_table(meters), refresh=True)
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
