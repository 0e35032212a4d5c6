"""What a stage runs is what its imports say, and dvc.yaml is written from that."""

import pytest

from auricle.pipeline.code_graph import code_of, code_sha256, imports, reached_from, with_code
from helpers import ROOT

STAGE = """\
stages:
  compose_config:
    cmd: auricle compose
    deps:
      - conf
      - src/auricle
    outs:
      - params.yaml
  fetch_dataset:
    cmd: auricle fetch
    always_changed: true
    outs:
      - data/raw
  train_model:
    cmd: auricle train
    deps:
      - data/train.jsonl
      - src/auricle/of_yesterday.py
    outs:
      - models/training
plots:
  - reports/roc.png
"""


def names(stage):
    return [path.as_posix().partition("/src/auricle/")[2] for path in code_of(stage)]


def test_imports_within_functions_count():
    assert "tensorflow" in imports("auricle.training.saving")
    assert "keras" in imports("auricle.networks.cnn")


def test_what_is_loaded_by_name_is_reached():
    assert "auricle.features.rdt" in reached_from("auricle.features")
    assert "auricle.networks.dense" in reached_from("auricle.pipeline.train_model")
    assert "auricle.datasets.folder" in reached_from("auricle.pipeline.compose_config")


@pytest.mark.parametrize("stage", ["prepare_dataset", "train_model", "evaluate_model"])
def test_the_code_of_a_stage_is_its_own_file_and_no_empty_one(stage):
    assert f"pipeline/{stage}.py" in names(stage)
    assert "evaluation/__init__.py" not in names(stage)  # a docstring
    assert "__init__.py" not in names(stage)  # the version
    assert len(set(names(stage))) == len(names(stage))


def test_a_template_belongs_to_the_code_that_fills_it_in():
    ours = {name for name in names("evaluate_model") if not name.endswith(".py")}
    templates = ROOT / "src" / "auricle" / "report" / "templates"
    assert ours == {
        "evaluation/html_report.html",
        *(f"report/templates/{path.name}" for path in templates.iterdir()),
    }
    assert all(name.endswith(".py") for name in names("train_model"))


def test_stages_of_other_code_have_other_hashes():
    assert code_sha256("prepare_dataset") != code_sha256("train_model")
    assert code_sha256("train_model") == code_sha256("train_model")


def test_only_lines_that_name_code_are_written():
    found = with_code(STAGE)
    assert "of_yesterday" not in found
    assert "      - src/auricle\n" not in found
    code = "".join(f"      - src/auricle/{name}\n" for name in names("train_model"))
    assert f"      - data/train.jsonl\n{code}    outs:\n" in found
    kept = [line for line in STAGE.splitlines() if "src/" not in line]
    assert [line for line in found.splitlines() if "src/" not in line] == kept
    assert with_code(found) == found
