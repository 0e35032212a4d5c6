"""A dataset in rows: the tables of its page, and `explore.csv`, a row a recording."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from auricle.core.csv_table import write_table
from auricle.explore.survey import Recording, Survey, bandwidth_hz, level_dbfs, seconds, silent
from auricle.explore.tells import kind
from auricle.report.page import Table

_FEW = 10  # rows of a table beside a chart
_ROWS = 20  # of a table of recordings or sources; the rest is in explore.csv


def classes(survey: Survey) -> Table:
    """Everything of each class, in medians."""
    medians = {
        quantity: {name: float(np.median(of)) for name, of in survey.of(quantity).items()}
        for quantity in (seconds, level_dbfs, silent, bandwidth_hz)
    }
    return Table(
        "Each class; lengths, levels, silence and bandwidth are medians over its recordings",
        [
            *("class", "recordings", "groups", "minutes", "seconds", "dBFS", "silent"),
            *("up to kHz", "clipped"),
        ],
        [
            [
                name,
                str(len(of)),
                str(survey.groups[name]),
                f"{survey.minutes[name]:.1f}",
                f"{medians[seconds][name]:.1f}",
                f"{medians[level_dbfs][name]:.1f}",
                f"{medians[silent][name]:.0%}",
                f"{medians[bandwidth_hz][name] / 1000:.1f}",
                str(sum(each.found.clipped_runs > 0 for each in of)),
            ]
            for name, of in survey.classes.items()
        ],
    )


def kinds(survey: Survey) -> Table:
    """Count the recordings of each format, rate and number of channels."""
    return _crossed(survey, "Recordings of each format", "format", kind)


def sources(survey: Survey) -> Table:
    """Count the recordings of each source."""
    return _crossed(
        survey, "Recordings of each source", "source", lambda each: each.clip.source or "not named"
    )


def same(survey: Survey) -> Table:
    """Pairs of the same sound, what is worst first."""
    of = {each.clip.path: each for each in survey.recordings}
    pairs = [
        *survey.mislabelled,
        *survey.apart,
        *(pair for pair in survey.same if pair not in {*survey.mislabelled, *survey.apart}),
    ]
    return Table(
        f"The same sound twice{_of(len(pairs))}",
        ["first", "class", "second", "class", "groups", "similarity"],
        [
            [
                survey.short(pair.first),
                of[pair.first].name,
                survey.short(pair.second),
                of[pair.second].name,
                "one" if of[pair.first].clip.group == of[pair.second].clip.group else "two",
                "identical" if pair.why == "identical" else f"{pair.similarity:.2f}",
            ]
            for pair in pairs[:_ROWS]
        ],
        names=5,
    )


def clipped(survey: Survey) -> Table:
    """List the recordings with the most samples at full scale."""
    found = [each for each in survey.used if each.found.clipped_runs]
    found.sort(key=lambda each: (-each.found.clipped, each.clip.path))
    return Table(
        f"Clipped recordings{_of(len(found), _FEW)}",
        ["recording", "class", "runs", "of all samples"],
        [
            [survey.short(e.clip.path), e.name, str(e.found.clipped_runs), f"{e.found.clipped:.3%}"]
            for e in found[:_FEW]
        ],
        names=2,
    )


def unreadable(survey: Survey) -> Table:
    """List the recordings that cannot be used, and why."""
    return Table(
        f"Left out{_of(len(survey.unreadable))}",
        ["recording", "class", "because"],
        [
            [survey.short(each.clip.path), each.name, each.found.inspected.problem]
            for each in survey.unreadable[:_ROWS]
        ],
        names=3,
    )


def write_recordings(survey: Survey, path: Path) -> None:
    """Write a row a recording, with all that was measured."""
    twin: dict[str, str] = {}
    for pair in survey.same:
        twin.setdefault(pair.first, pair.second)
        twin.setdefault(pair.second, pair.first)
    rows = [_row(each, twin.get(each.clip.path, "")) for each in survey.recordings]
    write_table(path, list(rows[0]), (row.values() for row in rows))


def _row(each: Recording, twin: str) -> dict[str, str | int]:
    found, clip = each.found, each.clip
    row: dict[str, str | int] = {
        "path": clip.path,
        "class": each.name,
        "group": clip.group,
        "source": clip.source,
        "problem": found.inspected.problem,
        "format": found.format,
    }
    measured: dict[str, str | int] = {
        "sample_rate_hz": found.sample_rate_hz,
        "channels": found.channels or "",
        "seconds": f"{found.seconds:.3f}",
        "cut_off": found.inspected.cut_off,
        "level_dbfs": f"{found.level_dbfs:.2f}",
        "peak": f"{found.peak:.5f}",
        "silent_share": f"{found.silent:.4f}",
        "digital_silence_share": f"{found.digital:.4f}",
        "clipped_share": f"{found.clipped:.6f}",
        "clipped_runs": found.clipped_runs,
        "bandwidth_hz": f"{found.bandwidth_hz:.0f}",
        "dc_offset": f"{found.offset:.6f}",
    }
    if found.inspected.problem:
        measured = dict.fromkeys(measured, "")
    return row | measured | {"same_sound_as": twin}


def _crossed(survey: Survey, caption: str, what: str, key: Callable[[Recording], str]) -> Table:
    """Count recordings by a name and by class; of many classes, only how many there are."""
    counts = Counter((key(each), each.name) for each in survey.used)
    totals = Counter(key(each) for each in survey.used)
    order = sorted(totals, key=lambda name: (-totals[name], name))
    names = list(survey.classes) if len(survey.classes) <= 6 else []
    many = [] if names else ["classes"]
    return Table(
        f"{caption}{_of(len(order))}",
        [what, *names, *many, "recordings"],
        [
            [
                name,
                *(str(counts[name, of]) for of in names),
                *([str(sum(found == name for found, _ in counts))] if many else []),
                str(totals[name]),
            ]
            for name in order[:_ROWS]
        ],
    )


def _of(count: int, rows: int = _ROWS) -> str:
    return f": {rows} of {count}, all are in explore.csv" if count > rows else ""
