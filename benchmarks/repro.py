"""The default pipeline from a fresh clone, and again with nothing to do."""

import re
import sys
import tempfile
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.measure import ROOT, auricle, timed

_ENDED = re.compile(r"^(\w+) \((\d+\.\d) s\): ", re.MULTILINE)
_RUNNING = re.compile(r"^Running stage '(\w+)'", re.MULTILINE)
_ALWAYS = {"fetch_dataset"}  # scans each time, so that a changed recording is seen


def run() -> list[Figure]:
    """Wall time of the whole and of each stage; the last commit is what is built."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        timed(["git", "clone", "--quiet", str(ROOT), str(clone)], ROOT)
        source = clone / "src"
        total_s, told = timed(auricle("repro", "--reset"), clone, source)
        again_s, told_again = timed([sys.executable, "-m", "dvc", "repro"], clone, source)
    stages = {name: float(seconds) for name, seconds in _ENDED.findall(told)}
    rest_s = total_s - sum(stages.values())
    shares = {**stages, "DVC, compose_config and starting the stages": rest_s}
    repeated = set(_RUNNING.findall(told_again)) - _ALWAYS
    return [
        Figure("auricle repro in a fresh clone", total_s, "s", most=600, note="goal on two cores"),
        *(
            Figure(f"of it, {name}", seconds, "s", note=f"{seconds / total_s:.0%}")
            for name, seconds in shares.items()
        ),
        Figure("dvc repro with nothing to do", again_s, "s", most=5),
        Figure("stages it ran without need", len(repeated), most=0, note=", ".join(repeated)),
    ]
