"""`python -m benchmarks.study NAME ...`: run trials by name and add their rows to the table."""

import argparse
import csv
import fcntl
import sys
from pathlib import Path

import tensorflow as tf

from benchmarks.measure import ROOT
from benchmarks.study import trial
from benchmarks.study.variants import VARIANTS


def main() -> None:
    """Train and judge each named variant on the folds and seeds that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study")
    parser.add_argument("names", nargs="+", choices=[*VARIANTS], metavar="NAME")
    parser.add_argument("--held-out", nargs="+", default=["2", "3"], help="folds, or all")
    parser.add_argument("--folds", type=int, nargs="+", default=[0, 1, 2, 3], help="to train on")
    parser.add_argument("--table", type=Path, default=ROOT / "references/study.csv")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    options = parser.parse_args()
    # Trials run side by side, one a core: threads of one would only wait for each other.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for name in options.names:
        for seed in options.seeds:
            for fold in options.held_out:
                held_out = None if fold == "all" else int(fold)
                if held_out is None and VARIANTS[name].recordings:
                    parser.error(f"{name} is trained on recordings, so it is not judged on all")
                row = trial.run(VARIANTS[name], held_out, seed, options.folds)
                add(options.table, {"variant": name, "held out": fold, "seed": seed} | row)


def add(table: Path, row: dict[str, object]) -> None:
    """Add a row to a table that others may be writing too."""
    with table.open("a+", newline="", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        columns = next(csv.reader(file), [])
        # Of other columns than the table has, it would not be known which is which.
        writer = csv.DictWriter(file, columns or list(row), lineterminator="\n")
        if not columns:
            writer.writeheader()
        writer.writerow(row)
    sys.stdout.write(f"{row}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
