"""The list of recordings: `data/raw/clips.csv` and, beside it, `data/raw/dataset.json`."""

import csv
import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auricle.core.csv_table import csv_text
from auricle.core.errors import AuricleError
from auricle.core.files import digest, need_file, write_text
from auricle.core.parallel import Cluster, progress
from auricle.core.schema import check, one_of

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, order=True)
class Clip:
    """One recording.

    `labels` is empty for a recording of none of them. `group` names what must not stand on both
    sides of a split (a speaker, a composer, a session); `fold` and `split` are given by the
    dataset's authors, or empty. `source` is where it comes from (a corpus, a site, a device).
    """

    path: str
    size: int
    sha256: str
    labels: tuple[str, ...]
    group: str
    fold: str = ""
    split: str = ""
    licence: str = ""
    source: str = ""


@dataclass(frozen=True)
class Listing:
    """What fetching gives: the recordings and what is to be said about them."""

    clips: list[Clip]
    labels: list[str]
    notes: dict[str, Any]

    @property
    def fingerprint(self) -> str:
        """SHA-256 over labels and every recording's path, bytes and labels."""
        text = json.dumps([self.labels, _to_csv(self.clips)])
        return hashlib.sha256(text.encode()).hexdigest()

    def save(self, folder: Path, name: str, source: Mapping[str, Any]) -> None:
        """Write `clips.csv` and `dataset.json`; `source` is the configuration they come from."""
        about = {
            "name": name,
            "source": source,
            "labels": self.labels,
            "fingerprint": self.fingerprint,
            "clips": len(self.clips),
            "groups": len({clip.group for clip in self.clips}),
            "clips_by_labels": dict(
                sorted(Counter("+".join(clip.labels) or "none" for clip in self.clips).items())
            ),
            "notes": self.notes,
        }
        write_text(folder / "clips.csv", _to_csv(self.clips))
        text = json.dumps(about, indent=2, ensure_ascii=False)
        write_text(folder / "dataset.json", text + "\n")


@dataclass(frozen=True)
class Dataset:
    """What every dataset's configuration has; a subclass adds where the recordings come from.

    Sources of recordings implement `fetch(folder, progress)`.
    """

    name: str
    labels: dict[str, list[str]] | None
    split: str
    test_share: float
    validation_share: float
    folds: int | None
    test_folds: list[str] | None
    split_seed: int
    allow_leaks: bool
    stop_on_test: bool
    max_unreadable_share: float

    def __post_init__(self) -> None:
        one_of("split", self.split, ("group", "fold", "random_windows"))
        check(
            self.split != "random_windows" or self.allow_leaks,
            "split=random_windows trains on the neighbours of the windows it tests on, so its "
            "score is of no use: set dataset.split=group, or dataset.allow_leaks=true to see what "
            "it would claim",
        )
        check(
            not self.stop_on_test or self.split == "random_windows",
            "stop_on_test=true tunes on what it tests, as careless work does: set it to false, or "
            "dataset.split=random_windows to see what both would claim",
        )
        check(
            self.folds is None or self.folds >= len(SPLITS),
            f"folds={self.folds} must be at least {len(SPLITS)}: to train, validate and test",
        )
        check(
            self.folds is None or self.split == "fold",
            f"folds={self.folds} needs dataset.split=fold",
        )
        check(
            0 <= self.max_unreadable_share <= 1,
            f"max_unreadable_share={self.max_unreadable_share} must lie in [0, 1]",
        )
        for name in ("test_share", "validation_share"):
            share = getattr(self, name)
            check(0 < share < 1, f"{name}={share} must lie between 0 and 1")
        check(
            self.test_share + self.validation_share < 1,
            f"test_share={self.test_share} and validation_share={self.validation_share} leave "
            "nothing to train on: together they must stay below 1",
        )

    def fetch(self, folder: Path, cluster: Cluster) -> Listing:
        """Bring the recordings to this machine and list them.

        Parameters
        ----------
        folder
            `data/raw`, where a source that downloads or makes recordings keeps them.
        cluster
            Where to make them, if they are made.
        """
        raise NotImplementedError

    def label_names(self, folders: Iterable[str]) -> list[str]:
        """Labels in their order: that of `dataset.labels`, or the folders' sorted names."""
        given = self.labels or {name: [name] for name in sorted(set(folders))}
        labels = list(dict.fromkeys(name for names in given.values() for name in names))
        for name in labels:
            check(
                _SEPARATOR not in name,
                f"The label {name} holds `{_SEPARATOR}`, which separates labels: rename it",
            )
        return labels


def source_of(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """Give what of a dataset's configuration decides which recordings it lists.

    How they are split afterwards is left out.
    """
    splitting = {field.name for field in dataclasses.fields(Dataset)} - {"name", "labels"}
    return {key: value for key, value in dataset.items() if key not in splitting}


def list_clips(files: Sequence[tuple[Path, dict[str, Any]]]) -> list[Clip]:
    """Hash recordings and list them in the order of their paths.

    Every byte is read each time: a recording that changed is always seen. One that cannot be
    opened is listed without a hash; preparation says so and leaves it out.
    """
    clips = []
    files = sorted(files, key=lambda item: item[0].as_posix())
    for path, fields in progress(files, len(files), "Scanning"):
        _refuse_name(path.as_posix())
        size = path.stat().st_size
        try:
            sha256 = digest(path)
        except OSError:
            sha256 = ""
        clips.append(Clip(path.as_posix(), size, sha256, **fields))
    return clips


def unchanged(clip: Clip) -> Path:
    """Path of a recording.

    Raises
    ------
    AuricleError
        It is no longer the file that was listed.
    OSError
        It cannot be opened.
    """
    path = Path(clip.path)
    if not path.is_file() or digest(path) != clip.sha256:
        raise AuricleError(
            f"{path} is not the file that was fetched (missing, or its SHA-256 differs): "
            "run `auricle fetch`"
        )
    return path


def read_clips(folder: Path) -> list[Clip]:
    """Read `clips.csv`.

    Raises
    ------
    AuricleError
        The file is missing or is not such a list.
    """
    path = need_file(folder / "clips.csv", "run `auricle fetch` first")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        return [_from_row(row) for row in rows]
    except (TypeError, ValueError, KeyError) as error:
        raise AuricleError(f"{path} is damaged ({error}): run `auricle fetch` anew") from error


def read_about(folder: Path) -> dict[str, Any]:
    """Read `dataset.json`."""
    path = need_file(folder / "dataset.json", "run `auricle fetch` first")
    about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return about


_SEPARATOR = ";"
_COLUMNS = [field.name for field in dataclasses.fields(Clip)]


def _refuse_name(name: str) -> None:
    """Refuse what neither CSV nor JSON can hold, before it damages a list."""
    shown_name = name.encode("utf-8", "backslashreplace").decode()
    if "\r" in name or shown_name != name:
        raise AuricleError(
            f"{shown_name!r} has a carriage return or bytes that are no UTF-8 in its name: "
            "rename it"
        )


def _to_csv(clips: Iterable[Clip]) -> str:
    rows = (
        {**dataclasses.asdict(clip), "labels": _SEPARATOR.join(clip.labels)}.values()
        for clip in clips
    )
    return csv_text(_COLUMNS, rows)


def _from_row(row: dict[str, str]) -> Clip:
    labels = tuple(row["labels"].split(_SEPARATOR)) if row["labels"] else ()
    return Clip(**{**row, "size": int(row["size"]), "labels": labels})  # type: ignore[arg-type]
