"""Ten minutes of a microphone in blocks of 20 ms, with the other core loaded: nothing lost."""

import os
import re
import subprocess
import sys

from tests.sound_server import MISSING, sound_server

from benchmarks.figure import Figure
from benchmarks.listen import playing, share_of_core
from benchmarks.measure import ROOT, environment

_MINUTES = 10
_SUMMARY = re.compile(r"Heard ([\d.]+) s in (\d+) windows; dropped ([\d.]+) s(.*)")


def run() -> list[Figure]:
    """Sound dropped, gaps, and how late decisions were."""
    if MISSING:
        return [Figure(f"not run: {', '.join(MISSING)} missing", float("nan"))]
    busy = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range((os.cpu_count() or 2) - 1)
    ]
    try:
        with sound_server() as server:
            server.microphone()
            server.pactl("set-default-source", "mic")
            microphone = {**environment(), **server.environment, "PYTHONPATH": str(ROOT / "src")}
            with playing(server, 60 * _MINUTES + 30):
                _, said = share_of_core(
                    ["realtime/source=microphone", "realtime.screen=lines"],
                    microphone,
                    60 * _MINUTES,
                )
    finally:
        for process in busy:
            process.kill()
            process.wait()
    found = _SUMMARY.search(said)
    heard_s, windows, dropped_s, rest = found.groups() if found else ("nan", "nan", "nan", "")
    return [
        Figure("sound dropped", float(dropped_s), "s", most=0, note=rest.strip(" .\r")),
        Figure("gaps", float("gaps" in rest), most=0),
        Figure("windows heard, of 4 a second", float(windows) / int(4 * float(heard_s)), least=1),
    ]
