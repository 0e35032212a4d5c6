"""`python -m benchmarks [NAME ...]`: what performance claims rest on.

Prints a table, appends a record to `benchmarks/results.json`, and exits with 1 if a goal is
missed.
"""

import argparse
import importlib
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from auricle.core.files import write_text
from benchmarks.figure import Figure
from benchmarks.measure import ROOT

NAMES = (
    "features",
    "rdt",
    "window_json",
    "live",
    "listen",
    "start",
    "synthesis",
    "prepare",
    "repro",
)
SOAKS = ("soak", "soak_microphone")  # minutes of wall time: only when named, by `make soak`
RESULTS = Path(__file__).parent / "results.json"
_PACKAGES = ("auricle", "numpy", "orjson", "ai-edge-litert", "librosa", "tensorflow", "dvc")


def main() -> int:
    """Run what was named, or everything; give the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Run benchmarks.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join((*NAMES, *SOAKS))}"
    )
    parser.add_argument("--list", action="store_true", help="list them instead")
    options = parser.parse_args()
    if unknown := set(options.names) - {*NAMES, *SOAKS}:
        parser.error(f"{', '.join(sorted(unknown))}: none of {', '.join((*NAMES, *SOAKS))}")
    console = Console()
    if options.list:
        console.print(_listed())
        return 0
    machine = _machine()
    measured: dict[str, list[Figure]] = {}
    try:
        for name in options.names or NAMES:
            with console.status(f"Measuring {name}"):
                measured[name] = importlib.import_module(f"benchmarks.{name}").run()
            console.print(_table(name, measured[name]))
    finally:  # what was measured stays, though a later benchmark failed
        if measured:
            _append(machine, measured)
    if machine["load"] > 0.5:
        console.print(f"The machine was busy (load {machine['load']:.1f}): figures are rough.")
    return int(any(figure.holds is False for figures in measured.values() for figure in figures))


def _listed() -> Table:
    table = Table("benchmark", "what it measures")
    for name in (*NAMES, *SOAKS):
        about = importlib.import_module(f"benchmarks.{name}").__doc__ or ""
        table.add_row(name, about.splitlines()[0])
    return table


def _table(name: str, figures: Sequence[Figure]) -> Table:
    table = Table("what", title=name, title_justify="left")
    for column in ("ours", "alternative", "ratio", "goal", "holds"):
        table.add_column(column, justify="right", no_wrap=True)
    words = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}
    for figure in figures:
        unit = figure.unit
        table.add_row(
            "\n".join([figure.name, *(f"[dim]{text}[/]" for text in _explained(figure))]),
            _number(figure.ours, unit),
            "" if figure.alternative is None else _number(figure.alternative, unit),
            "" if figure.ratio is None else _number(figure.ratio, "x"),
            figure.goal,
            words[figure.holds],
        )
    return table


def _explained(figure: Figure) -> list[str]:
    against = [f"against {figure.against}"] if figure.against else []
    return [*against, *([figure.note] if figure.note else [])]


def _number(value: float, unit: str) -> str:
    return f"{value:.3g} {unit}".strip() if value < 1000 else f"{value:.0f} {unit}".strip()


def _append(machine: dict[str, Any], measured: dict[str, list[Figure]]) -> None:
    records = json.loads(RESULTS.read_text()) if RESULTS.is_file() else []
    records.append(
        {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": _commit(),
            "machine": machine,
            "figures": {
                name: [figure.record() for figure in figures] for name, figures in measured.items()
            },
        }
    )
    write_text(RESULTS, json.dumps(records, indent=1, ensure_ascii=False) + "\n")


def _machine() -> dict[str, Any]:
    """Say what the figures were measured on, without naming it."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _cpu() -> str:
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:  # not Linux
        found = None
    return found[1] if found else platform.processor()


def _commit() -> str:
    """Which code was measured; empty outside a checkout."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
