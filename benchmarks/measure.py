"""How costs are measured: CPU seconds of calls, wall time and memory of processes."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_SAMPLED_S = 0.02


def cpu_s(*ways: Callable[[], object], repeats: int = 5) -> list[float]:
    """CPU seconds of each way, all threads counted: the best of some repeats.

    The ways take turns, so that a machine that slows down slows all of them.
    """
    best = [float("inf")] * len(ways)
    for way in ways:
        way()  # caches, lazy imports and compiled functions belong to no repeat
    for _ in range(repeats):
        for index, way in enumerate(ways):
            begun = time.process_time()
            way()
            best[index] = min(best[index], time.process_time() - begun)
    return best


def auricle(*arguments: str) -> list[str]:
    """Give the command line of a verb, run by this Python."""
    return [sys.executable, "-c", "from auricle.cli.main import main; main()", *arguments]


def environment(source: Path = ROOT / "src") -> dict[str, str]:
    """Environment of a process that takes Auricle from `source` and programs from this Python."""
    kept = {name: value for name, value in os.environ.items() if name != "AURICLE_SMOKE"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, "PATH": path, "PYTHONPATH": str(source)}


def timed(command: Sequence[str], folder: Path, source: Path = ROOT / "src") -> tuple[float, str]:
    """Run a command to its end; give its wall time in seconds and all it wrote.

    Raises
    ------
    RuntimeError
        The command failed.
    """
    begun = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(source),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    wall_s = time.perf_counter() - begun
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}")
    return wall_s, done.stdout


def peak_memory_mb(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Peak resident memory of a command, and of the largest of its children (0 without any).

    Read from /proc, so on Linux only. `wait4` would not do: a child's `ru_maxrss` starts with the
    memory of the process that forked it, which is this one with all its libraries.

    Raises
    ------
    RuntimeError
        The command failed.
    """
    peaks: dict[int, float] = {}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=quiet, stderr=quiet
    ) as process:
        parent = psutil.Process(process.pid)
        while process.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess):
                for one in [parent, *parent.children(recursive=True)]:
                    _note_peak(one.pid, peaks)
            time.sleep(_SAMPLED_S)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed")
    return peaks.pop(process.pid), max(peaks.values(), default=0.0)


def bundle_with(name: str) -> Path:
    """Give the folder of the shipped bundle if it holds a file, else of the one built here.

    Raises
    ------
    FileNotFoundError
        Neither holds it.
    """
    for folder in (ROOT / "models" / "music_speech", ROOT / "models" / "classifier"):
        if (folder / name).is_file():
            return folder
    raise FileNotFoundError(f"No bundle holds {name}: run `auricle repro`")


def _note_peak(pid: int, peaks: dict[int, float]) -> None:
    # The last value is the one that counts: before a forked child becomes its own program, its
    # peak is the parent's. A process that has ended shows none.
    with contextlib.suppress(OSError):
        if found := _PEAK.search(Path(f"/proc/{pid}/status").read_text()):
            peaks[pid] = int(found[1]) / 1024
