"""`./setup_and_run.sh` as a new user meets it: a fresh clone, nothing installed."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.system


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # Neither the tests' environment nor their packages.
    path = os.pathsep.join(
        part for part in os.environ["PATH"].split(os.pathsep) if "/.venv/" not in f"{part}/"
    )
    kept = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    return subprocess.run(
        ["./setup_and_run.sh", *arguments],
        cwd=folder,
        env={**kept, "PATH": path, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.fixture(scope="module")
def fresh(checkout: Callable[[str], Path]) -> Path:
    return checkout("setup")


def test_a_fresh_clone_plays_the_demonstration(fresh: Path) -> None:
    result = start(fresh, AURICLE_SMOKE="1")
    assert result.returncode == 0, result.stderr
    assert "Downloading the listener" in result.stderr
    assert "AURICLE_SMOKE is set" in result.stderr
    assert "This is a demonstration" in result.stdout
    assert "models/music_speech" in result.stdout
    assert "speech begins" in result.stdout
    assert "music begins" in result.stdout
    assert "dropped 0.00 s" in result.stdout


def test_the_listener_brings_no_training_library(fresh: Path) -> None:
    listed = subprocess.run(
        [fresh / ".venv" / "bin" / "uv", "pip", "list", "--python", fresh / ".venv"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "ai-edge-litert" in listed
    for library in ("tensorflow", "librosa", "mlflow", "dvc", "scikit-learn"):
        assert library not in listed


def test_a_second_start_installs_nothing_and_passes_arguments_on(fresh: Path) -> None:
    demo = "references/demo.flac"
    begun = time.monotonic()
    result = start(fresh, demo, "realtime.source.pace=fast")
    assert result.returncode == 0, result.stderr
    assert "Downloading" not in result.stderr
    assert "speech begins" in result.stdout
    assert time.monotonic() - begun < 30  # an installation takes longer


def test_a_microphone_needs_consent_or_headers(fresh: Path) -> None:
    result = start(fresh, "realtime.source.pace=fast")
    installed = (fresh / ".venv" / ".installed-mic").exists()
    headers = Path("/usr/include/portaudio.h").exists() and shutil.which("cc") is not None
    assert installed == headers
    assert headers or "PortAudio's headers" in result.stderr


def test_an_old_python_is_refused_with_the_versions_that_do(fresh: Path, tmp_path: Path) -> None:
    copy = tmp_path / "old"
    shutil.copytree(fresh, copy, ignore=shutil.ignore_patterns(".venv"))
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "cat", "env"):
        (tools / name).symlink_to(str(shutil.which(name)))
    old = tools / "python3"
    old.write_text("#!/usr/bin/env bash\nexit 1\n")
    old.chmod(0o755)
    result = start(copy, PATH=str(tools))
    assert result.returncode == 1
    assert "Python 3.11, 3.12 or 3.13 is needed" in result.stderr


def test_help_installs_nothing(checkout: Callable[[str], Path]) -> None:
    folder = checkout("help")
    result = start(folder, "--help")
    assert result.returncode == 0
    assert result.stdout.startswith("usage: ./setup_and_run.sh")
    assert not (folder / ".venv").exists()
