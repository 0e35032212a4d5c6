"""The runs as CSV: a row a set, fold, seed and version of the code, added as it ends."""

import csv
import dataclasses
from dataclasses import dataclass
from pathlib import Path

from auricle.core.csv_table import csv_line, csv_text


@dataclass(frozen=True)
class Measured:
    """What one run gave: `overrides` is empty where ours was the untouched default.

    `learned` and `tested` count recordings; those of ours, of the baselines and of `commonest` are
    balanced accuracies by recording; seconds are wall time.
    """

    set: str
    fold: str
    seed: int
    version: str
    overrides: str
    learned: int
    tested: int
    ours: float
    svm: float
    logistic: float
    forest: float
    commonest: float
    named: float
    false_per_h: float
    train_s: float
    total_s: float

    @property
    def key(self) -> tuple[str, str, int, str, str]:
        """What was measured; if it was again, the newer row counts."""
        return self.set, self.fold, self.seed, self.version, self.overrides


_COLUMNS = {field.name: field.type for field in dataclasses.fields(Measured)}


def read(path: Path) -> list[Measured]:
    """Return the runs of a table in their order; there are none before the first ended."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = [
            Measured(**{name: kind(row[name]) for name, kind in _COLUMNS.items()})  # type: ignore[operator]
            for row in csv.DictReader(file)
        ]
    return list({row.key: row for row in rows}.values())


def add(path: Path, run: Measured) -> None:
    """Add a run to a table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = "" if path.is_file() else csv_text([*_COLUMNS], [])
    cells = [f"{x:.4f}" if isinstance(x, float) else x for x in dataclasses.astuple(run)]
    with path.open("a", newline="", encoding="utf-8") as file:
        file.write(head + csv_line(cells))
