"""`auricle listen`: what it says of a file, where there is no microphone, and how it ends."""

import os
import signal
import subprocess
import sys
import threading
import time
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import soundfile

from auricle.realtime.block_queue import BlockQueue, Opened
from auricle.realtime.sources.file import Config

DEMONSTRATION = ("realtime/source=demonstration",)


def listen(*arguments: str, **options: object) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-c",
        "from auricle.cli.main import main; main()",
        "listen",
        *arguments,
    ]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1, **options
    )


def test_the_demonstration_is_called_one_and_named_rightly() -> None:
    """What the generator put where: speech, music, both, neither (synthesis/demo.py)."""
    out, err = listen(*DEMONSTRATION, "realtime.source.pace=fast").communicate(timeout=60)
    assert err == ""
    assert "This is a demonstration" in out
    assert "models/music_speech" in out
    sounding = events_of(out)
    assert share(sounding["speech"], 0.5, 10) > 0.6
    assert share(sounding["music"], 10.5, 20) > 0.8
    assert share(sounding["music"], 31, 40) < 0.2
    assert share(sounding["speech"], 31, 40) < 0.2
    assert "Heard 40.00 s in 160 windows; dropped 0.00 s." in out


def events_of(text: str) -> dict[str, list[tuple[float, float]]]:
    begun: dict[str, float] = {}
    events: dict[str, list[tuple[float, float]]] = {"speech": [], "music": []}
    for line in text.splitlines():
        words = line.split()
        if len(words) > 2 and words[2] in ("begins", "ends"):
            minutes, seconds = words[0].split(":")
            time_s = 60 * int(minutes) + float(seconds)
            if words[2] == "begins":
                begun[words[1]] = time_s
            else:
                events[words[1]].append((begun.pop(words[1]), time_s))
    assert not begun, "every sound that begins ends"
    return events


def share(events: list[tuple[float, float]], start: float, end: float) -> float:
    inside = (max(0.0, min(e, end) - max(s, start)) for s, e in events)
    return sum(inside) / (end - start)


@pytest.mark.parametrize(
    ("sent", "status"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 0, marks=pytest.mark.system)],
)
def test_a_signal_ends_it_with_a_summary(sent: int, status: int) -> None:
    process = listen(*DEMONSTRATION)
    assert process.stdout
    head = [process.stdout.readline(), process.stdout.readline(), process.stdout.readline()]
    assert "begins" in head[-1]  # it is listening
    process.send_signal(sent)
    out, err = process.communicate(timeout=5)
    assert "dropped 0.00 s" in out
    assert "Traceback" not in err
    assert process.returncode == status


def test_a_closed_pipe_ends_it_quietly() -> None:
    process = listen(
        *DEMONSTRATION, "realtime.source.pace=fast", env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    assert process.stdout and process.stderr
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=30) == 0
    assert process.stderr.read() == ""


def test_paced_as_live_it_lasts_as_long_as_the_sound(tmp_path: Path) -> None:
    path = tmp_path / "half.wav"
    soundfile.write(path, np.zeros(8000), 16000)
    stop = threading.Event()
    queue = BlockQueue(5.0, waits=False, live=True, stop=stop)
    begun = time.monotonic()
    Config("file", str(path), False, "live").run(queue, 16000, 0.1, stop)
    assert time.monotonic() - begun >= 0.5
    queue.close()
    opened, *blocks = chain.from_iterable(iter(queue.take, None))
    assert isinstance(opened, Opened)
    assert [block.frames for block in blocks] == [4000, 4000]


def test_without_a_microphone_it_says_why_and_plays_the_demonstration(tmp_path: Path) -> None:
    """ALSA knows of one device only, which is that of a sound server that does not run."""
    nobody = f'type pulse server "unix:{tmp_path}/nobody"'
    (tmp_path / "alsa.conf").write_text(
        f"pcm.!default {{ {nobody} hint {{ show on }} }}\nctl.!default {{ {nobody} }}\n"
    )
    nothing = {
        "ALSA_CONFIG_PATH": str(tmp_path / "alsa.conf"),
        "PULSE_SERVER": f"unix:{tmp_path}/nobody",
        "JACK_NO_START_SERVER": "1",
    }
    process = listen(env={**os.environ, **nothing})
    assert process.stdout and process.stderr
    for line in process.stdout:
        if "begins" in line:
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=5)
    assert err.startswith("There is no microphone to listen to: ")
    assert len(err.splitlines()) == 1
    assert process.returncode == 130
    # Who asks for a microphone is told, and gets no demonstration.
    asked = listen("realtime/source=microphone", env={**os.environ, **nothing})
    out, err = asked.communicate(timeout=30)
    assert asked.returncode == 1
    assert err.startswith("auricle: ") and "begins" not in out


def test_no_hydra_folder_is_left(tmp_path: Path) -> None:
    listen(*DEMONSTRATION, "realtime.source.pace=fast", cwd=tmp_path).communicate(timeout=60)
    assert list(tmp_path.iterdir()) == []
