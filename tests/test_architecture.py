"""The plan of the house holds: imports go down only, and DVC knows what each stage is made of."""

import ast
import dataclasses
import importlib
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "auricle"

# From the bottom up; a module may import its own layer and those below it.
LAYERS = [
    {
        "errors",
        "files",
        "tables",
        "quiet",
        "job",
        "cluster",
        "audio",
        "noise",
        "config",
        "model_files",
    },
    {"preprocess", "steps", "features"},
    {"bundle", "estimator", "decision", "following", "thresholds", "metrics", "report"},
    {"datasets", "augment", "networks", "tracking"},
    {"evaluation"},
    {"stages", "realtime", "classify", "server", "served_model"},
    {"building", "prepared", "job_table", "sweep", "cross_validation", "explore"},
    {"comparison"},
    {"cli"},
]
LISTENER = {"realtime", "classify", "server", "served_model"}
# Of a room of the same layer, who may use which.
NEIGHBOURS = {
    "stages": {"realtime"},
    "classify": set(),
    "realtime": {"classify"},
    "server": {"realtime", "classify"},
    "served_model": {"classify"},
    "explore": {"prepared"},
}
TRAINING_ONLY = {
    *("tensorflow", "keras", "librosa", "mlflow", "dvc", "scipy", "sklearn", "audiomentations"),
    *("joblib", "orjson", "pooch", "matplotlib", "filelock", "jinja2", "optuna"),
}
# Recorded with runs, or where work is done: never part of what is built.
NOT_BUILT_FROM = {"tracking", "cluster"}


def path_of(module):
    """Return the file of a module of the package, or none."""
    base = ROOT / "src" / Path(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def module_of(path):
    parts = path.relative_to(ROOT / "src").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def room(module):
    """Return the part of the package a module belongs to: `auricle.features.mfcc` -> `features`."""
    return module.split(".")[1] if "." in module else ""


@cache
def imports(module):
    """Names that a module imports, at its top or within functions."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} imports relatively"
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in inside}
    return found


def used_by(module):
    """All modules of the package that a module reaches, itself and their packages included."""
    reached, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in MODULES:
            continue
        reached.add(name)
        waiting += [other for other in imports(name) if other.startswith("auricle")]
        # What is configured by name (`kind`, `_target_`) lies in the folder of its package.
        if name in ("auricle.features", "auricle.networks"):
            waiting += [other for other in MODULES if other.startswith(f"{name}.")]
        waiting.append(name.rpartition(".")[0])
    return reached


def test_every_module_has_a_layer():
    rooms = {room(module) for module in MODULES} - {""}
    assert rooms <= set().union(*LAYERS)


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down_only(module):
    if not room(module):
        assert not [name for name in imports(module) if name.startswith("auricle")]
        return
    level = {name: i for i, layer in enumerate(LAYERS) for name in layer}
    for other in imports(module):
        if not other.startswith("auricle.") or room(other) == room(module):
            continue
        assert level[room(other)] <= level[room(module)], f"{module} imports {other}"
        if room(module) in NEIGHBOURS and level[room(other)] == level[room(module)]:
            assert room(other) in NEIGHBOURS[room(module)], f"{module} imports {other}"


@pytest.mark.parametrize("module", [m for m in MODULES if room(m) in LISTENER])
def test_a_listener_reaches_nothing_of_training(module):
    reached = used_by(module)
    assert not {room(name) for name in reached} & {"datasets", "augment", "networks", "tracking"}
    libraries = {name.split(".")[0] for other in reached for name in imports(other)}
    allowed = {"mlflow"} if room(module) == "served_model" else set()
    # cluster, which nothing of a listener reaches, is the one to import joblib.
    assert not libraries & (TRAINING_ONLY - allowed)


def test_nothing_imports_the_model_that_mlflow_serves():
    assert not [m for m in MODULES if "auricle.served_model" in imports(m)]


def test_nothing_imports_the_package_as_src():
    for path in [*PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "src"], path


def test_the_command_imports_a_verb_only_when_it_is_called():
    tree = ast.parse((PACKAGE / "cli.py").read_text(encoding="utf-8"))
    at_the_top = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    ours = {name for name in at_the_top if name and name.startswith("auricle")}
    assert {room(name) for name in ours} <= {"", *LAYERS[0]}


def test_listening_loads_no_library_of_training():
    code = "import sys, auricle.realtime.app; print(*{name.split('.')[0] for name in sys.modules})"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not set(result.stdout.split()) & TRAINING_ONLY


STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
RUN_ON_CHANGE = [name for name, stage in STAGES.items() if not stage.get("always_changed")]


def stage_modules():
    return {m.rpartition(".")[2] for m in MODULES if m.startswith("auricle.stages.")}


def test_dvc_runs_the_stages_there_are():
    assert set(STAGES) <= stage_modules()


def is_empty(path):
    """Whether a module holds a docstring and nothing else that a stage could depend on."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return all(isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant) for n in body)


@pytest.mark.parametrize("stage", RUN_ON_CHANGE)
def test_the_dependencies_of_a_stage_cover_the_code_it_imports(stage):
    dependencies = [ROOT / path for path in STAGES[stage]["deps"]]
    needed = {MODULES[m] for m in used_by(f"auricle.stages.{stage}")}
    uncovered = {
        path.relative_to(ROOT).as_posix()
        for path in needed
        if not is_empty(path)
        and path != PACKAGE / "__init__.py"  # the version, which no number depends on
        and not any(path == d or d in path.parents for d in dependencies)
    }
    assert not uncovered


@pytest.mark.parametrize("stage", RUN_ON_CHANGE)
def test_a_stage_depends_on_no_code_that_is_not_there(stage):
    for path in STAGES[stage]["deps"]:
        if path.startswith(("src", "conf")):
            assert (ROOT / path).exists()


@pytest.mark.parametrize("stage", [name for name in STAGES if name != "compose_config"])
def test_the_parameters_of_a_stage_are_the_groups_it_reads(stage):
    config = importlib.import_module(f"auricle.stages.{stage}").Config
    groups = {field.name for field in dataclasses.fields(config)} - NOT_BUILT_FROM
    assert set(STAGES[stage]["params"]) == groups


def test_a_cache_of_windows_is_of_the_code_that_makes_them():
    from auricle.prepared import CODE

    listed = {path for path in STAGES["prepare_dataset"]["deps"] if path.startswith("src/")}
    assert {f"src/auricle/{name}" for name in CODE} == listed


def test_dvc_is_given_nothing_to_interpolate():
    # DVC would expand it before compose_config runs, so that it lags one run behind.
    assert "${" not in (ROOT / "dvc.yaml").read_text(encoding="utf-8")
