"""A real sound server and a virtual microphone: what is played in is heard, faults are told.

Each fault that `auricle listen` survives is made for real: the microphone goes and comes, the
stream is moved, the server is killed, nothing comes, it is muted.
"""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile

from auricle.core.project import resource
from sound_server import MISSING, SoundServer, sound_server

try:  # PortAudio itself may be missing too
    import pyaudio  # noqa: F401
    import sounddevice  # noqa: F401

    NO_LIBRARY = ""
except (ImportError, OSError) as error:
    NO_LIBRARY = str(error)

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
    pytest.mark.skipif(bool(NO_LIBRARY), reason=f"no microphone library: {NO_LIBRARY}"),
]
DEMO = resource("references/demo.flac")
PLUGIN = "realtime.source.retry_most_s=0.5"  # tests need not wait as long as people may


@pytest.fixture
def server() -> Iterator[SoundServer]:
    with sound_server("mic", "other") as one:
        one.microphone()
        one.pactl("set-default-source", "mic")
        yield one


class Listener:
    """`auricle listen` on the virtual microphone; its lines, as they come."""

    def __init__(self, server: SoundServer, *arguments: str, verb: str = "listen") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from auricle.cli.main import main; main()", verb, *arguments],
            env={**server.environment, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._came = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._came:
                self.lines.append(line.rstrip())
                self._came.notify_all()
        with self._came:
            self._came.notify_all()

    def until(self, text: str, after: int = 0, within_s: float = 30) -> int:
        """Wait for a line that holds a text, give the number of the line after it."""
        ends = time.monotonic() + within_s
        with self._came:
            while True:
                for number, line in enumerate(self.lines[after:], after):
                    if text in line:
                        return number + 1
                left = ends - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self._reader.is_alive()):
                    raise AssertionError(f"no {text!r} in:\n" + "\n".join(self.lines))
                self._came.wait(min(left, 0.5))

    def ends(self, sent: int = signal.SIGINT, status: int = 130) -> str:
        """End it as a person would: within two seconds, with a summary, without a traceback."""
        begun = time.monotonic()
        self.process.send_signal(sent)
        assert self.process.wait(10) == status
        assert time.monotonic() - begun < 2
        self._reader.join(5)
        assert self.process.stderr
        error = self.process.stderr.read()
        assert error == ""
        assert self.lines[-1].startswith("Heard ")
        return self.lines[-1]


# As `auricle listen` does, but it keeps the sound that the engine hears.
_KEEPER = """
import signal, sys
import numpy as np
from auricle.core.compose import compose
from auricle.core.project import resource
from auricle.core.schema import parse
from auricle.inference.scorer import Scorer
from auricle.realtime.app import Listen, session_of
from auricle.realtime.engine import Engine
from auricle.realtime.sinks import Sink

class Keeper(Sink):
    wants_audio = True
    kept = []
    def audio(self, start_s, samples):
        self.kept.append((start_s, samples.copy()))
    def note(self, text):
        print(text, flush=True)
    def sound(self, sound):
        print(sound.kind, sound.label, flush=True)
    def trouble(self, trouble):
        print(trouble.cause, trouble.end_s, flush=True)

config = parse(compose("listen", sys.argv[2:]), Listen)
scorer = Scorer(resource(config.bundle))
source, bundle = config.realtime.listened_to, scorer.bundle
engine = Engine(source, scorer, bundle.decision, config.realtime.engine,
                session_of(source, scorer), [Keeper()])
signal.signal(signal.SIGTERM, lambda *_: engine.stop())
engine.run()
np.savez(sys.argv[1], *[samples for _, samples in Keeper.kept])
print("kept", flush=True)
"""


def found_at(whole: np.ndarray, part: np.ndarray) -> int | None:
    """Where `part` stands in `whole`, sample for sample."""
    spectrum = np.fft.rfft(whole, len(whole) + len(part))
    found = np.fft.irfft(spectrum * np.conj(np.fft.rfft(part, len(whole) + len(part))))
    start = int(np.argmax(found[: len(whole) - len(part) + 1]))
    return start if np.array_equal(whole[start : start + len(part)], part) else None


@pytest.mark.parametrize("backend", ["pyaudio", "sounddevice"])
def test_a_known_recording_is_heard_sample_for_sample_and_named(
    server: SoundServer, backend: str, tmp_path: Path
) -> None:
    samples, rate = soundfile.read(DEMO, dtype="float32", frames=14 * 16000)
    played = tmp_path / "played.wav"
    soundfile.write(played, samples, rate, subtype="FLOAT")
    script, kept = tmp_path / "keep.py", tmp_path / "kept.npz"
    script.write_text(_KEEPER)
    process = subprocess.Popen(
        [sys.executable, script, kept, f"realtime.source.backend={backend}"],
        env=server.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert "Listening to" in process.stdout.readline()
    player = server.play(played)
    told = []
    for line in process.stdout:
        told.append(line.strip())
        if line.startswith("start music"):
            break
    assert "start speech" in told
    player.wait(30)
    # What is on its way when the player ends has come once the source sends zeros.
    for line in process.stdout:
        if line.startswith("muted"):
            break
    process.terminate()
    assert process.wait(30) == 0
    with np.load(kept) as arrays:
        heard = np.concatenate([arrays[name] for name in arrays.files])
    assert found_at(heard, samples) is not None


def test_unplugged_it_says_so_and_goes_on_when_it_is_back(server: SoundServer) -> None:
    # The only other source is the monitor of a loudspeaker, which the server gives instead.
    listener = Listener(server, PLUGIN)
    at = listener.until("Listening to ALSA/default (mic)")
    server.play(DEMO)
    at = listener.until("speech begins", at)
    server.unplug()
    at = listener.until("TROUBLE", at, within_s=5)
    assert any(cause in listener.lines[at - 1] for cause in ("moved", "lost", "stalled"))
    server.plug()
    at = listener.until("is over after", at)
    assert "Listening to ALSA/default (mic)" in "\n".join(listener.lines[at - 3 : at + 1])
    server.play(DEMO)
    listener.until("speech begins", at)
    assert " 1 gaps" in listener.ends()


def test_an_unplugged_microphone_does_not_keep_the_listener_from_ending(
    server: SoundServer,
) -> None:
    listener = Listener(server)
    at = listener.until("Listening to")
    server.unplug()
    listener.until("TROUBLE", at, within_s=5)
    listener.ends()


def test_without_a_device_it_says_why_and_plays_the_demonstration(server: SoundServer) -> None:
    server.kill()  # what ALSA lists is the server's
    listener = Listener(server)
    listener.until("This is a demonstration")
    listener.until("speech begins")
    listener.process.send_signal(signal.SIGINT)
    assert listener.process.wait(10) == 130
    assert listener.process.stderr
    error = listener.process.stderr.read()
    assert error.startswith("There is no microphone to listen to: ")
    assert len(error.splitlines()) == 1


def test_a_stream_that_was_moved_goes_back_to_the_device_that_was_asked_for(
    server: SoundServer,
) -> None:
    server.microphone("other")
    listener = Listener(server, PLUGIN, "realtime.source.device=ALSA/mic")
    at = listener.until("Listening to ALSA/mic (mic)")
    move(server, "other")
    at = listener.until("TROUBLE moved: the sound server moved the stream from mic to other", at)
    at = listener.until("moved is over", at)
    assert "(mic)" in server_source(server)
    server.play(DEMO)
    listener.until("speech begins", at)
    listener.ends()


def test_the_default_microphone_is_followed_where_someone_chose_another(
    server: SoundServer,
) -> None:
    server.microphone("other")
    listener = Listener(server, PLUGIN)
    at = listener.until("Listening to ALSA/default (mic)")
    move(server, "other")
    at = listener.until("TROUBLE moved", at)
    assert "other, which is heard now" in listener.lines[at - 1]
    at = listener.until("Listening to ALSA/default (other)", at)
    server.play(DEMO, "other")
    listener.until("speech begins", at)
    listener.ends()


def test_a_move_is_noticed_although_the_watch_for_it_died(server: SoundServer) -> None:
    """As where pipewire-pulse is started anew, which leaves the stream alone."""
    server.microphone("other")
    listener = Listener(server, PLUGIN, "realtime.source.device=ALSA/mic")
    at = listener.until("Listening to ALSA/mic (mic)")
    children = psutil.Process(listener.process.pid).children
    ends = time.monotonic() + 5
    while not (watch := [c for c in children() if "subscribe" in c.cmdline()]):
        assert time.monotonic() < ends
    watch[0].kill()
    watch[0].wait(5)
    move(server, "other")
    at = listener.until("TROUBLE moved", at, within_s=20)
    listener.until("moved is over", at)
    assert "(mic)" in server_source(server)
    listener.ends()


def move(server: SoundServer, name: str) -> None:
    (output,) = outputs(server)
    server.pactl("move-source-output", str(output["index"]), name)


def outputs(server: SoundServer) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(
        server.pactl("--format=json", "list", "source-outputs")
    )
    # The remapped microphone itself listens to its loudspeaker.
    return [one for one in listed if one["client"] not in ("n/a", None)]


def server_source(server: SoundServer) -> str:
    (output,) = outputs(server)
    sources = json.loads(server.pactl("--format=json", "list", "sources"))
    return "".join(f"({s['name']})" for s in sources if s["index"] == output["source"])


def test_a_killed_server_is_told_and_its_successor_is_found(server: SoundServer) -> None:
    listener = Listener(server, PLUGIN)
    at = listener.until("Listening to")
    server.kill()
    at = listener.until("TROUBLE lost", at, within_s=5)
    server.start()
    server.pactl("set-default-source", "mic")
    at = listener.until("lost is over", at)
    server.play(DEMO)
    listener.until("speech begins", at)
    listener.ends()


def test_a_killed_server_does_not_keep_the_listener_from_ending(server: SoundServer) -> None:
    listener = Listener(server)
    at = listener.until("Listening to")
    server.kill()
    listener.until("TROUBLE lost", at, within_s=5)
    listener.ends()


class Piped:
    """A microphone fed through a pipe, so that it can be held up: module-pipe-source."""

    def __init__(self, server: SoundServer) -> None:
        self._path = server.folder / "pipe"
        server.pactl(
            *("load-module", "module-pipe-source", "source_name=piped", f"file={self._path}"),
            *("format=s16le", "rate=16000", "channels=1"),
        )
        server.pactl("set-default-source", "piped")
        sound, _ = soundfile.read(DEMO, dtype="int16")
        self._sound = sound.tobytes()
        self.flows, self._done = threading.Event(), threading.Event()
        self.flows.set()
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()

    def _feed(self) -> None:
        """Write as fast as it is taken, which is what keeps the time."""
        pipe = os.open(self._path, os.O_WRONLY)
        at, step = 0, 3200
        while not self._done.is_set():
            self.flows.wait()
            os.write(pipe, self._sound[at : at + step])
            self._done.wait(0.1)  # the microphone's own clock
            at = (at + step) % len(self._sound)
        os.close(pipe)

    def end(self) -> None:
        self._done.set()
        self.flows.set()
        self._thread.join(5)


@pytest.mark.parametrize("backend", ["pyaudio", "sounddevice"])
def test_a_stall_of_30_s_is_told_at_once_and_survived(server: SoundServer, backend: str) -> None:
    piped = Piped(server)
    listener = Listener(server, PLUGIN, f"realtime.source.backend={backend}")
    at = listener.until("speech begins")
    piped.flows.clear()
    at = listener.until("TROUBLE stalled", at, within_s=5)
    threading.Event().wait(30)  # the stall itself
    assert not [line for line in listener.lines[at:] if "TROUBLE" in line]
    piped.flows.set()
    at = listener.until("stalled is over after", at)
    lasted_s = float(listener.lines[at - 1].split()[-2])
    assert 28 < lasted_s < 36
    listener.until("begins", at)
    listener.ends()
    piped.end()


def test_a_stalled_microphone_does_not_keep_the_listener_from_ending(server: SoundServer) -> None:
    piped = Piped(server)
    listener = Listener(server)
    at = listener.until("speech begins")
    piped.flows.clear()
    listener.ends()
    assert at
    piped.end()


def test_a_muted_microphone_is_told(server: SoundServer) -> None:
    listener = Listener(server)
    at = listener.until("Listening to")
    player = server.play(DEMO)
    at = listener.until("speech begins", at)
    server.pactl("set-source-mute", "mic", "1")
    at = listener.until("TROUBLE muted", at, within_s=8)
    server.pactl("set-source-mute", "mic", "0")
    listener.until("muted is over", at, within_s=8)
    server.pactl("set-source-mute", "mic", "1")
    listener.until("TROUBLE muted", len(listener.lines), within_s=8)
    player.kill()
    player.wait()
    listener.ends()


def test_sigterm_while_it_is_muted_ends_it(server: SoundServer) -> None:
    listener = Listener(server)
    listener.until("TROUBLE muted")  # nothing plays
    listener.ends(signal.SIGTERM, 0)


def test_a_stopped_process_hears_what_waited_for_it(server: SoundServer) -> None:
    """Ctrl-Z, or a machine too busy: what the server kept meanwhile comes with its own time."""
    listener = Listener(server)
    at = listener.until("Listening to")
    server.play(DEMO)
    at = listener.until("speech begins", at)
    listener.process.send_signal(signal.SIGSTOP)
    threading.Event().wait(4)
    listener.process.send_signal(signal.SIGCONT)
    listener.until("music begins", at)
    assert "dropped 0.00 s" in listener.ends()


@pytest.mark.parametrize("device", ["nowhere", "99"])
def test_a_wrong_device_lists_the_right_ones_and_does_not_crash(
    server: SoundServer, device: str
) -> None:
    listener = Listener(server, f"realtime.source.device={device}")
    assert listener.process.wait(20) == 1
    assert listener.process.stderr
    error = listener.process.stderr.read()
    assert f"There is no microphone '{device}'" in error
    assert "ALSA/mic" in error and "ALSA/default" in error and len(error.splitlines()) == 1


def test_another_rate_than_the_bundles_is_resampled(server: SoundServer) -> None:
    listener = Listener(server, "realtime.source.rate_hz=44100")
    at = listener.until("44100 Hz")
    server.play(DEMO)
    listener.until("speech begins", at)
    listener.until("music begins", at)
    listener.ends()


def test_ctrl_c_gives_the_cursor_back_that_the_table_of_devices_hides(server: SoundServer) -> None:
    master, terminal = pty.openpty()
    listener = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from auricle.cli.main import main; main()",
            "devices",
            "--seconds",
            "20",
        ],
        env={**server.environment, "TERM": "xterm"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):  # the end of a terminal
        while data := os.read(master, 65536):
            shown += data
            if b"ALSA" in data:
                listener.send_signal(signal.SIGINT)
    os.close(master)
    assert listener.wait(10) == 130
    hidden, back = b"\x1b[?25l", b"\x1b[?25h"
    assert hidden in shown
    assert shown.rindex(back) > shown.rindex(hidden)


@pytest.mark.parametrize("backend", ["pyaudio", "sounddevice"])
def test_devices_lists_them_with_their_levels(server: SoundServer, backend: str) -> None:
    player = server.play(DEMO)
    listener = Listener(server, f"realtime.source.backend={backend}", verb="devices")
    assert listener.process.wait(20) == 0
    row = listener.lines[listener.until("ALSA/mic") - 1]
    assert "dBFS" in row
    player.kill()
    player.wait()
