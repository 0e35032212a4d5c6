"""The leak guard: no recording, and nothing of its group, on two sides of a split.

A network that is tested on what it was trained on has learnt the recording, not the class.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from auricle.core.csv_table import write_table
from auricle.core.errors import AuricleError
from auricle.core.text import listed
from auricle.datasets.clips import Clip, Dataset
from auricle.datasets.fingerprint import Fingerprint, near_identical

_NAMED = 5  # pairs in a message


@dataclass(frozen=True)
class Duplicate:
    """Two recordings that are the same, or of one group, and the sides they stand on."""

    why: str
    first: str
    second: str
    first_side: str
    second_side: str
    similarity: float

    @property
    def leak(self) -> bool:
        """Whether they stand on two sides."""
        return self.first_side != self.second_side


def find_duplicates(
    clips: Sequence[Clip], side: Mapping[str, str], fingerprints: Mapping[str, Fingerprint]
) -> list[Duplicate]:
    """Find all pairs that must stand on one side: identical, near-identical, of one group.

    Identical recordings are each paired with the first of them; of a group on two sides one pair
    of recordings stands for all. Recordings that are left out of the split are not looked at.
    """
    clips = [clip for clip in clips if clip.path in side]
    found: dict[tuple[str, str], Duplicate] = {}

    def add(why: str, first: Clip, second: Clip, similarity: float) -> None:
        pair = (first.path, second.path)
        sides = (side[first.path], side[second.path])
        found.setdefault(pair, Duplicate(why, *pair, *sides, similarity))

    for same in _by(clips, "sha256"):
        for other in same[1:]:
            add("identical", same[0], other, 1.0)
    prints = [fingerprints[clip.path] for clip in clips]
    for match in near_identical(prints):
        add("near-identical", clips[match.first], clips[match.second], match.similarity)
    for group in _by(clips, "group"):
        one_a_side = {side[clip.path]: clip for clip in reversed(group)}
        for first, second in combinations(one_a_side.values(), 2):
            add(f"group {group[0].group}", first, second, 0.0)
    return list(found.values())


def guard(found: Sequence[Duplicate], dataset: Dataset, report: Path) -> list[Duplicate]:
    """List all duplicates in `report`; give those on two sides, which only `allow_leaks` admits.

    Raises
    ------
    AuricleError
        Some stand on two sides: they are named, with what to do.
    """
    write_table(
        report,
        ["leak", "why", "first", "first_side", "second", "second_side", "similarity"],
        (
            [
                *(int(pair.leak), pair.why, pair.first, pair.first_side),
                *(pair.second, pair.second_side, f"{pair.similarity:.3f}"),
            ]
            for pair in sorted(found, key=lambda pair: not pair.leak)
        ),
    )
    leaks = [pair for pair in found if pair.leak]
    if leaks and not dataset.allow_leaks:
        raise AuricleError(f"{describe(leaks, report)}. {_REMEDY}")
    return leaks


def refuse_contradictions(clips: Sequence[Clip], dataset: Dataset) -> None:
    """Refuse recordings that are the same byte by byte and labelled differently.

    Raises
    ------
    AuricleError
        There are some, and `dataset.allow_leaks` does not admit them: the first few are named.
    """
    found = [
        f"{same[0].path} ({_labels(same[0])}) and {other.path} ({_labels(other)})"
        for same in _by(clips, "sha256")
        for other in same[1:]
        if other.labels != same[0].labels
    ]
    if found and not dataset.allow_leaks:
        raise AuricleError(
            f"{len(found)} pair(s) of recordings are the same, and labelled differently: "
            f"{listed(found, _NAMED, '; ')}. Remove the one that is wrong; "
            "dataset.allow_leaks=true learns from both"
        )


def _labels(clip: Clip) -> str:
    return " and ".join(clip.labels) or "background"


_REMEDY = (
    "Give both the same group in dataset.table (dataset.columns.group), or remove one; "
    "dataset.allow_leaks=true goes on, and says so in every report"
)


def describe(leaks: Sequence[Duplicate], report: Path) -> str:
    """Name the leaks, the first few in full."""
    pairs = "; ".join(
        f"{pair.first} ({pair.first_side}) and {pair.second} ({pair.second_side}): {pair.why}"
        for pair in leaks[:_NAMED]
    )
    more = f"; and {len(leaks) - _NAMED} more" if len(leaks) > _NAMED else ""
    return f"{len(leaks)} pair(s) stand on two sides of the split: {pairs}{more} (all in {report})"


def _by(clips: Sequence[Clip], key: str) -> list[list[Clip]]:
    """Give the sets of at least two recordings that have a key in common."""
    sets: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        sets[getattr(clip, key)].append(clip)
    return [same for same in sets.values() if len(same) > 1]
