"""CSV: a line, a text, or a file that appears whole or not at all. Lines end as on Unix."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from auricle.core.files import write_text


def csv_line(cells: Iterable[Any]) -> str:
    """Return one line; a cell that is None is empty."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def csv_text(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a header and rows."""
    return "".join(csv_line(cells) for cells in (columns, *rows))


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a header and rows to a file."""
    write_text(path, csv_text(columns, rows))
