"""Where a published set is had: one archive, fetched whole and unpacked before it is in place."""

import shutil
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from auricle.config import check, refuse_passwords
from auricle.errors import AuricleError
from auricle.files import digest, whole_folder, write_text


@dataclass(frozen=True)
class Source:
    """An archive on the web, or where a person gets it.

    Without `sha256`, that of the first download is kept beside the set, for later ones.
    """

    url: str | None
    sha256: str | None
    folder: str
    by_hand: str

    def __post_init__(self) -> None:
        check(
            self.url is None or self.url.startswith(("https://", "http://")),
            f"source.url={self.url} must begin with https:// or http://",
        )
        refuse_passwords([self.url or ""])

    def bring(self, home: Path, hold: Callable[[Path], object]) -> None:
        """Have the set in `home`, where it is not there yet.

        `hold` is called with the folder that holds it, before that is in place, and refuses what is
        not the set.

        Raises
        ------
        AuricleError
            It cannot be downloaded, is not the file that is known, or not the set; with what to do
            by hand.
        """
        if self.url is None:
            raise AuricleError(
                f"There is no {home}. {self.by_hand}, and unpack it so that {home} holds it; or "
                "set dataset.path to the folder that does"
            )
        home.parent.mkdir(parents=True, exist_ok=True)
        record = home.with_name(f"{home.name}.sha256")
        known = self.sha256
        if known is None and record.is_file():
            known = record.read_text(encoding="utf-8").strip()
        with tempfile.TemporaryDirectory(dir=home.parent, prefix=f".{home.name}.") as scratch:
            archive = self._downloaded(Path(scratch), home)
            found = digest(archive)
            if known is not None and found != known:
                raise AuricleError(
                    f"{self.url} has the SHA-256 {found}, but {known} is known: another version "
                    f"was published, or it was changed on the way. Look into it, then remove "
                    f"{record} or set dataset.source.sha256"
                )
            with whole_folder(home) as building:
                _unpack(archive, self.folder, Path(scratch) / "unpacked", building)
                try:
                    hold(building)
                except AuricleError as error:
                    told = str(error).replace(str(building), str(self.url))
                    raise AuricleError(f"{told}. Nothing of it was kept") from error
        if known is None:
            write_text(record, f"{found}\n")
            sys.stderr.write(
                f"No checksum of it was known; its SHA-256 {found} is kept in {record}\n"
            )

    def _downloaded(self, scratch: Path, home: Path) -> Path:
        import pooch
        import requests

        name = str(self.url).rpartition("/")[2] or "archive"
        sys.stderr.write(f"Fetching {self.url}\n")
        pooch.get_logger().setLevel("ERROR")
        try:
            with _Bar() as bar:
                pooch.retrieve(
                    self.url,
                    known_hash=None,
                    fname=name,
                    path=scratch,
                    downloader=pooch.HTTPDownloader(progressbar=bar, timeout=60),
                )
        except (requests.RequestException, OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk's, which names itself
            raise AuricleError(
                f"{self.url} cannot be had ({error}). {self.by_hand}, and unpack it so that "
                f"{home} holds it; or set dataset.path to the folder that does"
            ) from error
        return scratch / name


def _unpack(archive: Path, folder: str, scratch: Path, place: Path) -> None:
    """Put what an archive has in `folder` into `place`; nothing outside is written."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as file:
                file.extractall(scratch)  # leaves `..` and roots out of names
        else:
            with tarfile.open(archive) as file:
                file.extractall(scratch, filter="data")
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise AuricleError(f"{archive.name} cannot be unpacked ({error}): fetch it anew") from error
    inside = scratch / folder
    if not inside.is_dir():
        held = ", ".join(sorted(path.name for path in scratch.iterdir())[:5])
        raise AuricleError(
            f"{archive.name} holds {held}, but no folder {folder}: another version was published; "
            "set dataset.source.folder"
        )
    for path in inside.iterdir():
        shutil.move(path, place / path.name)


class _Bar:
    """A progress bar as pooch wants one: `total`, `update`, `reset`, `close`."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("Fetching    "),
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("")
        self.total = 0

    def __enter__(self) -> "_Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._bar.stop()

    def update(self, count: int) -> None:
        self._bar.update(self._task, advance=count, total=self.total or None)

    def reset(self) -> None:
        self._bar.reset(self._task)

    def close(self) -> None:
        self._bar.refresh()
