"""Measuring lines of the comparison: a sweep each, a row a job in a table that is kept."""

import csv
import dataclasses
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auricle.comparison.settings import HONEST, Comparison, Line
from auricle.config import compose, quoted
from auricle.cross_validation import VERBS, crossed, side_by_side, value_of
from auricle.errors import AuricleError
from auricle.job import parameters
from auricle.sweep import sweep
from auricle.tables import write_table

# What decides a line's figures; where the recordings lie does not.
_GROUPS = ("dataset", "preprocess", "features", "augment", "network", "train")


@dataclass(frozen=True)
class Row:
    """What one job gave: balanced accuracy by window, second and clip of one fold and seed."""

    set: str
    system: str
    protocol: str
    configuration: str
    split: str
    seed: int
    window: float
    second: float
    clip: float
    parameters: int
    seconds: int


_COLUMNS = {field.name: field.type for field in dataclasses.fields(Row)}


def read_rows(path: Path) -> list[Row]:
    """Read the table; there is none before the first line is measured.

    Raises
    ------
    AuricleError
        It is not such a table.
    """
    if not path.is_file():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [
                Row(**{name: kind(row[name]) for name, kind in _COLUMNS.items()})  # type: ignore[operator]
                for row in csv.DictReader(file)
            ]
    except (KeyError, TypeError, ValueError) as error:
        raise AuricleError(f"{path} is damaged ({error!r}): restore or remove it") from error


def save_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write the table whole, sorted, so that a line's new figures change no other."""
    ordered = sorted(rows, key=lambda row: (row.set, row.system, row.protocol, row.split, row.seed))
    write_table(path, list(_COLUMNS), [dataclasses.astuple(row) for row in ordered])


def rows_of(line: Line, rows: Sequence[Row], configuration: str = "") -> list[Row]:
    """Rows of a line; with a configuration, those only that were measured with it."""
    key = (line.of, line.name, line.protocol)
    return [
        row
        for row in rows
        if (row.set, row.system, row.protocol) == key
        and row.configuration == (configuration or row.configuration)
    ]


def configuration_of(line: Line) -> str:
    """Short hash of all that decides a line's figures, besides seeds and folds."""
    composed = parameters(compose("config", line.overrides))
    text = json.dumps([composed[group] for group in _GROUPS], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def measure(settings: Comparison, more: Sequence[str]) -> list[str]:
    """Measure the lines that are wanted and not known yet; give what went wrong, a line each.

    `more` are overrides of how it is done (tracking, say), which change no figure.
    """
    path, failed = Path(settings.table), []
    for line in settings.lines():
        if not settings.wanted(line) or line.recordings.place is None:
            continue
        configuration = configuration_of(line)
        known = rows_of(line, read_rows(path), configuration)
        if {row.seed for row in known} >= set(line.recordings.seeds):
            continue
        name = f"{line.recordings.title}, {line.system.title}, {line.protocol}"
        sys.stderr.write(f"results: {name}\n")
        try:
            found = _measured(line, configuration, settings.jobs, more)
        except AuricleError as error:
            failed.append(f"{name}: {error}")
            continue
        rows = read_rows(path)  # another process may have measured another line meanwhile
        kept = [row for row in rows if row not in rows_of(line, rows)]
        save_rows(path, [*kept, *found])
    return failed


def _measured(line: Line, configuration: str, jobs: int, more: Sequence[str]) -> list[Row]:
    place, key = line.recordings.place, line.recordings.place_key
    where = [f"{key}={quoted(place)}"] if key and place else []
    overrides, seeds = [*line.overrides, *where, *more], line.recordings.seeds
    if line.protocol == HONEST:
        cross = [f"cross_validation.seeds={seeds}", f"cross_validation.jobs={jobs}"]
        swept, wanted = crossed([*overrides, *cross])
    else:
        dealt = "dataset.split_seed=" + ",".join(map(str, seeds))
        swept, wanted = [*overrides, *side_by_side(overrides, jobs), dealt], len(seeds)
    done = sweep(f"results {line.of} {line.name}", VERBS, swept)
    if done.failed or len(done.rows) < wanted:
        reason = done.failed[0]["error"] if done.failed else "some jobs did not end"
        raise AuricleError(f"{reason} ({done.folder})")
    rows = []
    for row in done.rows:
        if line.protocol == HONEST:
            (fold,) = value_of(row, "dataset.test_folds")
            split, seed = str(getattr(fold, "text", fold)), value_of(row, "train.seed")
        else:
            seed = value_of(row, "dataset.split_seed")
            split = str(seed)
        numbers = row["numbers"]
        rows.append(
            Row(
                line.of,
                line.name,
                line.protocol,
                configuration,
                split,
                seed,
                round(numbers["window"], 4),
                round(numbers["second"], 4),
                round(numbers["clip"], 4),
                int(numbers["parameters"]),
                round(row["seconds"]),
            )
        )
    return rows
