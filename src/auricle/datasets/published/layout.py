"""How a published set lies in its folder, and how one that differs is told."""

import csv
import re
import string
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from auricle.audio.io import SUFFIXES
from auricle.core.errors import AuricleError
from auricle.core.schema import check

_NAMED = 3  # files that an error names


@dataclass(frozen=True)
class Entry:
    """One recording of a set: where it lies, and what its authors say of it."""

    path: Path
    label: str
    group: str
    fold: str


@dataclass(frozen=True)
class Layout:
    """Where the recordings of a set lie, and what tells their class, group and fold.

    A `table` has a row a recording, and the columns that `file` (a template of a path), `label`,
    `group` and `fold` name; `only` keeps the rows that have these values. Without a table, each of
    `folders` is a class. `name` is a pattern of file names, whose named groups must be what the
    columns of the same names say.
    """

    table: str | None
    file: str | None
    label: str | None
    group: str | None
    fold: str | None
    only: dict[str, str]
    name: str | None
    folders: dict[str, str]
    recordings: int

    def __post_init__(self) -> None:
        given = bool(self.table and self.file and self.label)
        check(
            given or (bool(self.folders) and not self.table),
            "layout needs table, file and label, or folders",
        )
        try:
            re.compile(self.name or "")
        except re.error as error:
            raise AuricleError(f"layout.name={self.name} is no pattern: {error}") from error

    def entries(self, home: Path, allow_partial: bool) -> list[Entry]:
        """List the recordings in a folder.

        Raises
        ------
        AuricleError
            Something is missing, too much, renamed, or contradicts itself; with how many and the
            first of them. With `allow_partial`, recordings may be missing.
        """
        there = _sounds(home, [self._folder()] if self.table else list(self.folders.values()))
        rows = list(self._rows(home)) if self.table else self._listed(there)
        self._refuse_contradictions(rows, home)
        entries = []
        missing = []
        for row in rows:
            place = self._file(row)
            # Whatever the recordings were encoded as, their names stay.
            found = there.pop(place.with_suffix(""), None)
            if found is None:
                missing.append(place.as_posix())
            elif all(row.get(column) == value for column, value in self.only.items()):
                entries.append(self._entry(found, row))
        extra = [path.relative_to(home).as_posix() for path in there.values()]
        listed = f"row of {self.table}" if self.table else "folder of a class"
        told = [
            _told(f"{len(missing)} of {len(rows)} recordings are missing", missing),
            _told(f"{len(extra)} files are in no {listed}", extra),
        ]
        if len(entries) != self.recordings and not (missing or extra):
            told.append(f"it has {len(entries)} recordings, but {self.recordings} were published")
        told = [text for text in told if text]
        if told and not (allow_partial and not extra and entries):
            raise AuricleError(
                f"{home} is not the set as it was published: {'; '.join(told)}. Get it anew, or "
                "set its allow_partial=true to go on with the recordings that are there"
            )
        return entries

    def _folder(self) -> str:
        """Give the folder that all recordings lie in: the fixed beginning of `file`."""
        fixed = next(iter(string.Formatter().parse(self.file or "")))[0]
        return fixed.rpartition("/")[0]

    def _file(self, row: dict[str, str]) -> Path:
        return Path((self.file or "{file}").format(**row))

    def _entry(self, path: Path, row: dict[str, str]) -> Entry:
        return Entry(
            path,
            row[self.label or "label"],
            row[self.group] if self.group else path.stem,
            row[self.fold] if self.fold else "",
        )

    def _listed(self, there: dict[Path, Path]) -> list[dict[str, str]]:
        classes = {Path(folder): label for label, folder in self.folders.items()}
        return [
            {"file": stem.as_posix(), "label": classes[stem.parent]}
            for stem in sorted(there)
            if stem.parent in classes
        ]

    def _rows(self, home: Path) -> Iterator[dict[str, str]]:
        table = home / (self.table or "")
        if not table.is_file():
            raise AuricleError(f"{home} has no {self.table}: it is not the set, or not whole")
        needed = {name for _, name, _, _ in string.Formatter().parse(self.file or "") if name}
        needed |= {name for name in (self.label, self.group, self.fold) if name} | set(self.only)
        try:
            with table.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                absent = sorted(needed - set(reader.fieldnames or ()))
                if absent:
                    raise AuricleError(
                        f"{table} has no column {', '.join(absent)} (it has "
                        f"{', '.join(reader.fieldnames or ())}): it is of another version"
                    )
                for row in reader:
                    if None in row or None in row.values():
                        raise AuricleError(
                            f"{table}, line {reader.line_num}, has another number of columns than "
                            "its first line: get it anew"
                        )
                    yield row
        except (UnicodeDecodeError, csv.Error) as error:
            raise AuricleError(f"{table} cannot be read ({error}): get it anew") from error

    def _refuse_contradictions(self, rows: Sequence[dict[str, str]], home: Path) -> None:
        places = Counter(self._file(row).with_suffix("") for row in rows)
        twice = [place.as_posix() for place, count in places.items() if count > 1]
        told = [_told(f"{len(twice)} recordings stand in several rows", twice)]
        if self.name:
            pattern = re.compile(self.name)
            unlike, otherwise = [], []
            for row in rows:
                name = self._file(row).stem
                match = pattern.fullmatch(name)
                if match is None:
                    unlike.append(name)
                    continue
                for column, value in match.groupdict().items():
                    if column in row and row[column] != value:
                        otherwise.append(f"{name} ({column} {row[column]})")
            told.append(_told(f"{len(unlike)} names are not of the set's form", unlike))
            told.append(_told(f"{len(otherwise)} rows contradict their file's name", otherwise))
        told = [text for text in told if text]
        if told:
            raise AuricleError(f"{home / (self.table or '')}: {'; '.join(told)}: get it anew")


def _sounds(home: Path, folders: Sequence[str]) -> dict[Path, Path]:
    """Sound files below folders of a set, by their path in it without suffix."""
    found = {}
    for folder in folders:
        for path in sorted((home / folder).rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(home).parts)
            if path.suffix.lower() in SUFFIXES and path.is_file() and not hidden:
                found[path.relative_to(home).with_suffix("")] = path
    return found


def _told(what: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    more = ", ..." if len(names) > _NAMED else ""
    return f"{what} ({', '.join(names[:_NAMED])}{more})"
