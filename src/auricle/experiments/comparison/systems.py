"""What is compared: sets of real recordings, systems, and how each is judged."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auricle.core.schema import check, one_of, parse_group
from auricle.experiments.cross_validation import SCORES

HONEST, AS_EVALUATED = "honest", "as it was evaluated"


@dataclass(frozen=True)
class Recordings:
    """A set of recordings, and the overrides that name it."""

    title: str
    says: str
    level: str
    overrides: list[str]
    places: list[str]
    place_key: str | None
    beside: list[str]
    seeds: list[int]

    def __post_init__(self) -> None:
        one_of("level", self.level, SCORES)
        check(bool(self.places), "places must name where the set may lie")
        check(bool(self.seeds), "seeds must name at least one seed")

    @property
    def place(self) -> str | None:
        """Where it lies on this machine; none where it, or what it needs beside it, does not."""
        if not all(Path(folder).is_dir() for folder in self.beside):
            return None
        return next((place for place in self.places if Path(place).expanduser().is_dir()), None)

    @property
    def remedy(self) -> str:
        """Command that brings it here."""
        return shlex.join(["auricle", "fetch", *self.overrides])


@dataclass(frozen=True)
class System:
    """A system as an experiment, and how its original was judged, if otherwise than here."""

    title: str
    overrides: list[str]
    sets: list[str]
    claim: str | None
    as_evaluated: list[str] | None


@dataclass(frozen=True)
class Line:
    """One system on one set, judged in one way."""

    of: str
    recordings: Recordings
    name: str
    system: System
    protocol: str

    @property
    def overrides(self) -> list[str]:
        """What makes this line, wherever the recordings lie."""
        added: list[str] = []
        if self.protocol == AS_EVALUATED:
            added = ["dataset.split=random_windows", "dataset.allow_leaks=true"]
            if any(text.startswith("dataset.folds=") for text in self.recordings.overrides):
                added.append("dataset.folds=null")
            added += self.system.as_evaluated or []
        return [*self.system.overrides, *self.recordings.overrides, *added]


@dataclass(frozen=True)
class Comparison:
    """All that is compared, and where the page and its table go."""

    page: str
    table: str
    only: list[str]
    jobs: int
    sets: dict[str, Any]
    systems: dict[str, Any]

    def __post_init__(self) -> None:
        check(self.jobs != 0, "jobs=0: give a number, or -1 for all cores")
        for name in self.only:
            one_of("only", name, [*self.sets, *self.systems])
        for name, system in self.each_system.items():
            for of in system.sets:
                check(of in self.sets, f"systems.{name}.sets names {of}, which `sets` has not")

    @property
    def each_set(self) -> dict[str, Recordings]:
        """The sets, checked."""
        return {
            name: parse_group(node, Recordings, f"results.sets.{name}")
            for name, node in self.sets.items()
        }

    @property
    def each_system(self) -> dict[str, System]:
        """The systems, checked."""
        return {
            name: parse_group(node, System, f"results.systems.{name}")
            for name, node in self.systems.items()
        }

    def lines(self) -> Iterator[Line]:
        """Give every line of the page, in its order."""
        for of, recordings in self.each_set.items():
            for name, system in self.each_system.items():
                if of in system.sets:
                    for protocol in (HONEST, AS_EVALUATED):
                        if protocol == HONEST or system.as_evaluated is not None:
                            yield Line(of, recordings, name, system, protocol)

    def wanted(self, line: Line) -> bool:
        """Whether a line is among those that are to be measured now."""
        named = {name for name in self.only if name in self.sets}, set(self.only) - set(self.sets)
        return all(
            not some or it in some for some, it in zip(named, (line.of, line.name), strict=True)
        )
