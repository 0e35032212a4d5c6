"""`python -m benchmarks.study.figures`: the study's figures from its tables, for the README."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from auricle.report.charts import MUTED, SERIES, axes, legend, save_png
from benchmarks.measure import ROOT

STUDY, FINAL = ROOT / "references/study.csv", ROOT / "references/study_final.csv"
CONTEXT = ROOT / "references/context.png"
SECONDS = (0.25, 0.5, 1.0, 2.0)
Row = dict[str, Any]


def read(path: Path) -> list[Row]:
    """Rows of a table of trials; what is a number becomes one."""
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: _number(text) for name, text in row.items()} for row in csv.DictReader(file)]


def differences(rows: Sequence[Row], column: str, base: str = "base") -> dict[str, list[float]]:
    """Of each variant, what it gains over the base on the same fold and seed, in points."""
    of_base = {(r["held out"], r["seed"]): r[column] for r in rows if r["variant"] == base}
    found: dict[str, list[float]] = {}
    for row in rows:
        key = row["held out"], row["seed"]
        if row["variant"] != base and key in of_base:
            gain = 100 * (row[column] - of_base[key])
            found.setdefault(row["variant"], []).append(gain)
    return found


def draw_differences(rows: Sequence[Row], columns: Sequence[str]) -> Any:
    """Each variant's gain over the base, a dot a fold and seed, for several figures at once."""
    by_column = {column: differences(rows, column) for column in columns}
    names = sorted(by_column[columns[0]], key=lambda name: np.mean(by_column[columns[0]][name]))
    figure, axis = axes("gain over the base, percentage points", "", 7.0, 1.0 + 0.3 * len(names))
    handles = []
    for number, (column, colour) in enumerate(zip(columns, SERIES, strict=False)):
        points = [(gain, y) for y, name in enumerate(names) for gain in by_column[column][name]]
        x, y = np.array(points).T
        handles += axis.plot(
            x, y + 0.2 * (number - 1), linestyle="", marker="o", color=colour, markersize=4
        )
    axis.axvline(0, color=MUTED, linewidth=1)
    axis.set_yticks(range(len(names)), names)
    legend(axis, handles, list(columns), loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    return figure


def draw_context(rows: Sequence[Row]) -> Any:
    """Balanced accuracy by the seconds an answer is made from, a line a condition."""
    figure, axis = axes("seconds of sound an answer is made from", "balanced accuracy")
    found = np.array([[row[f"clean, {seconds:g} s"] for seconds in SECONDS] for row in rows])
    for run in found:
        axis.plot(SECONDS, run, color=SERIES[0], alpha=0.35, linewidth=1)
    axis.plot(SECONDS, found.mean(axis=0), color=SERIES[0], marker="o")
    for seconds, value in zip(SECONDS, found.mean(axis=0), strict=True):
        axis.annotate(f"{value:.3f}", (seconds, value), (5, -15), textcoords="offset points")
    axis.set_xlim(0.22, 2.9)
    axis.set_xscale("log", base=2)
    axis.set_xticks(SECONDS, [f"{seconds:g}" for seconds in SECONDS])
    axis.minorticks_off()
    return figure


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


if __name__ == "__main__":
    final = [row for row in read(FINAL) if row["held out"] == 4]
    save_png(draw_context(final), CONTEXT)
