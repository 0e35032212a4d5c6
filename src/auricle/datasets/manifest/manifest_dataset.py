"""A manifest as a dataset: each piece from a cache, from what came before, or from its origin."""

import hashlib
import json
import re
import shutil
import sys
import threading
import urllib.parse
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import soundfile

from auricle.audio.io import SUFFIXES
from auricle.core.download import UnreachableError
from auricle.core.errors import AuricleError
from auricle.core.files import digest, whole_file, write_text
from auricle.core.parallel import Cluster, progress
from auricle.core.project import resource
from auricle.core.schema import check
from auricle.datasets.clips import Dataset, Listing, list_clips
from auricle.datasets.manifest.origin import Origin
from auricle.datasets.manifest.piece_audio import RECIPE, Form, make_piece
from auricle.datasets.manifest.pieces import Piece, read_pieces

_FORMAT = {"format": "FLAC", "subtype": "PCM_16"}
_WRITING = threading.Lock()


@dataclass(frozen=True)
class Manifest(Dataset):
    """The pieces that `table` lists, of the licences admitted.

    A piece of `cache` is taken if its SHA-256 is that of the table. Any other is made of the files
    of its origin, once: it is kept in `store`. All lie in a folder of the dataset's name below
    `data/raw` in the end: those of the cache as they were, the others as FLAC.
    """

    table: str
    licences: list[str]
    leave_out: list[str]
    cache: str | None
    store: str
    origin: Origin
    form: Form

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self.labels is None, "labels must be null: the table says what sounds in each piece")
        check(
            re.fullmatch(r"[\w-]+", self.name) is not None,
            f"name={self.name} names a folder too: letters, digits, - and _ only",
        )

    def fetch(self, folder: Path, cluster: Cluster) -> Listing:
        """Bring the pieces to `folder`, from the nearest place that has them.

        Raises
        ------
        AuricleError
            Some could not be had; each is named, with the reason. The others are kept.
        """
        pieces, left_out = self._admitted()
        home = folder / self.name
        places = {
            piece: self._bring(piece, home) for piece in progress(pieces, len(pieces), "Looking")
        }
        if missing := [piece for piece, place in places.items() if place is None]:
            self._fetch_all(missing)
            places |= {piece: self._bring(piece, home) for piece in missing}
        found = {piece: place for piece, place in places.items() if place}
        files: list[tuple[Path, dict[str, Any]]] = [
            (
                place,
                {
                    name: getattr(piece, name)
                    for name in ("labels", "group", "fold", "licence", "source")
                },
            )
            for piece, place in found.items()
        ]
        _remove_others(home, set(found.values()))
        # Marks the folder as one that can be made again.
        write_text(home / "manifest.json", json.dumps({"table": self.table}) + "\n")
        notes = {
            "table": self.table,
            "from_origin": sum(place.suffix == ".flac" for place in found.values()),
            "left_out": dict(sorted(left_out.items())),
        }
        labels = self.label_names(name for piece in pieces for name in piece.labels)
        return Listing(list_clips(files), labels, notes)

    def _admitted(self) -> tuple[list[Piece], Counter[str]]:
        pieces, left_out, unused = [], Counter[str](), set(self.leave_out)
        for piece in read_pieces(resource(self.table)):
            named = {name for name in self.leave_out if f"{piece.file}/".startswith(f"{name}/")}
            unused -= named
            if named:
                left_out["named in leave_out"] += 1
            elif piece.licence not in self.licences:
                left_out["licence not admitted"] += 1
            else:
                pieces.append(piece)
        check(not unused, f"leave_out names {', '.join(sorted(unused))}: no piece of {self.table}")
        check(bool(pieces), f"licences admits no piece of {self.table}: see its column licence")
        return pieces, left_out

    def _bring(self, piece: Piece, home: Path) -> Path | None:
        """Put a piece that is on this machine into its place; give the place, or none."""
        place = home / piece.file
        if _is(place, piece.sha256):
            return place
        if self.cache and _is(cached := Path(self.cache).expanduser() / piece.file, piece.sha256):
            _copy(cached, place)
            return place
        kept, place = self._kept(piece), place.with_suffix(".flac")
        if not kept.is_file():
            return None
        if not _is(place, digest(kept)):
            _copy(kept, place)
        return place

    def _kept(self, piece: Piece) -> Path:
        """Place in the store of what is made of a piece's origin, named after how it is made."""
        of = (piece.repository, piece.commit, piece.paths, piece.start_s, piece.seconds)
        made = (piece.level_dbfs, *self.form.what_is_made, RECIPE)
        key = hashlib.sha256(json.dumps([of, made]).encode()).hexdigest()[:12]
        return Path(self.store).expanduser() / Path(piece.file).with_suffix(f".{key}.flac")

    def _fetch_all(self, pieces: Sequence[Piece]) -> None:
        """Make pieces of their origins, several at a time; each that is made is kept at once."""
        host = urllib.parse.urlsplit(self.origin.url).netloc
        sys.stderr.write(
            f"Fetching {len(pieces)} pieces of {self.table} from {host}; each is kept in "
            f"{self.store} once it is there.\n"
        )
        failed: dict[str, str] = {}
        stop = threading.Event()
        with ThreadPoolExecutor(self.origin.connections) as pool:
            futures = {pool.submit(self._make, piece, stop): piece for piece in pieces}
            try:
                for future in progress(as_completed(futures), len(futures), "Fetching"):
                    try:
                        future.result()
                    except _NotTriedError:
                        continue
                    except AuricleError as error:
                        failed[futures[future].file] = str(error)
            finally:  # Ctrl-C or a full disk: what has not begun does not begin
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
        if failed:
            raise AuricleError(self._explain(failed, pieces))

    def _make(self, piece: Piece, stop: threading.Event) -> None:
        if stop.is_set():
            raise _NotTriedError
        try:
            files = self.origin.fetch(piece, stop)
        except UnreachableError:
            stop.set()  # here, before this thread takes the next piece
            raise
        samples = make_piece(piece, files, self.form)
        # One at a time: how it finds the permissions of files is not for threads.
        with _WRITING, whole_file(self._kept(piece)) as file:
            soundfile.write(file, samples, self.form.sample_rate_hz, **_FORMAT)

    def _explain(self, failed: dict[str, str], pieces: Sequence[Piece]) -> str:
        made = sum(self._kept(piece).is_file() for piece in pieces)
        untried = len(pieces) - made - len(failed)
        key = f"dataset.parts.{self.name}"
        return (
            f"{len(failed)} of {len(pieces)} pieces of {self.table} could not be had from their "
            f"origin"
            + (f", and {untried} were not tried after that" if untried else "")
            + ":\n"
            + "".join(f"  {file}: {reason}\n" for file, reason in sorted(failed.items()))
            + f"Run it again: the {made} that came are kept in {self.store}. On a machine without "
            f"a network, or behind a mirror, set {key}.cache to a folder that has the pieces, or "
            f"{key}.origin.url to the mirror; {key}.leave_out=[...] builds without some."
        )


class _NotTriedError(AuricleError):
    """The server had been found unreachable before."""


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and digest(path) == sha256


def _copy(source: Path, place: Path) -> None:
    with source.open("rb") as file, whole_file(place) as copy:
        shutil.copyfileobj(file, copy)


def _remove_others(home: Path, wanted: set[Path]) -> None:
    """Remove pieces of an earlier table, or of another way of taking them."""
    for path in home.rglob("*"):
        if path.suffix in SUFFIXES and path not in wanted:
            path.unlink()
