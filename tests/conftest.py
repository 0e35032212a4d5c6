"""Fixtures that several test files share."""

import gc
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from omegaconf import OmegaConf

ROOT = Path(__file__).resolve().parents[1]


def pytest_configure() -> None:
    # What libraries would write to the home folder goes into the checkout's .venv.
    cache = ROOT / ".venv" / "cache"
    os.environ.setdefault("KERAS_HOME", str(cache / "keras"))
    os.environ.setdefault("MPLCONFIGDIR", str(cache / "matplotlib"))
    os.environ.setdefault("DVC_SITE_CACHE_DIR", str(cache / "dvc"))
    os.environ.pop("AURICLE_SMOKE", None)


_LONGEST = (
    *("test_stages.py", "test_comparison.py", "test_sinks.py", "test_sweep.py", "test_schema.py"),
    *("test_readme.py", "test_microphone.py", "test_experiments.py"),  # with the system
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # What takes longest begins first, so that no process waits for it at the end.
    items.sort(key=lambda item: item.path.name not in _LONGEST)


def pytest_collection_finish() -> None:
    # What TensorFlow and the like are made of stays: the collector need not look at it each time.
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def yaml_is_parsed_once() -> Iterator[None]:
    """Keep what a text of YAML says: to compose `conf/` is else most of what many tests do."""
    load, known = OmegaConf.load, {}

    def load_known(file: Any) -> Any:
        text = file.read() if hasattr(file, "read") else Path(file).read_text(encoding="utf-8")
        if text not in known:
            known[text] = OmegaConf.to_container(load(io.StringIO(text)))
        return OmegaConf.create(known[text])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OmegaConf, "load", load_known)
        yield


@pytest.fixture
def tone(tmp_path: Path) -> Callable[..., Path]:
    """Write a sine to a sound file: tone("a.wav", seconds=1.0, hz=440.0, rate=16000)."""

    def write(
        name: str, seconds: float = 1.0, hz: float = 440.0, rate: int = 16000, level: float = 0.3
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        t = np.arange(round(seconds * rate)) / rate
        soundfile.write(path, level * np.sin(2 * np.pi * hz * t), rate)
        return path

    return write


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Make a fresh checkout of what git would commit now, as a repository of its own."""

    def make(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for file in filter(None, listed.stdout.split("\0")):
            if (ROOT / file).is_file():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, folder / file)
        git = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost"]
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "checkout"]):
            subprocess.run([*git, *command], cwd=folder, check=True)
        return folder

    return make


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command in a checkout with its own code: run(folder, "auricle", "fetch")."""

    def call(
        folder: Path, *command: str, check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        result = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(folder / "src"), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and result.returncode:
            raise AssertionError(
                f"{' '.join(command)} gave {result.returncode}:\n{result.stdout}\n{result.stderr}"
            )
        return result

    return call
