"""What a live stream costs, and how late it is: `auricle listen` as a person runs it."""

import math
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import soundfile
from tests.sound_server import MISSING, SoundServer, sound_server

from auricle.audio import Samples
from auricle.audio.io import load
from auricle.audio.windows import sliding_windows
from auricle.inference.scorer import Scorer
from benchmarks.figure import Figure
from benchmarks.live import librosa_features
from benchmarks.measure import ROOT, auricle, bundle_with, environment

_SETTLED_S, _MEASURED_S = 5.0, 30.0
_DEMO = ROOT / "references" / "demo.flac"
_FILE = ("realtime/source=demonstration",)
_MICROPHONE = ["realtime/source=microphone", "realtime.screen=lines"]
_LATENCY = re.compile(r"Decided (\d+) ms after")


def run() -> list[Figure]:
    """Shares of a core, and the time from the end of a window to its decision."""
    theirs = _keras_share()
    lines = share_of_core([*_FILE, "realtime.screen=lines"], environment())[0]
    view = share_of_core([*_FILE, "realtime.screen=view"], environment())[0]
    figures = [
        Figure(
            "share of a core, a file paced as live, lines",
            100 * lines,
            "%",
            100 * theirs,
            "librosa and keras.Model.predict alone",
            least=50,
        ),
        Figure("... that share by itself", 100 * lines, "%", most=0.5),
        Figure("... with the view", 100 * view, "%", most=3),
        Figure("waking 8 times a second by itself", 100 * _waking_share(), "%"),
    ]
    if MISSING:
        return figures
    with sound_server() as server:
        server.microphone()
        server.pactl("set-default-source", "mic")
        nothing = _portaudio_share(server)
        microphone = {**environment(), **server.environment, "PYTHONPATH": str(ROOT / "src")}
        with playing(server, 200):
            share, said = share_of_core(_MICROPHONE, microphone)
            short = [*_MICROPHONE, "realtime.engine.block_s=0.01"]
            _, said_short = share_of_core(short, microphone)
    return [
        *figures,
        Figure(
            "share of a core, microphone through PulseAudio, lines",
            100 * share,
            "%",
            note=f"PortAudio with an empty callback: {100 * nothing:.2f} %",
        ),
        Figure("window end to decision, 99th percentile", _latency_ms(said), "ms", most=20),
        Figure("... with blocks of 10 ms", _latency_ms(said_short), "ms", most=20),
    ]


def _latency_ms(said: str) -> float:
    found = _LATENCY.search(said)
    return float(found[1]) if found else float("nan")


def _keras_share() -> float:
    """Share of a core that the usual way takes for each window, as they come.

    Between two windows a processor's caches are given to others, so this is no matter of
    multiplying what one window takes in a loop.
    """
    from auricle.training.saving import load_keras

    folder = bundle_with("model.keras")
    bundle, model = Scorer(folder).bundle, load_keras(folder / "model.keras")
    rate, features = bundle.preprocess.sample_rate_hz, bundle.features
    windows = sliding_windows(load(_DEMO, rate), bundle.preprocess.window, bundle.preprocess.hop)

    def theirs(window: Samples) -> None:
        model.predict(librosa_features(window, rate, features)[None], verbose=0)

    theirs(windows[0])  # compiled functions belong to no window
    begun_s, begun = time.monotonic(), time.process_time()
    for number, window in enumerate(windows[:80], 1):
        theirs(window)
        time.sleep(max(0.0, begun_s + number * bundle.preprocess.step_s - time.monotonic()))
    return (time.process_time() - begun) / (time.monotonic() - begun_s)


def share_of_core(
    arguments: list[str], env: dict[str, str], seconds: float = _MEASURED_S
) -> tuple[float, str]:
    """Share of a core that `auricle listen` takes once it runs, and what it said, on a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        auricle("listen", *arguments),
        cwd=ROOT,
        env={**env, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"},
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=subprocess.STDOUT,
    )
    os.close(follower)
    said: list[bytes] = []
    reader = threading.Thread(target=lambda: said.extend(_read(leader)))
    reader.start()
    time.sleep(_SETTLED_S)
    begun_s, begun = time.monotonic(), _cpu_s(process.pid)
    time.sleep(seconds)
    share = (_cpu_s(process.pid) - begun) / (time.monotonic() - begun_s)
    process.send_signal(signal.SIGINT)
    process.wait()
    reader.join()
    os.close(leader)
    return share, b"".join(said).decode(errors="replace")


def _read(leader: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(leader, 65536)
        except OSError:  # the other end is closed
            return
        yield data


def _cpu_s(pid: int) -> float:
    """CPU seconds of a process and its children that ended, from /proc."""
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123  # no path, and gone with the process
        fields = file.read().rpartition(")")[2].split()
    ticks: int = sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def _waking_share() -> float:
    """Share of a core for sleeping 8 times a second: what the machine itself takes for that."""
    begun_s, begun = time.monotonic(), time.process_time()
    for _ in range(80):
        time.sleep(1 / 8)
    return (time.process_time() - begun) / (time.monotonic() - begun_s)


def _portaudio_share(server: SoundServer) -> float:
    """Share of a core of a stream whose callback does nothing."""
    code = (
        "import pyaudio, time\n"
        "library = pyaudio.PyAudio()\n"
        "stream = library.open(rate=16000, channels=1, format=pyaudio.paFloat32, input=True,\n"
        "    frames_per_buffer=320, stream_callback=lambda *_: (None, pyaudio.paContinue))\n"
        "time.sleep(2)\n"
        "wall, cpu = time.monotonic(), time.process_time()\n"
        "time.sleep(10)\n"
        "print((time.process_time() - cpu) / (time.monotonic() - wall), flush=True)\n"
        "stream.close()\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        env=server.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    ).stdout
    return float(np.float64(said.split()[-1]))


@contextmanager
def playing(server: SoundServer, seconds: float = 60.0) -> Iterator[None]:
    """Play the demonstration over and over into the microphone while the block lasts."""
    sound = load(_DEMO, 16000)
    path = server.folder / "long.wav"
    times = math.ceil(seconds * 16000 / len(sound))
    soundfile.write(path, np.tile(sound, times), 16000)
    player = server.play(path)
    try:
        yield
    finally:
        player.kill()
        player.wait()
