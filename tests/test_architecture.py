"""The plan of the house holds: imports go down only, and DVC knows what each stage is made of."""

import ast
import dataclasses
import importlib
import re
import subprocess
import sys
from collections import Counter

import pytest
import yaml

from auricle.pipeline.code_graph import (
    LAYERS,
    LISTENER,
    imports,
    modules,
    reached_from,
    room,
    with_code,
)
from helpers import ROOT

TRAINING_ONLY = {
    *("tensorflow", "keras", "librosa", "mlflow", "dvc", "scipy", "sklearn", "audiomentations"),
    *("joblib", "orjson", "matplotlib", "filelock", "jinja2", "optuna"),
}
# Recorded with runs, or where work is done: never part of what is built.
NOT_BUILT_FROM = {"tracking", "cluster"}
DVC_YAML = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
STAGES = yaml.safe_load(DVC_YAML)["stages"]


def test_every_module_is_in_a_room_that_has_its_place():
    assert {room(module) for module in modules()} - {""} == set(LAYERS)


def test_contributing_draws_the_rooms_in_their_order():
    drawn = re.findall(r"^  (\w+)/ ", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    assert tuple(drawn) == LAYERS


@pytest.mark.parametrize("module", modules())
def test_imports_go_down_only(module):
    ours = [name for name in imports(module) if name.startswith("auricle.")]
    if not room(module):
        assert not ours
        return
    below = LAYERS[: LAYERS.index(room(module)) + 1]
    assert {room(name) for name in ours} <= set(below)


@pytest.mark.parametrize("module", [name for name in modules() if room(name) in LISTENER])
def test_a_listener_reaches_nothing_of_training(module):
    reached = reached_from(module)
    assert {room(name) for name in reached} - {""} <= set(LISTENER)
    # Work that is spread over processes is none of a listener's: joblib is for who asks for it.
    used = reached - {"auricle.core.parallel"}
    libraries = {name.split(".")[0] for other in used for name in imports(other)}
    assert not libraries & TRAINING_ONLY


def test_nothing_imports_the_model_that_mlflow_serves():
    assert not [name for name in modules() if "auricle.pipeline.mlflow_model" in imports(name)]


def test_the_name_of_a_module_is_used_once():
    names = Counter(path.stem for path in modules().values() if path.stem != "__init__")
    assert [name for name, count in names.items() if count > 1] == []


def test_nothing_imports_the_package_as_src():
    for path in [*modules().values(), *(ROOT / "tests").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert not node.level, f"{path} imports relatively"
                names = [node.module]
            assert not [name for name in names if name.split(".")[0] == "src"], path


def test_the_command_imports_a_verb_only_when_it_is_called():
    code = "import sys, auricle.cli.main; print(*{name for name in sys.modules})"
    loaded = {name for name in run_python(code) if name.startswith("auricle.")}
    light = {"auricle.pipeline", "auricle.pipeline.runner", "auricle.pipeline.stage"}
    assert {name for name in loaded if room(name) not in ("cli", "core")} == light


def test_listening_loads_no_library_of_training():
    code = "import sys, auricle.realtime.app; print(*{name.split('.')[0] for name in sys.modules})"
    assert not run_python(code) & TRAINING_ONLY


def run_python(code):
    command = [sys.executable, "-c", code]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_dvc_runs_the_stages_there_are():
    assert all(f"auricle.pipeline.{stage}" in modules() for stage in STAGES)


def test_dvc_knows_the_code_of_each_stage():
    assert with_code(DVC_YAML) == DVC_YAML, "run `make dvc-yaml`"


@pytest.mark.parametrize(
    ("stage", "edited"),
    [
        ("prepare_dataset", "training/losses.py"),
        ("prepare_dataset", "synthesis/instruments/piano.py"),
        ("train_model", "synthesis/instruments/piano.py"),
        ("train_model", "datasets/splits.py"),
        ("export_model", "evaluation/metrics.py"),
        ("evaluate_model", "realtime/sinks/jsonl.py"),
        ("evaluate_model", "replay/matching.py"),
        ("replay_realtime", "realtime/sinks/lines.py"),
        ("replay_realtime", "realtime/sources/microphone.py"),
        ("replay_realtime", "evaluation/html_report.py"),
    ],
)
def test_a_stage_does_not_run_again_for_code_it_does_not_run(stage, edited):
    assert (ROOT / "src/auricle" / edited).is_file()
    assert f"src/auricle/{edited}" not in STAGES[stage]["deps"]


@pytest.mark.parametrize("stage", [name for name in STAGES if name != "compose_config"])
def test_the_parameters_of_a_stage_are_the_groups_it_reads(stage):
    config = importlib.import_module(f"auricle.pipeline.{stage}").Config
    groups = {field.name for field in dataclasses.fields(config)} - NOT_BUILT_FROM
    assert set(STAGES[stage]["params"]) == groups


def test_dvc_is_given_nothing_to_interpolate():
    # DVC would expand it before compose_config runs, so that it lags one run behind.
    assert "${" not in DVC_YAML
