"""The README's commands, as they are written, one after the other in a fresh clone."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytestmark = pytest.mark.system

ROOT = Path(__file__).resolve().parents[2]
# `make test` is what runs this: here it only sets up.
INSTEAD = {"make test": "make setup"}


def commands(page: str) -> list[str]:
    blocks = re.findall(r"^```bash\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def test_the_two_commands_stand_first() -> None:
    assert commands("README.md")[:2] == ["./setup_and_run.sh", "make test"]


def test_every_command_runs_as_written(checkout: Callable[[str], Path]) -> None:
    folder = checkout("readme")
    own_sounds(folder / "sounds")
    lines = [INSTEAD.get(line, line) for line in commands("README.md")]
    script = "\n".join(["set -euo pipefail", *(f"echo '$ {line}' >&2\n{line}" for line in lines)])
    kept = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    result = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        # What was downloaded for the tests need not be downloaded again.
        env={**kept, "AURICLE_SMOKE": "1", "SHARED_UV_CACHE": str(ROOT / ".venv/cache/uv")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    assert "experiment=smoke is used" in result.stderr
    assert (folder / "multirun").is_dir()
    assert "bell" in result.stdout  # classify with the bundle built from the folder
    status = subprocess.run(
        ["git", "status", "--porcelain", "-z"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    changed = {entry[3:] for entry in status.stdout.split("\0") if entry}
    assert changed == {"conf/build.yaml", "dvc.lock", "params.yaml", "sounds/"}


def own_sounds(folder: Path) -> None:
    """Two classes that a person could have recorded: bells and knocks."""
    rng = np.random.default_rng(0)
    t = np.arange(2 * 16000) / 16000
    for i in range(6):
        ring = np.sin(2 * np.pi * rng.uniform(800, 1200) * t) * np.exp(-3 * (t % 1))
        knock = rng.standard_normal(len(t)) * np.exp(-60 * (t % 0.5))
        for name, sound in (("bell", ring), ("knock", knock)):
            path = folder / name / f"take {i}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, 0.5 * sound / np.abs(sound).max(), 16000)
