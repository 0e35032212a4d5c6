"""What each row's recordings are, and which of them train, validate and test: dealt by group."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import zip_longest
from pathlib import Path

import numpy as np

from benchmarks.measure import ROOT
from benchmarks.study import folds as music_speech_folds

DATA = (ROOT / "../shared/data").resolve()
_SPEAKERS = tuple(f"speaker{number}" for number in range(1, 7))
_ESC50 = ("1", "2", "3")  # folds 4 and 5 are kept for the final score
_DRAWN_FROM, _TESTED = (0, 1, 2), 3  # folds of music and speech; 4 is kept for the final score
_TESTED_PER_CLASS = 60
# Sounds of a house. No group is in two of them; `clock_tick` would share one with `clock_alarm`.
HOUSEHOLD = (
    *("can_opening", "clock_alarm", "door_wood_creaks", "door_wood_knock", "glass_breaking"),
    *("keyboard_typing", "mouse_click", "toilet_flush", "vacuum_cleaner", "washing_machine"),
)


@dataclass(frozen=True)
class Recording:
    """A sound file, its one label, and the speaker, performer or session it is of."""

    path: Path
    label: str
    group: str


@dataclass(frozen=True)
class Split:
    """Which recordings train, which validate, which test."""

    train: tuple[Recording, ...]
    validation: tuple[Recording, ...]
    test: tuple[Recording, ...]


@dataclass(frozen=True)
class Row:
    """A set of recordings, and how it is split for each fold and seed.

    `needs` is what must be there for it. The starter corpus has no `deal`: the project generates
    it, and splits it by the fold as its seed.
    """

    about: str
    folds: tuple[str, ...]
    needs: tuple[Path, ...] = ()
    deal: Callable[[str, int], Split] | None = None

    @property
    def missing(self) -> list[Path]:
        """What it needs and is not on this machine."""
        return [path for path in self.needs if not path.exists()]


def _digits(fold: str, seed: int) -> Split:
    """Return a split of which one speaker tests, the next validates and the others train."""
    home = DATA / "own_sounds/digits"
    validates = _next(fold, _SPEAKERS)
    everyone = [
        Recording(home / row["file"], Path(row["file"]).parent.name, row["speaker"])
        for row in _read(home / "speakers.csv")
    ]
    return _apart(
        [one for one in everyone if one.group not in (fold, validates)],
        [one for one in everyone if one.group == validates],
        [one for one in everyone if one.group == fold],
    )


def _esc10(fold: str, seed: int) -> Split:
    """Return a split of which one fold tests, the next trains and the third validates."""
    trains = _next(fold, _ESC50)
    of_fold: dict[str, list[Recording]] = {of: [] for of in _ESC50}
    for row in _esc50():
        if row["esc10"] == "True":
            of_fold[row["fold"]].append(_recording(row))
    return _apart(of_fold[trains], of_fold[_next(trains, _ESC50)], of_fold[fold])


def _household(count: int, fold: str, seed: int) -> Split:
    """Return a split that draws `count` recordings a class from the folds that do not test."""
    rng = np.random.default_rng([seed, int(fold)])
    rows = [row for row in _esc50() if row["class"] in HOUSEHOLD]
    test = [_recording(row) for row in rows if row["fold"] == fold]
    tested = {one.group for one in test}
    others = [_recording(row) for row in rows if row["fold"] != fold]
    train, validation = list[Recording](), list[Recording]()
    for label in HOUSEHOLD:
        pool = [one for one in others if one.label == label and one.group not in tested]
        trains, validates = _drawn(pool, count, rng)
        train, validation = train + trains, validation + validates
    return _apart(train, validation, test)


def _music_speech(count: int, fold: str, seed: int) -> Split:
    """Return a split that draws `count` recordings a class, each of another group.

    The fold says which draw it is; all are tested on the same recordings.
    """
    rng, always = np.random.default_rng([seed, int(fold)]), np.random.default_rng(0)
    fold_of = music_speech_folds.read()
    rows = [row for row in _read(DATA / "SOURCES.csv") if row["file"].startswith("music_speech/")]
    train, validation, test = list[Recording](), list[Recording](), list[Recording]()
    for label in ("music", "speech"):
        mine = [_recording(row) for row in rows if row["class"] == label]
        pool = [one for one in mine if fold_of[label, one.group] in _DRAWN_FROM]
        one_a_group = {one.group: one for one in _shuffled(pool, rng)}
        trains, validates = _drawn(list(one_a_group.values()), count, rng)
        train, validation = train + trains, validation + validates
        held_out = [one for one in mine if fold_of[label, one.group] == _TESTED]
        test += _shuffled(held_out, always)[:_TESTED_PER_CLASS]
    return _apart(train, validation, test)


def _drawn(
    pool: Sequence[Recording], count: int, rng: np.random.Generator
) -> tuple[list[Recording], list[Recording]]:
    """Return so many recordings: those that train, and a quarter, at least one, that validate.

    Whole groups validate; of the others one recording each trains before a second of any does.
    """
    groups: dict[str, list[Recording]] = {}
    for one in _shuffled(pool, rng):
        groups.setdefault(one.group, []).append(one)
    wanted = max(1, count // 4)
    validation, rest = list[Recording](), list[list[Recording]]()
    for group in groups.values():
        if len(validation) + len(group) <= wanted:
            validation += group
        else:
            rest.append(group)
    turns = [one for turn in zip_longest(*rest) for one in turn if one is not None]
    return turns[: count - wanted], validation


def _apart(
    train: Iterable[Recording], validation: Iterable[Recording], test: Iterable[Recording]
) -> Split:
    """Return the split, without what trains or validates of a group that stands further on."""
    test = tuple(test)
    tested = {one.group for one in test}
    validation = tuple(one for one in validation if one.group not in tested)
    held_out = tested | {one.group for one in validation}
    return Split(tuple(one for one in train if one.group not in held_out), validation, test)


def _esc50() -> list[dict[str, str]]:
    rows = _read(DATA / "SOURCES.csv")
    return [row for row in rows if row["file"].startswith("esc50/") and row["fold"] in _ESC50]


def _recording(row: dict[str, str]) -> Recording:
    return Recording(DATA / row["file"], row["class"], row["group_id"])


def _shuffled(pool: Sequence[Recording], rng: np.random.Generator) -> list[Recording]:
    return [pool[i] for i in rng.permutation(len(pool))]


def _next(name: str, of: Sequence[str]) -> str:
    """Return the one after, the first after the last."""
    return of[(of.index(name) + 1) % len(of)]


@cache
def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


_SOURCES = DATA / "SOURCES.csv"
_OWN = "own_sounds/digits"
ROWS = {
    "digits": Row(
        "ten spoken words by six speakers: four train, one validates, another tests",
        _SPEAKERS[3:],
        (DATA / _OWN / "speakers.csv",),
        _digits,
    ),
    "esc10": Row(
        "ten kinds of sound of ESC-50: one fold trains, one validates, one tests",
        _ESC50,
        (_SOURCES, DATA / "esc50/audio"),
        _esc10,
    ),
    **{
        f"household_{count}": Row(
            f"ten kinds of sound of a house (ESC-50), {count} recordings of each to train and "
            "validate, tested on a fold of its authors",
            _ESC50,
            (_SOURCES, DATA / "esc50/audio"),
            partial(_household, count),
        )
        for count in (4, 8, 16)
    },
    "music_speech_10": Row(
        "music and speech, 10 recordings of each to train and validate, of as many groups, "
        f"tested on {_TESTED_PER_CLASS} of each of other groups; its folds are draws",
        ("1", "2", "3"),
        (_SOURCES, DATA / "music_speech", music_speech_folds.TABLE),
        partial(_music_speech, 10),
    ),
    "starter": Row(
        "the corpus that the project generates (in the first run only), in its own split; the "
        "baselines learn from recordings of just one label; its folds are seeds of the split",
        ("0", "1", "2"),
    ),
}
# Choices are made on these, so that those above stay untouched by them.
CHOOSING = {"digits": replace(ROWS["digits"], folds=_SPEAKERS[:3])}
