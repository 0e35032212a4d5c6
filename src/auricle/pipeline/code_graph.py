"""Which code a stage runs, by its import statements: for `dvc.yaml`, and for caches.

The rooms of the package and their order stand here, once.
"""

import ast
import hashlib
import re
from functools import cache
from pathlib import Path

from auricle.core.files import write_text
from auricle.pipeline.runner import STAGES

# The rooms from the bottom up: each imports those that stand before it, and no other.
LAYERS = (
    "core",
    "audio",
    "report",
    "features",
    "synthesis",
    "augmentation",
    "networks",
    "datasets",
    "inference",
    "training",
    "realtime",
    "evaluation",
    "replay",
    "pipeline",
    "explore",
    "experiments",
    "cli",
)
# The rooms that a listener's install runs.
LISTENER = ("core", "audio", "features", "inference", "realtime")

_SOURCE = Path(__file__).parents[2]
# What no import statement tells: a module on the left loads by name what begins as on the right.
_LOADED_BY_NAME = {
    "auricle.features": ("auricle.features.",),
    "auricle.networks": ("auricle.networks.",),
    "auricle.pipeline.compose_config": (
        "auricle.datasets.",
        *(f"auricle.pipeline.{stage}" for stage, _ in STAGES.values()),
    ),
}
# Templates that a module fills in: what it writes depends on them as on code.
_TEMPLATES = {
    "auricle.evaluation.html_report": "evaluation/html_report.html",
    "auricle.report.page": "report/templates/*",
}


@cache
def modules() -> dict[str, Path]:
    """Return the file of each module of the package."""
    return {_name(path): path for path in sorted(_SOURCE.glob("auricle/**/*.py"))}


def room(module: str) -> str:
    """Return the part of the package a module belongs to: `auricle.features.mfcc` -> `features`."""
    return module.split(".")[1] if "." in module else ""


@cache
def imports(module: str) -> frozenset[str]:
    """Return the names that a module imports, at its top or within functions."""
    known, found = modules(), set[str]()
    for node in ast.walk(_parsed(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else str(node.module) for name in inside}
    return frozenset(found)


def reached_from(module: str) -> set[str]:
    """Return all modules of the package that a module may load, with itself and their packages."""
    known, reached, waiting = modules(), set[str](), [module]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in known:
            continue
        reached.add(name)
        waiting += [*imports(name), name.rpartition(".")[0]]
        if name in _LOADED_BY_NAME:
            waiting += [other for other in known if other.startswith(_LOADED_BY_NAME[name])]
    return reached


def code_of(stage: str) -> list[Path]:
    """Return the files that a stage runs, and the templates that they fill in, in order.

    Files that hold a docstring only are left out, and the version: no number depends on them.
    """
    reached = reached_from(f"auricle.pipeline.{stage}") - {"auricle"}
    code = [modules()[name] for name in reached if not _is_empty(name)]
    patterns = [pattern for name, pattern in _TEMPLATES.items() if name in reached]
    return sorted(code + [path for p in patterns for path in (_SOURCE / "auricle").glob(p)])


def code_sha256(stage: str) -> str:
    """Return the SHA-256 over the code that a stage runs."""
    found = hashlib.sha256()
    for path in code_of(stage):
        found.update(path.read_bytes())
    return found.hexdigest()


def with_code(dvc_yaml: str) -> str:
    """Return the text of a `dvc.yaml` in which each stage depends on the code that it runs.

    A stage that always runs needs none. Only lines of `deps` that name code are written.
    """
    stages = re.split(r"^(?=  \w+:\n)", dvc_yaml, flags=re.MULTILINE)
    return "".join(map(_stage_with_code, stages))


def _stage_with_code(text: str) -> str:
    name = text.strip().partition(":")[0]
    without = re.sub(r"^      - src/\S+\n", "", text, flags=re.MULTILINE)
    if "    deps:\n" not in without or "always_changed: true" in without:
        return without
    lines = [f"      - src/{path.relative_to(_SOURCE).as_posix()}\n" for path in code_of(name)]
    return re.sub(r"(    deps:\n(?:      - .+\n)*)", lambda m: m[1] + "".join(lines), without)


def _name(path: Path) -> str:
    parts = path.relative_to(_SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _parsed(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def _is_empty(module: str) -> bool:
    """Whether a module holds nothing but a docstring."""
    body = _parsed(module).body
    return all(isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant) for n in body)


if __name__ == "__main__":
    target = Path("dvc.yaml")
    write_text(target, with_code(target.read_text(encoding="utf-8")))
