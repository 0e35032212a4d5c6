"""The table of a manifest: a row a piece, with its origin, licence, credit and how it is cut."""

import csv
import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auricle.core.errors import AuricleError
from auricle.core.schema import check

_SEPARATOR, _JOIN = ";", " | "
_REPOSITORY = re.compile(r"github\.com/[\w.-]+/[\w.-]+", re.ASCII)
_SAFE = re.compile(r"(?!\.|/)(?!.*/\.\.?(/|$))[^\\\x00-\x1f]+")
_HEXADECIMAL = {
    "commit": re.compile(r"[0-9a-f]{7,40}"),
    "sketch": re.compile(r"[0-9a-f]{40}"),
    "sha256": re.compile(r"[0-9a-f]{64}"),
}


@dataclass(frozen=True)
class Piece:
    """One piece of sound.

    Several `paths` are clips of one voice or instrument, of which `seconds` are what all of them
    give together; of a single one, the piece is cut from `start_s` on. `rates_hz` are sampling
    rates that the files have. Without `level_dbfs`, the level is as it was published.
    """

    file: str
    labels: tuple[str, ...]
    repository: str
    commit: str
    paths: tuple[str, ...]
    start_s: float
    seconds: float
    rates_hz: tuple[int, ...]
    level_dbfs: float | None
    licence: str
    credit: str
    group: str
    fold: str
    source: str
    sketch: str
    sha256: str

    def __post_init__(self) -> None:
        for name, pattern in _HEXADECIMAL.items():
            value = getattr(self, name)
            check(bool(pattern.fullmatch(value)), f"{name}={value!r} is not {pattern.pattern}")
        check(
            bool(_REPOSITORY.fullmatch(self.repository)),
            f"repository={self.repository!r} is not github.com/OWNER/NAME",
        )
        check(bool(self.paths), "paths is empty")
        for path in (self.file, *self.paths):
            check(bool(_SAFE.fullmatch(path)), f"the path {path!r} leads out of its folder")
        check(
            not self.file.endswith(".flac"),
            f"file={self.file} is FLAC: only what is made of an origin is",
        )
        for name in ("licence", "credit", "group"):
            check(bool(getattr(self, name)), f"{name} is empty")
        check(self.start_s >= 0, f"start_s={self.start_s} must not be negative")
        check(0 < self.seconds < 3600, f"seconds={self.seconds} must lie between 0 and 3600")


def read_pieces(table: Path) -> list[Piece]:
    """Read the table.

    Raises
    ------
    AuricleError
        It is missing, lacks a column, or a row does not hold what a piece needs.
    """
    if not table.is_file():
        raise AuricleError(f"dataset.table={table} is no file: name one that exists")
    try:
        with table.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise AuricleError(f"{table} cannot be read ({error}): save it as CSV, UTF-8") from error
    pieces: dict[str, Piece] = {}
    for number, row in enumerate(rows, 1):
        try:
            piece = _from_row(row)
        except (KeyError, TypeError, ValueError, AttributeError, AuricleError) as error:
            what = f"has no column {error}" if isinstance(error, KeyError) else f"{error}"
            raise AuricleError(f"{table}, row {number} ({row.get('file')}): {what}") from error
        if piece.file in pieces:
            raise AuricleError(f"{table}, row {number}: {piece.file} is listed twice")
        pieces[piece.file] = piece
    return list(pieces.values())


def _from_row(row: dict[str, str]) -> Piece:
    fields: dict[str, Any] = {field.name: row[field.name] for field in dataclasses.fields(Piece)}
    fields |= {
        "labels": tuple(filter(None, row["labels"].split(_SEPARATOR))),
        "paths": tuple(row["paths"].split(_JOIN)),
        "start_s": float(row["start_s"]),
        "seconds": float(row["seconds"]),
        "rates_hz": tuple(int(rate) for rate in row["rates_hz"].split(_SEPARATOR)),
        "level_dbfs": float(row["level_dbfs"]) if row["level_dbfs"] else None,
    }
    return Piece(**fields)
