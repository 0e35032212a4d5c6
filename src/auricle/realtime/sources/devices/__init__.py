"""Microphones and the two libraries that reach them, twins behind one protocol."""

import importlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from auricle.core.errors import AuricleError
from auricle.core.native_output import silence_native_stderr
from auricle.realtime.clock import clock
from auricle.realtime.sources import NoMicrophoneError

BACKENDS = ("pyaudio", "sounddevice")

# Longer than that, a device's times are of another clock.
_LONGEST_DELAY_S = 600.0

# A block of float32 samples, when its first one was captured by `clock`, and whether
# the device says that it lost sound before it. Called by the device's own thread.
OnBlock = Callable[[bytes, float, bool], None]


class DeviceError(AuricleError):
    """A device cannot be opened as asked."""


@dataclass(frozen=True)
class Device:
    """A microphone. Its `index` changes when others come and go, its `identity` does not."""

    index: int
    identity: str
    channels: int
    rate_hz: int
    default: bool


class Stream(Protocol):
    """An open microphone."""

    @property
    def active(self) -> bool:
        """Whether it says that it runs; one that is stalled says so too."""

    def close(self) -> None:
        """Close it at once, without waiting for what is not fetched yet."""


class Backend(Protocol):
    """A library that reaches microphones. All streams are closed before `devices` or `close`."""

    def devices(self) -> list[Device]:
        """Look anew which microphones there are.

        Raises
        ------
        DeviceError
            The library cannot look, as it may be while a sound server is on its way.
        """

    def open(
        self, device: Device, rate_hz: int, channels: int, frames: int, on_block: OnBlock
    ) -> Stream:
        """Open one in blocks of `frames`.

        Raises
        ------
        DeviceError
            It cannot be opened so.
        """

    def close(self) -> None:
        """Let go of all devices."""


def load(name: str) -> Backend:
    """Give the backend of this name; from now on only Python writes to standard error.

    PortAudio, ALSA and JACK write there whenever they like, from threads of their own, 100 lines at
    the first look for devices alone.

    Raises
    ------
    NoMicrophoneError
        The library, or PortAudio below it, is not installed.
    """
    silence_native_stderr()
    try:
        backend: Backend = importlib.import_module(f"{__name__}.with_{name}").Microphones()
    except ModuleNotFoundError as error:
        raise NoMicrophoneError(
            f"{name} is not installed: run ./setup_and_run.sh, or pip install 'auricle[mic]'"
        ) from error
    except (ImportError, OSError) as error:
        raise NoMicrophoneError(
            f"{name} finds no PortAudio ({error}): install it, on Debian and Ubuntu with "
            "apt-get install libportaudio2"
        ) from error
    return backend


def identities(names: Sequence[tuple[str, str]]) -> list[str]:
    """Name microphones by host API and name, without what depends on the order they came in.

    `(hw:1,0)` counts sound cards as they were found. Several of one name are numbered.
    """
    plain = [f"{api}/{re.sub(r' *[(]hw:[0-9,]+[)]', '', name)}" for api, name in names]
    seen: Counter[str] = Counter()
    given = []
    for name in plain:
        seen[name] += 1
        given.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return given


def listed(rows: Sequence[tuple[int, str, str, int, float]], default: int | None) -> list[Device]:
    """Give microphones of (index, host API, name, channels, rate in Hz), each with its identity."""
    names = identities([(api, name) for _, api, name, _, _ in rows])
    return [
        Device(index, identity, channels, round(rate_hz), index == default)
        for (index, _, _, channels, rate_hz), identity in zip(rows, names, strict=True)
    ]


def captured_at(now_s: float, adc_s: float, block_s: float) -> float:
    """When a block's first sample was captured, by `clock`, from a device's own two times.

    They tell of sound that waited in the system, after a suspended process for example; less than
    the block's own length they cannot mean, and some systems give none.
    """
    delay_s = now_s - adc_s
    known = adc_s > 0 and block_s < delay_s < _LONGEST_DELAY_S
    return clock() - (delay_s if known else block_s)


def find(devices: Sequence[Device], wanted: str | None) -> Device:
    """Find a microphone by index, identity, or a part of its name; the default one for none.

    Raises
    ------
    NoMicrophoneError
        There is none at all.
    DeviceError
        None, or more than one, is called so; the message lists them.
    """
    if not devices:
        raise NoMicrophoneError(
            "the system lists no microphone: connect one, or start the sound server, then see "
            "`auricle devices`"
        )
    if wanted is None:
        return next((d for d in devices if d.default), devices[0])
    if wanted.isdigit():
        found = [d for d in devices if d.index == int(wanted)]
    else:
        found = [d for d in devices if d.identity == wanted] or [
            d for d in devices if wanted.casefold() in d.identity.casefold()
        ]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{d.index}: {d.identity}" for d in found or devices)
    what = f"There are {len(found)} microphones" if found else "There is no microphone"
    raise DeviceError(f"{what} {wanted!r}; choose realtime.source.device from {listed}")


def open_as_it_can(
    backend: Backend, device: Device, rates_hz: Sequence[int], block_s: float, on_block: OnBlock
) -> tuple[Stream, int, int]:
    """Open a microphone at the first rate it takes, in mono or with all its channels.

    Gives the stream, its rate and its channels.

    Raises
    ------
    DeviceError
        It takes none; why it did not take the first.
    """
    refused: DeviceError | None = None
    for rate_hz in dict.fromkeys(rates_hz):
        for channels in dict.fromkeys([1, device.channels]):
            try:
                frames = max(1, round(block_s * rate_hz))
                stream = backend.open(device, rate_hz, channels, frames, on_block)
            except DeviceError as error:
                refused = refused or error
            else:
                return stream, rate_hz, channels
    assert refused  # there is at least one rate
    raise refused
