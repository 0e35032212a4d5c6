"""Microphones through sounddevice."""

import contextlib
from typing import Any

import sounddevice

from auricle.realtime.sources.devices import Device, DeviceError, OnBlock, captured_at, listed


class Microphones:
    """The backend; see `devices.Backend`."""

    def devices(self) -> list[Device]:
        """Look anew: PortAudio keeps the list of its first look, so it starts anew."""
        try:
            return self._devices()
        except sounddevice.PortAudioError as error:
            reason = str(error.args[0] if error.args else error).partition("\n")[0]
            raise DeviceError(f"the microphones cannot be listed ({reason})") from error

    def _devices(self) -> list[Device]:
        if sounddevice._initialized:  # not after a start that failed
            sounddevice._terminate()
        sounddevice._initialize()
        found = [info for info in sounddevice.query_devices() if info["max_input_channels"] > 0]
        return listed(
            [
                (
                    int(info["index"]),
                    sounddevice.query_hostapis(info["hostapi"])["name"],
                    str(info["name"]),
                    int(info["max_input_channels"]),
                    info["default_samplerate"],
                )
                for info in found
            ],
            sounddevice.default.device[0],
        )

    def open(
        self, device: Device, rate_hz: int, channels: int, frames: int, on_block: OnBlock
    ) -> "_Stream":
        """Open a microphone; see `devices.Backend`."""

        def callback(data: Any, _: int, times: Any, status: Any) -> None:
            captured_s = captured_at(times.currentTime, times.inputBufferAdcTime, frames / rate_hz)
            on_block(bytes(data), captured_s, status.input_overflow)

        try:
            stream = sounddevice.RawInputStream(
                samplerate=rate_hz,
                channels=channels,
                dtype="float32",
                device=device.index,
                blocksize=frames,
                callback=callback,
            )
            stream.start()
        except (sounddevice.PortAudioError, OSError, ValueError) as error:
            reason = str(error.args[0] if error.args else error).partition("\n")[0]
            raise DeviceError(f"{device.identity} cannot be opened ({reason})") from error
        return _Stream(stream)

    def close(self) -> None:
        """Let go of all devices, which sounddevice does at the end of the process."""


class _Stream:
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    @property
    def active(self) -> bool:
        try:
            return bool(self._stream.active)
        except sounddevice.PortAudioError:  # closed, or its device is gone
            return False

    def close(self) -> None:
        with contextlib.suppress(sounddevice.PortAudioError):
            self._stream.close()
