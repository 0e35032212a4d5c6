"""A fresh process: seconds to the first decision, and its memory."""

import re
import statistics
import subprocess
import sys
import time

from benchmarks.figure import Figure
from benchmarks.measure import ROOT, bundle_with, environment, peak_memory_mb

_DECISION = re.compile(r"\d\d:\d\d\.\d\d  ")
_LISTEN = "from auricle.cli.main import main; main()"
_HEAVY = "import tensorflow, librosa"


def run() -> list[Figure]:
    """Start `auricle listen`, alone and after the imports a training library would bring."""
    ours, heavy = [], []
    for turn in range(7):
        ours.append(_first_decision_s(_LISTEN))
        if turn < 3:  # it takes many times as long and varies little
            heavy.append(_first_decision_s(f"{_HEAVY}\n{_LISTEN}"))
    first_s = statistics.median(ours)
    memory_mb, _ = peak_memory_mb(_command(_LISTEN), ROOT)
    return [
        Figure("from process start to the first decision", first_s, "s", most=1.5),
        Figure(
            "the same, without the imports of training",
            first_s,
            "s",
            statistics.median(heavy),
            f"{_HEAVY} first",
            least=3,
        ),
        Figure("peak memory of the listener", memory_mb, "MB", most=120),
    ]


def _command(code: str) -> list[str]:
    recording, bundle = ROOT / "references" / "demo.flac", bundle_with("bundle.json")
    options = [f"bundle={bundle}", "realtime.source.pace=fast"]
    return [sys.executable, "-c", code, "listen", str(recording), *options]


def _first_decision_s(code: str) -> float:
    begun, first_s = time.perf_counter(), None
    with subprocess.Popen(
        _command(code),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None  # it was asked for
        for line in process.stdout:
            if first_s is None and _DECISION.match(line):
                first_s = time.perf_counter() - begun
    if process.returncode or first_s is None:
        raise RuntimeError(f"`auricle listen` decided nothing (exit status {process.returncode})")
    return first_s
