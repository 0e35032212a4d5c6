"""`python -m benchmarks.folds`: deal the newer development recordings into folds, by group.

It was run once, before anything was trained on them, and its table is in git. Choices are made on
folds 0 to 3 of `household` and `music_speech2`, none on fold 4. ESC-50 comes with folds, of which
only 1 to 3 are development recordings.
"""

import csv
from pathlib import Path

from sklearn.model_selection import StratifiedGroupKFold

from auricle.core.csv_table import write_table
from benchmarks.measure import ROOT

DATA = ROOT / "../shared/data"
TABLE = ROOT / "references/folds.csv"
FOLDS = 5
_SEED = 20261130


def deal(name: str) -> list[tuple[str, str, str, str]]:
    """Set, class, group and fold of each group, each kind of sound spread over the folds."""
    rows = [row for row in _rows("SOURCES2.csv") if row["file"].startswith(f"{name}/")]
    groups = [row["group_id"] for row in rows]
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=_SEED)
    fold_of: dict[str, int] = {}
    for fold, (_, held_out) in enumerate(folds.split(rows, [_kind(row) for row in rows], groups)):
        fold_of |= dict.fromkeys([groups[i] for i in held_out], fold)
    return [(name, row["class"], row["group_id"], str(fold_of[row["group_id"]])) for row in rows]


def published() -> list[tuple[str, str, str, str]]:
    """ESC-50's own folds; of a group that its authors parted, each."""
    rows = [row for row in _rows("SOURCES.csv") if row["file"].startswith("esc50/")]
    return [("esc50", row["class"], row["group_id"], row["fold"]) for row in rows]


def _kind(row: dict[str, str]) -> str:
    """Class, and what the notes begin with; of singing, who sings too."""
    tags = [tag.strip() for tag in row["notes"].split(";")]
    return "/".join([row["class"], *(tags[:2] if tags[0] == "singing" else tags[:1])])


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read(path: Path = TABLE) -> dict[tuple[str, str, str], list[str]]:
    """Folds of each (set, class, group), as committed; one, but for ESC-50's parted groups."""
    folds: dict[tuple[str, str, str], list[str]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            folds.setdefault((row["set"], row["class"], row["group"]), []).append(row["fold"])
    return folds


if __name__ == "__main__":
    dealt = {*published(), *deal("household"), *deal("music_speech2")}
    write_table(TABLE, ["set", "class", "group", "fold"], sorted(dealt))
