"""Your own sounds: a tree with one folder a class."""

import csv
import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auricle.audio.io import SUFFIXES
from auricle.core.errors import AuricleError
from auricle.core.parallel import Cluster
from auricle.core.schema import check, one_of
from auricle.datasets.background import GENERATED, refuse_no_folder, with_generated
from auricle.datasets.clips import SPLITS, Dataset, Listing, list_clips
from auricle.synthesis import BACKGROUND


@dataclass(frozen=True)
class Columns:
    """Which columns of the table hold what; null for what it does not hold."""

    file: str
    group: str | None
    fold: str | None
    split: str | None
    licence: str | None
    source: str | None
    label: str | None


@dataclass(frozen=True)
class Folder(Dataset):
    """Recordings below `path`, whose class is the name of a folder above them.

    With `labels`, the class is the one folder of the path that it names, wherever it stands;
    without, it is the first folder below `path`, but for `background`, which is no label. A table
    may give group, fold, split, licence and source; without one, each file is a group of its own.
    """

    path: str
    background: str | None
    table: str | None
    table_root: str | None
    columns: Columns
    licences: list[str] | None

    def __post_init__(self) -> None:
        super().__post_init__()
        check(
            self.licences is None or bool(self.table and self.columns.licence),
            "licences needs a table with a licence a file: set dataset.table and "
            "dataset.columns.licence",
        )

    def fetch(self, folder: Path, cluster: Cluster) -> Listing:
        """List the recordings where they are; nothing is copied."""
        root = Path(self.path).expanduser()
        if not root.is_dir():
            raise AuricleError(f"dataset.path={self.path} is no folder: name one that exists")
        refuse_no_folder(self.background)
        left_out: Counter[str] = Counter()
        table = self._read_table()
        found = []
        files = _sound_files(root, left_out)
        self._refuse_absent(files, root)
        for path in files:
            name = self._class_of(path, root)
            fields = {"group": path.relative_to(root).as_posix()}
            if name is None:
                left_out["in no folder of a class"] += 1
                continue
            if table is not None:
                row = table.get(_key(path))
                if row is None:
                    left_out["not in the table"] += 1
                    continue
                if self.licences is not None and row["licence"] not in self.licences:
                    left_out["licence not admitted"] += 1
                    continue
                self._refuse_contradiction(path, name, row.get("label"))
                fields |= {key: value for key, value in row.items() if value and key != "label"}
            found.append((path, name, fields))
        if not found:
            raise AuricleError(
                f"dataset.path={self.path} holds no recordings to use (left out: "
                f"{dict(left_out) or 'nothing'}): put them into one folder a class, for example "
                "speech/one.wav"
            )
        classes = sorted({name for _, name, _ in found})
        if self.labels is None:
            self._refuse_alike(classes)
        alone: dict[str, list[str]] = {name: [name] for name in classes} | {BACKGROUND: []}
        given = self.labels or alone
        listed: list[tuple[Path, dict[str, Any]]] = [
            (path, {"labels": tuple(given[name]), **fields}) for path, name, fields in found
        ]
        listed += self._background(left_out)
        names = self.label_names([name for name in classes if given[name]])
        if not names:
            raise AuricleError(
                f"dataset.path={self.path} holds background only: add a folder of what is to be "
                "named"
            )
        notes = {
            "source": self.path,
            "classes": classes,
            "left_out": dict(sorted(left_out.items())),
        }
        listing = Listing(list_clips(listed), names, notes)
        if self.background != GENERATED:
            return listing
        return with_generated(listing, self, folder, cluster)

    def _background(self, left_out: Counter[str]) -> list[tuple[Path, dict[str, Any]]]:
        """List the recordings of `dataset.background`, each a group of its own."""
        if self.background in (None, GENERATED):
            return []
        root = Path(str(self.background)).expanduser()
        files = _sound_files(root, left_out)
        if not files:
            raise AuricleError(f"dataset.background={self.background} holds no recordings")
        return [
            (path, {"labels": (), "group": f"{BACKGROUND}/{path.relative_to(root).as_posix()}"})
            for path in files
        ]

    def _refuse_contradiction(self, path: Path, folder: str, label: str | None) -> None:
        if label and label != folder:
            raise AuricleError(
                f"{path} is labelled {label} in dataset.table={self.table}, and lies in the folder "
                f"{folder}: correct the one that is wrong, or set dataset.columns.label=null to go "
                "by the folders"
            )

    def _refuse_absent(self, files: Sequence[Path], root: Path) -> None:
        """Refuse a class that has no folder with recordings in it: its name may be mistyped."""
        there = {folder for path in files for folder in path.relative_to(root).parts[:-1]}
        absent = sorted(set(self.labels or ()) - there)
        if absent and there:
            raise AuricleError(
                f"dataset.labels names {', '.join(absent)}, but dataset.path={self.path} has "
                f"recordings in {', '.join(sorted(there))} only: rename it, or take it out of "
                "dataset.labels"
            )

    def _refuse_alike(self, classes: Sequence[str]) -> None:
        """Refuse names that look the same: one class in two folders, or two that are confused."""
        same: dict[str, list[str]] = {}
        for name in classes:
            same.setdefault(unicodedata.normalize("NFC", name).casefold(), []).append(name)
        alike = {name: key for key, names in same.items() if len(names) > 1 for name in names}
        if alike:
            example = ", ".join(f"{name}: [{key}]" for name, key in alike.items())
            raise AuricleError(
                f"dataset.path={self.path} has folders whose names differ only in upper and lower "
                f"case, or in how an accent is stored: {', '.join(alike)}. Rename them, or say in "
                f"dataset.labels what each stands for: {{{example}}}"
            )

    def _class_of(self, path: Path, root: Path) -> str | None:
        folders = path.relative_to(root).parts[:-1]
        if self.labels is None:
            return folders[0] if folders else None
        named = list(dict.fromkeys(folder for folder in folders if folder in self.labels))
        if len(named) > 1:
            raise AuricleError(
                f"{path} lies in the folders of several classes ({', '.join(named)}): "
                "move it, or take one of them out of dataset.labels"
            )
        return named[0] if named else None

    def _read_table(self) -> Mapping[str, dict[str, str]] | None:
        """Rows by absolute path of the recording."""
        if self.table is None:
            return None
        table = Path(self.table).expanduser()
        if not table.is_file():
            raise AuricleError(f"dataset.table={self.table} is no file: name one that exists")
        root = Path(self.table_root).expanduser() if self.table_root else table.parent
        columns = {key: column for key, column in vars(self.columns).items() if column}
        with _readable(table), table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = set(columns.values()) - set(reader.fieldnames or ())
            if missing:
                raise AuricleError(
                    f"dataset.table={self.table} has no column {', '.join(sorted(missing))} (it "
                    f"has {', '.join(reader.fieldnames or ())}): set dataset.columns"
                )
            rows = {}
            for row in reader:
                given = {key: (row[column] or "").strip() for key, column in columns.items()}
                one_of(f"{self.table}: split", given.get("split", ""), ("", *SPLITS))
                rows[_key(root / given.pop("file"))] = given
        return rows


@contextmanager
def _readable(table: Path) -> Iterator[None]:
    try:
        yield
    except (UnicodeDecodeError, csv.Error) as error:
        raise AuricleError(
            f"dataset.table={table} cannot be read ({error}): save it as CSV in UTF-8"
        ) from error


def _key(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100  # as it is named: links are not followed


def _sound_files(root: Path, left_out: Counter[str]) -> list[Path]:
    files = []
    for path in root.rglob("*"):
        if any(p.startswith(".") for p in path.relative_to(root).parts):
            continue
        if path.is_symlink() and not path.is_file():
            left_out["a link to a folder, or to nothing"] += 1
        elif not path.is_file():
            continue
        elif path.suffix.lower() in SUFFIXES:
            files.append(path)
        else:
            left_out[f"no sound file ({path.suffix.lower() or 'no suffix'})"] += 1
    return sorted(files)
