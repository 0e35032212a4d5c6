"""A look into each recording before any is used: can it be read, how long is it, what is on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from auricle.audio.io import Tap, cut_off, load
from auricle.audio.level import active_s
from auricle.core.csv_table import write_table
from auricle.core.errors import AuricleError
from auricle.core.native_output import silenced
from auricle.core.schema import check
from auricle.datasets.clips import Clip, Dataset, unchanged
from auricle.datasets.fingerprint import Fingerprint, fingerprint

_NAMED = 3  # examples in a message


@dataclass(frozen=True)
class Inspected:
    """What was found in one recording.

    `samples` counts at the rate asked for, `active_s` is from the first to the last sound.
    `problem` says why a recording cannot be used, `cut_off` how it is shorter than it promises;
    both are empty where there is nothing to say.
    """

    samples: int
    active_s: float
    fingerprint: Fingerprint
    problem: str
    cut_off: str


def inspect(clip: Clip, sample_rate_hz: int, tap: Tap | None = None) -> Inspected:
    """Decode a recording and take its fingerprint; `tap` is shown what the file holds.

    Raises
    ------
    AuricleError
        The file is no longer the one that was fetched.
    """
    nothing = fingerprint(np.zeros(0, np.float32), sample_rate_hz)
    try:
        path = unchanged(clip)
    except OSError as error:
        told = f"{clip.path} cannot be opened ({error.strerror}): see to its permissions"
        return Inspected(0, 0.0, nothing, told, "")
    try:
        with silenced():  # decoders write of their own accord
            samples = load(path, sample_rate_hz, tap)
            cut = cut_off(path, len(samples) / sample_rate_hz)
    except AuricleError as error:
        return Inspected(0, 0.0, nothing, str(error), "")
    peaks, seconds = fingerprint(samples, sample_rate_hz), active_s(samples, sample_rate_hz)
    return Inspected(len(samples), seconds, peaks, "", cut)


def readable(
    clips: Sequence[Clip], found: Mapping[str, Inspected], dataset: Dataset, report: Path
) -> list[Clip]:
    """Give the recordings that can be used; the others, and those cut off, are listed with reasons.

    Raises
    ------
    AuricleError
        More than `dataset.max_unreadable_share` of the recordings cannot be used.
    """
    rows = []
    for path, inspected in sorted(found.items()):
        if inspected.problem:
            rows.append([path, "no", inspected.problem])
        elif inspected.cut_off:
            rows.append([path, "what is there", f"{inspected.cut_off}: copy it anew"])
    write_table(report, ["path", "used", "reason"], rows)
    lost = [clip for clip in clips if found[clip.path].problem]
    reasons = "; ".join(found[clip.path].problem for clip in lost[:_NAMED])
    check(
        len(lost) <= dataset.max_unreadable_share * len(clips),
        f"{len(lost)} of {len(clips)} recordings cannot be used, more than "
        f"dataset.max_unreadable_share={dataset.max_unreadable_share:g} admits. {reasons}"
        f"{' ...' if len(lost) > _NAMED else ''} (all in {report}): mend or remove them, or "
        "raise the share",
    )
    return [clip for clip in clips if not found[clip.path].problem]
