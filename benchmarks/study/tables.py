"""`python -m benchmarks.study.tables`: the study's tables as Markdown, from its CSV files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.measure import ROOT
from benchmarks.study.figures import FINAL, STUDY, Row, differences, read

SHOWN = (
    "clean, 0.25 s",
    "clean, 1 s",
    "-40 dB, 0.25 s",
    "4 kHz, 0.25 s",
    "0 dB SNR, 1 s",
    "neither named",
    "both named, speech +0 dB",
)
FINAL_SHOWN = ("clean", "-40 dB", "+10 dB", "4 kHz", "0 dB SNR", "0 dB SNR of other noises")
GENERATED = ROOT / "references/study_generated.csv"


def of_study(rows: Sequence[Row]) -> list[str]:
    """Each variant's gain over the base in points, the mean over folds and seeds."""
    base = [row for row in rows if row["variant"] == "base"]
    lines = [
        f"| | {' | '.join(SHOWN)} | trials |",
        "|---" * (len(SHOWN) + 2) + "|",
        "| base | "
        + " | ".join(f"{np.mean([row[name] for row in base]):.3f}" for name in SHOWN)
        + f" | {len(base)} |",
    ]
    gains = {name: differences(rows, name) for name in SHOWN}
    for variant in sorted(gains[SHOWN[0]], key=lambda name: -np.mean(gains[SHOWN[0]][name])):
        cells = [f"{np.mean(gains[name][variant]):+.1f}" for name in SHOWN]
        lines.append(f"| {variant} | {' | '.join(cells)} | {len(gains[SHOWN[0]][variant])} |")
    return lines


def of_final(rows: Sequence[Row]) -> list[str]:
    """Balanced accuracy of each held-out fold under each condition: mean and sd over seeds."""
    seen = ("0.25 s", "1 s")
    names = [f"{condition}, {s}" for condition in FINAL_SHOWN for s in seen]
    names += ["neither named", "neither of others named", "voice- and music-like named"]
    lines = [f"| fold | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for fold in sorted({row["held out"] for row in rows}, reverse=True):
        mine = [row for row in rows if row["held out"] == fold]
        # What was not asked when a trial was judged is empty.
        cells = [_spread([row[name] for row in mine if row[name] != ""]) for name in names]
        lines.append(f"| {fold:g} ({len(mine)}) | {' | '.join(cells)} |")
    return lines


def _spread(values: Sequence[float]) -> str:
    if not values:
        return ""
    spread = f" ({np.std(values):.3f})" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{spread}"


def of_generated(rows: Sequence[Row]) -> list[str]:
    """Figures of networks that heard generated sound alone."""
    names = ("clean, 0.25 s", "clean, 1 s", "clean, music", "clean, speech", "neither named")
    lines = [f"| | judged on | {' | '.join(names)} |", "|---" * (len(names) + 2) + "|"]
    for row in rows:
        cells = " | ".join(f"{row[name]:.3f}" for name in names)
        where = "all" if row["held out"] == "all" else f"fold {row['held out']:g}"
        lines.append(f"| {row['variant']} | {where} | {cells} |")
    return lines


def _print(path: Path, lines: list[str]) -> None:
    print(path.relative_to(ROOT), "", *lines, "", sep="\n")


if __name__ == "__main__":
    for source, table in ((STUDY, of_study), (FINAL, of_final), (GENERATED, of_generated)):
        if source.is_file():
            _print(source, table(read(source)))
