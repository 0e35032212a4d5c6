"""The notebooks, executed in a fresh checkout as a reader would, from either folder."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
pytestmark = pytest.mark.system

NAMES = sorted(p.name for p in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
EXECUTE = """
import sys
import nbclient, nbformat
source, target, folder = sys.argv[1:]
notebook = nbformat.read(source, 4)
place = {"metadata": {"path": folder}}
nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources=place).execute()
nbformat.write(notebook, target)
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def built(checkout: Callable[[str], Path], run: Run) -> Path:
    folder = checkout("notebooks")
    run(folder, "auricle", "repro", AURICLE_SMOKE="1")
    return folder


def execute(built: Path, run: Run, name: str, folder: Path, tmp_path: Path) -> Any:
    """Execute a copy and give it; what Jupyter keeps for a user goes into `tmp_path`."""
    kept = {
        variable: str(tmp_path / variable.lower())
        for variable in (
            *("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"),
            *("XDG_CACHE_HOME", "NUMBA_CACHE_DIR"),
        )
    }
    home = tmp_path / "home"
    home.mkdir()
    target = tmp_path / name
    source = built / "notebooks" / name
    command = [sys.executable, "-c", EXECUTE, str(source), str(target), str(folder)]
    run(built, *command, HOME=str(home), AURICLE_SMOKE="1", **kept)
    assert list(home.iterdir()) == []
    return nbformat.read(target, 4)


@pytest.mark.parametrize("place", ["notebooks", "."])
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_and_shows_figures_and_sound(
    built: Path, run: Run, tmp_path: Path, name: str, place: str
) -> None:
    notebook = execute(built, run, name, built / place, tmp_path)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    shown = [kind for output in outputs for kind in output.get("data", {})]
    assert shown.count("image/png") >= 4
    sounds = [
        output for output in outputs if "<audio" in output.get("data", {}).get("text/html", "")
    ]
    assert len(sounds) >= 2
    status = run(built, "git", "status", "--porcelain", "notebooks", "src", "conf/explore")
    assert status.stdout == ""


def test_a_reader_without_a_model_is_told_what_to_run(
    checkout: Callable[[str], Path], run: Run, tmp_path: Path
) -> None:
    folder = checkout("no_model")
    with pytest.raises(AssertionError, match="run `auricle repro` first"):
        execute(folder, run, "2_read_a_trained_model.ipynb", folder, tmp_path)
