"""Notebooks are committed as they are before they run, and listed."""

import json

import pytest

from helpers import ROOT

FOLDER = ROOT / "notebooks"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.name)
def test_a_committed_notebook_holds_no_outputs_and_is_listed(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code
    assert not [cell for cell in code if cell["outputs"] or cell["execution_count"]]
    assert path.name in (FOLDER / "README.md").read_text(encoding="utf-8")
