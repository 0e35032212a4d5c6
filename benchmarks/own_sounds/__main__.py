"""`python -m benchmarks.own_sounds [ROW ...]`: measure the default on what a newcomer brings.

Each run is added to `references/own_sounds.csv` as it ends, and is not measured again with the same
code; `references/own_sounds.md` is written from all of them. What follows `--` are overrides that
make ours another than the untouched default.
"""

import argparse
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.status import Status

from auricle.core.errors import AuricleError
from auricle.core.files import write_text
from benchmarks.measure import ROOT
from benchmarks.own_sounds import ours, table
from benchmarks.own_sounds.baselines import accuracies
from benchmarks.own_sounds.measured import Measured, add, read
from benchmarks.own_sounds.sets import CHOOSING, ROWS

TABLE = ROOT / "references/own_sounds.csv"
PAGE = ROOT / "references/own_sounds.md"
WORK = ROOT / "multirun/own_sounds"
_SEEDS = (0, 1, 2)
_QUICK_FOLDS = 2


class _Run(NamedTuple):
    """A run that is asked for."""

    set: str
    fold: str
    seed: int

    def __str__(self) -> str:
        return f"{self.set}, fold {self.fold}, seed {self.seed}"


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for and not known; return the exit status."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    options, overrides = _options(arguments[:cut]), shlex.join(arguments[cut + 1 :])
    apart = "_".join(name for name in ("choosing", "quick") if getattr(options, name))
    path = options.work / f"{apart}.csv" if apart else TABLE
    console, code = Console(), ours.version()
    known = set() if options.again else {run.key for run in read(path)}
    wanted = [run for run in _asked(options, console) if (*run, code, overrides) not in known]
    failed = 0
    for number, one in enumerate(wanted, 1):
        what = f"{number} of {len(wanted)}: {one}"
        try:
            with console.status(what) as status:
                run = _measured(one, code, overrides, options.work, status)
        except (AuricleError, RuntimeError) as error:
            console.print(f"{what} failed: {error}", markup=False)
            failed += 1
            continue
        if ours.version() != code:
            console.print(f"{what} is not kept: src/auricle or conf changed meanwhile; start again")
            return 1
        add(path, run)
        console.print(f"{what}: {table.in_short(run)}", soft_wrap=True)
    runs = read(path)
    shown = [run for run in runs if run.overrides == overrides]
    sys.stdout.write("\n".join([*table.table(shown), ""]))
    if path == TABLE:
        write_text(PAGE, table.page([run for run in runs if not run.overrides]))
    return int(failed > 0)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.own_sounds",
        usage="%(prog)s [options] [ROW ...] [-- OVERRIDE ...]",
        description="How the default does on what a newcomer brings, beside fixed baselines.",
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one seed and two folds of each; kept in the work folder only",
    )
    parser.add_argument(
        "--choosing",
        action="store_true",
        help="the speakers that choices are made on; kept in the work folder only",
    )
    parser.add_argument("--again", action="store_true", help="measure what is known, too")
    parser.add_argument("--work", type=Path, default=WORK, metavar="DIR", help=f"({WORK})")
    options = parser.parse_args(arguments)
    if unknown := set(options.rows) - set(ROWS):
        parser.error(f"{', '.join(sorted(unknown))}: none of {', '.join(ROWS)}")
    return options


def _asked(options: argparse.Namespace, console: Console) -> Iterator[_Run]:
    """Return the runs that are asked for; a set that is not here is named and skipped."""
    rows = ROWS | CHOOSING if options.choosing else ROWS
    names = []
    for name in options.rows or (CHOOSING if options.choosing else ROWS):
        if missing := rows[name].missing:
            console.print(f"{name} is skipped: there is no {', '.join(map(str, missing))}")
        else:
            names.append(name)
    # Seed by seed: stopped early, each row has been measured as often as the others.
    for seed in _SEEDS[:1] if options.quick else _SEEDS:
        for name in names:
            folds = rows[name].folds[:_QUICK_FOLDS] if options.quick else rows[name].folds
            yield from (_Run(name, fold, seed) for fold in folds)


def _measured(one: _Run, code: str, overrides: str, work: Path, status: Status) -> Measured:
    """Return what ours and the baselines give on one split."""
    before = status.status
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work, prefix=f"{one.set}_") as folder:
        found, split = ours.run(
            Path(folder),
            ROWS[one.set],
            one.fold,
            one.seed,
            shlex.split(overrides),
            work / "starter",
            lambda stage: status.update(f"{before}, {stage}"),
        )
        status.update(f"{before}, baselines")
        figures: dict[str, Any] = vars(found) | accuracies(split, one.seed)
    return Measured(
        **one._asdict(),
        version=code,
        overrides=overrides,
        learned=len(split.train) + len(split.validation),
        tested=len(split.test),
        **figures,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
