"""Microphones are found by index, identity or name; a wrong one lists the right ones."""

import importlib
import threading
from collections.abc import Iterator
from itertools import chain

import numpy as np
import pytest

from auricle.core.compose import compose
from auricle.core.errors import AuricleError
from auricle.core.schema import parse
from auricle.realtime.app import Listen
from auricle.realtime.block_queue import Block, BlockQueue, Opened, SourceFault
from auricle.realtime.clock import clock
from auricle.realtime.sources import NoMicrophoneError, microphone
from auricle.realtime.sources.devices import (
    Device,
    DeviceError,
    captured_at,
    find,
    identities,
    load,
    open_as_it_can,
)

DEVICES = [
    Device(0, "ALSA/HDA Intel: ALC257 Analog", 2, 48000, False),
    Device(3, "ALSA/USB Audio", 1, 44100, False),
    Device(4, "ALSA/USB Audio #2", 1, 44100, False),
    Device(7, "ALSA/default", 32, 44100, True),
]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [(None, 7), ("0", 0), ("3", 3), ("ALSA/USB Audio", 3), ("usb audio #2", 4), ("intel", 0)],
)
def test_a_microphone_is_found(wanted, index):
    assert find(DEVICES, wanted).index == index


@pytest.mark.parametrize("wanted", ["1", "99", "Blue Yeti", "usb"])
def test_a_wrong_or_ambiguous_name_lists_the_right_ones(wanted):
    with pytest.raises(DeviceError, match="3: ALSA/USB Audio, 4: ALSA/USB Audio #2"):
        find(DEVICES, wanted)


def test_no_microphone_at_all_says_what_helps():
    with pytest.raises(NoMicrophoneError, match="connect one"):
        find([], None)


def test_an_identity_does_not_change_with_the_order_of_cards():
    before = [("ALSA", "HDA Intel: ALC257 Analog (hw:0,0)"), ("ALSA", "USB Audio: - (hw:1,0)")]
    after = [("ALSA", "USB Audio: - (hw:0,0)"), ("ALSA", "HDA Intel: ALC257 Analog (hw:1,0)")]
    assert identities(before) == identities(after)[::-1]
    assert identities([("ALSA", "x"), ("ALSA", "x")]) == ["ALSA/x", "ALSA/x #2"]


def test_sound_that_waited_in_the_system_is_dated_back():
    assert clock() - captured_at(100.0, 92.0, 0.02) == pytest.approx(8, abs=0.1)
    for now_s, adc_s in ((100.0, 0.0), (100.0, 99.99), (100.0, 101.0)):
        assert clock() - captured_at(now_s, adc_s, 0.02) == pytest.approx(0.02, abs=0.01)


def test_a_library_that_is_not_installed_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyaudio", None)
    monkeypatch.delitem(
        __import__("sys").modules, "auricle.realtime.sources.devices.with_pyaudio", raising=False
    )
    with pytest.raises(NoMicrophoneError, match=r"setup_and_run.sh"):
        load("pyaudio")


class Hardware:
    """What PortAudio would say of hardware that the virtual microphone cannot play."""

    def __init__(self, takes=((16000, 1),), devices=DEVICES):
        self.takes, self.found, self.asked, self.opened = takes, list(devices), [], []

    def devices(self):
        return self.found

    def open(self, device, rate_hz, channels, frames, on_block):
        self.asked.append((rate_hz, channels))
        if (rate_hz, channels) not in self.takes:
            raise DeviceError(f"{device.identity} cannot be opened (Invalid sample rate)")
        stream = OpenStream(on_block, frames, channels)
        self.opened.append(stream)
        return stream

    def close(self):
        pass


class OpenStream:
    def __init__(self, on_block, frames, channels):
        self.active, self.frames, self._on_block = True, frames, on_block
        self._silence = np.full(frames * channels, 0.1, np.float32).tobytes()

    def sends(self, overflowed=False):
        self._on_block(self._silence, clock(), overflowed)

    def close(self):
        self.active = False


def test_a_device_that_refuses_is_opened_at_its_own_rate_with_all_its_channels():
    hardware = Hardware(takes=[(48000, 2)])
    stream, rate_hz, channels = open_as_it_can(
        hardware, DEVICES[0], [16000, 48000], 0.02, lambda *_: None
    )
    assert (rate_hz, channels, stream.frames) == (48000, 2, 960)
    assert hardware.asked == [(16000, 1), (16000, 2), (48000, 1), (48000, 2)]
    with pytest.raises(DeviceError, match="Invalid sample rate"):
        open_as_it_can(Hardware(takes=[]), DEVICES[0], [16000], 0.02, lambda *_: None)


@pytest.fixture
def watched(monkeypatch) -> Iterator:
    """Run a microphone on given hardware; gives the hardware and what comes out of the queue."""
    stop = threading.Event()
    queue = BlockQueue(5.0, False, True, stop)
    hardware = Hardware()
    monkeypatch.setattr(microphone, "load", lambda _: hardware)
    config = parse(compose("listen", ["realtime.source.retry_least_s=0.01"]), Listen)
    source = config.realtime.listened_to
    thread = threading.Thread(target=source.run, args=(queue, 16000, 0.02, stop))
    thread.start()
    try:
        yield hardware, queue
    finally:
        stop.set()
        queue.wake()
        thread.join(2)
        assert not thread.is_alive()


def until(condition):
    for _ in range(500):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come to that")


def test_a_lost_device_is_told_and_opened_again(watched):
    hardware, queue = watched
    came = chain.from_iterable(iter(queue.take, None))
    until(lambda: hardware.opened)
    until(lambda: (hardware.opened[0].sends(), queue.queued_s)[1])
    assert isinstance(next(came), Opened)
    assert isinstance(next(came), Block)
    hardware.found = []  # it is unplugged
    hardware.opened[0].active = False
    told = next(item for item in came if isinstance(item, SourceFault))
    assert told.cause == "lost" and "ALSA/default" in told.text
    # It comes back with another index, under the same identity.
    hardware.found = [Device(1, "ALSA/default", 32, 44100, True)]
    until(lambda: len(hardware.opened) == 2)
    until(lambda: (hardware.opened[1].sends(overflowed=True), queue.queued_s)[1])
    assert isinstance(next(came), Opened)
    assert queue.overflows > 0


def test_another_device_is_not_taken_for_the_lost_one(watched):
    hardware, _ = watched
    until(lambda: hardware.opened)
    hardware.found = DEVICES[:3]
    hardware.opened[0].active = False
    looked = len(hardware.opened)
    threading.Event().wait(0.5)
    assert len(hardware.opened) == looked


class Server:
    """What `pactl` would answer: which source feeds the stream, which there are."""

    def __init__(self, monkeypatch, source):
        self.feeds, self.moves, self.changed = source, True, threading.Event()
        monkeypatch.setattr(microphone, "Route", lambda: self)

    def source(self):
        return self.feeds

    def sources(self):
        return ["mic", "other"]

    def move_to(self, name):
        self.feeds = name if self.moves else self.feeds

    def watch(self):
        pass

    renew = close = watch


@pytest.fixture
def server(monkeypatch):
    return Server(monkeypatch, "mic")


def test_another_source_is_not_listened_to_where_the_server_refuses_to_move(server, watched):
    hardware, queue = watched
    until(lambda: hardware.opened)
    server.feeds, server.moves = "other", False
    hardware.opened[0].active = False
    until(lambda: len(hardware.opened) > 2)
    for stream in hardware.opened[:-1]:
        stream.sends()
        assert not stream.active
    assert queue.queued_s == 0
    server.moves = True
    until(lambda: hardware.opened[-1].active)
    until(lambda: (hardware.opened[-1].sends(), queue.queued_s)[1])


def test_a_server_that_answers_late_has_moved_nothing(monkeypatch):
    late = Server(monkeypatch, None)
    stop = threading.Event()
    source = parse(compose("listen", []), Listen).realtime.listened_to
    queue = BlockQueue(5.0, False, True, stop)
    one = microphone._Watched(source, Hardware(), queue, 16000, 0.02, stop)
    late.feeds = "mic"
    assert one._moved(DEVICES[3]) == ""
    late.feeds = "other"
    assert "from mic to other" in one._moved(DEVICES[3])


def test_a_library_that_cannot_look_while_the_server_is_gone_is_asked_again(watched):
    hardware, _ = watched
    until(lambda: hardware.opened)
    asked = []

    def refuse():
        asked.append(1)
        raise DeviceError("the microphones cannot be listed (Internal PortAudio error)")

    hardware.devices = refuse
    hardware.opened[0].active = False
    until(lambda: len(asked) > 1)
    del hardware.devices
    until(lambda: len(hardware.opened) == 2)


@pytest.mark.parametrize("name", ["pyaudio", "sounddevice"])
def test_what_portaudio_refuses_is_an_error_of_the_device_and_may_be_tried_again(name, monkeypatch):
    library = pytest.importorskip(name)
    backend = importlib.import_module(f"auricle.realtime.sources.devices.with_{name}").Microphones()

    def refuse(*_):
        if name == "pyaudio":
            raise OSError(-9999, "Unanticipated host error")
        raise library.PortAudioError("Error initializing PortAudio: x", -9999)

    start = {"pyaudio": "PyAudio", "sounddevice": "_initialize"}[name]
    with monkeypatch.context() as patched:
        patched.setattr(library, start, refuse)
        for _ in range(2):
            with pytest.raises(DeviceError, match="cannot be listed"):
                backend.devices()
    backend.devices()
    backend.close()


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("backend=jack", "realtime.source.backend=jack is none of pyaudio, sounddevice"),
        ("stall_s=0", "stall_s=0"),
        ("rate_hz=-1", "rate_hz=-1"),
        ("retry_most_s=0.1", "retry_most_s=0.1"),
        ("devise=x", "did you mean `realtime.source.device`"),
    ],
)
def test_a_wrong_setting_is_named(override, said):
    with pytest.raises(AuricleError, match=said):
        parse(compose("listen", [f"realtime.source.{override}"]), Listen)
