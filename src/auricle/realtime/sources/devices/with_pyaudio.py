"""Microphones through PyAudio."""

import contextlib
from typing import Any

import pyaudio

from auricle.realtime.sources.devices import Device, DeviceError, OnBlock, captured_at, listed


class Microphones:
    """The backend; see `devices.Backend`."""

    def __init__(self) -> None:
        self._library: Any = None

    def devices(self) -> list[Device]:
        """Look anew: PortAudio keeps the list of its first look, so it starts anew."""
        try:
            return self._devices()
        except OSError as error:
            reason = error.args[-1] if error.args else error
            raise DeviceError(f"the microphones cannot be listed ({reason})") from error

    def _devices(self) -> list[Device]:
        self.close()
        self._library = pyaudio.PyAudio()
        found = [
            info
            for i in range(self._library.get_device_count())
            if (info := self._library.get_device_info_by_index(i))["maxInputChannels"] > 0
        ]
        default = None
        with contextlib.suppress(OSError):
            default = self._library.get_default_input_device_info()["index"]
        return listed(
            [
                (
                    int(info["index"]),
                    self._library.get_host_api_info_by_index(info["hostApi"])["name"],
                    str(info["name"]),
                    int(info["maxInputChannels"]),
                    info["defaultSampleRate"],
                )
                for info in found
            ],
            default,
        )

    def open(
        self, device: Device, rate_hz: int, channels: int, frames: int, on_block: OnBlock
    ) -> "_Stream":
        """Open a microphone; see `devices.Backend`."""

        def callback(data: bytes, _: int, times: Any, status: int) -> tuple[None, int]:
            captured_s = captured_at(
                times["current_time"], times["input_buffer_adc_time"], frames / rate_hz
            )
            on_block(data, captured_s, bool(status & pyaudio.paInputOverflow))
            return None, pyaudio.paContinue

        # An index that there is not ends the process in C, not with an error.
        if device.index >= self._library.get_device_count():
            raise DeviceError(f"{device.identity} is gone")
        try:
            stream = self._library.open(
                rate=rate_hz,
                channels=channels,
                format=pyaudio.paFloat32,
                input=True,
                input_device_index=device.index,
                frames_per_buffer=frames,
                stream_callback=callback,
            )
        except (OSError, ValueError, SystemError) as error:
            reason = error.args[-1] if error.args else error
            raise DeviceError(f"{device.identity} cannot be opened ({reason})") from error
        return _Stream(stream)

    def close(self) -> None:
        """Let go of all devices."""
        if self._library is not None:
            self._library.terminate()
            self._library = None


class _Stream:
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    @property
    def active(self) -> bool:
        try:
            return bool(self._stream.is_active())
        except OSError:  # closed, or its device is gone
            return False

    def close(self) -> None:
        # Without stop_stream, which waits for ever where nothing comes.
        with contextlib.suppress(OSError):
            self._stream.close()
