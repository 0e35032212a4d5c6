"""`python -m benchmarks.study.folds`: deal the groups of the development recordings into folds.

It was run once, before the study, and its table is in git: choices are made on folds 0 to 3, none
on fold 4.
"""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np

from auricle.core.files import whole_file
from benchmarks.measure import ROOT

SOURCES = ROOT / "../shared/data/SOURCES.csv"
TABLE = ROOT / "references/folds_music_speech.csv"
FOLDS, FINAL = 5, 4
_SEED = 20261120
# One library or one folder of unnamed performers: its groups may share voices, so they stay as one.
_HELD_TOGETHER = ("olpc-berklee", "pockettorah")


def deal() -> dict[tuple[str, str], int]:
    """Fold of each (class, group): groups in random order, the long ones first, to the shortest."""
    seconds: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    with SOURCES.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["class"] in ("music", "speech"):
                group = row["group_id"]
                together = next((name for name in _HELD_TOGETHER if group.startswith(name)), group)
                seconds[row["class"], together][group] += float(row["seconds"])
    rng = np.random.default_rng(_SEED)
    folds: dict[tuple[str, str], int] = {}
    for label in ("music", "speech"):
        held = sorted(together for of, together in seconds if of == label)
        rng.shuffle(held)
        load = np.zeros(FOLDS)
        for together in sorted(held, key=lambda name: -sum(seconds[label, name].values())):
            groups = seconds[label, together]
            fold = int(load.argmin())
            load[fold] += sum(groups.values())
            folds |= {(label, group): fold for group in groups}
    return folds


def read(path: Path = TABLE) -> dict[tuple[str, str], int]:
    """Fold of each (class, group), as committed."""
    with path.open(newline="", encoding="utf-8") as file:
        return {(row["class"], row["group"]): int(row["fold"]) for row in csv.DictReader(file)}


if __name__ == "__main__":
    with whole_file(TABLE) as target:
        lines = [f"{label},{group},{fold}" for (label, group), fold in sorted(deal().items())]
        target.write(("\n".join(["class,group,fold", *lines]) + "\n").encode())
