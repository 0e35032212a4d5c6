"""What the jobs of a sweep gave: a file each, a table of all.

A row is what a job leaves in `job.json`: its number, overrides, numbers, what a search minimises,
seconds, and the error of one that failed.
"""

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from auricle.core.csv_table import write_table

RESULT = "job.json"


def read_rows(folder: Path) -> list[dict[str, Any]]:
    """Rows of the jobs that ended, the best first and the failed last."""
    rows = [json.loads(path.read_text()) for path in folder.rglob(RESULT)]

    def order(row: dict[str, Any]) -> tuple[bool, float, int]:
        objective = row["objective"]
        return bool(row["error"]), math.inf if objective is None else objective, row["job"]

    return sorted(rows, key=order)


def _varied(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Keys of the overrides that differ from job to job, in the order they were given."""
    values: dict[str, set[str]] = {}
    for row in rows:
        for key, value in _last(row).items():
            values.setdefault(key, set()).add(value)
    return [key for key, found in values.items() if len(found) > 1]


def _last(row: dict[str, Any]) -> dict[str, str]:
    """Value of each key a job was given: of several the last, which is the one that holds."""
    return {key: value for key, _, value in (text.partition("=") for text in row["overrides"])}


def save(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Write the table as CSV, with all overrides and errors."""
    keys = list(dict.fromkeys(key for row in rows for key in _last(row)))
    names = list(dict.fromkeys(name for row in rows for name in row["numbers"]))
    given = [_last(row) for row in rows]
    write_table(
        path,
        ["job", *keys, *names, "seconds", "error"],
        (
            [
                row["job"],
                *(mine.get(key, "") for key in keys),
                *(row["numbers"].get(name, "") for name in names),
                round(row["seconds"], 2),
                row["error"] or "",
            ]
            for row, mine in zip(rows, given, strict=True)
        ),
    )


def show(rows: Sequence[dict[str, Any]]) -> None:
    """Draw the table of the jobs."""
    varied = _varied(rows)
    names = list(dict.fromkeys(name for row in rows for name in row["numbers"]))
    best_first = ", best first" if rows[0]["objective"] is not None else ""
    title = f"{len(rows)} jobs{best_first}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("job", *_short(varied)):
        table.add_column(heading.replace("_", " "))
    for heading in (*names, "seconds"):
        table.add_column(heading.replace("_", " "), justify="right")
    for row in rows:
        given = _last(row)
        cells = [str(row["job"]), *(_rounded(given.get(key, "")) for key in varied)]
        numbers = [_number(row["numbers"].get(name)) for name in names]
        if row["error"] and names:
            numbers[0] = "failed"
        style = "red" if row["error"] else ""
        table.add_row(*map(Text, [*cells, *numbers, f"{row['seconds']:.1f}"]), style=style)
    # A file has room for what a terminal must shorten.
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def say(rows: Sequence[dict[str, Any]], folder: Path) -> None:
    """Name the jobs that failed, and where everything is."""
    console = Console(soft_wrap=True)
    for row in rows:
        if row["error"]:
            console.print(Text(f"job {row['job']} failed: {row['error']}", style="red"))
    if rows:
        console.print(Text(f"Everything is below {folder} (a row a job in results.csv)."))


def _short(keys: Sequence[str]) -> list[str]:
    """Last parts of keys, which are enough where they differ."""
    last = [key.rpartition(".")[2] for key in keys]
    return last if len(set(last)) == len(last) else list(keys)


def _rounded(text: str) -> str:
    """Shorten a number that a search drew."""
    try:
        return f"{float(text):.4g}"
    except ValueError:
        return text


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) >= 1 else f"{value:.4f}"
