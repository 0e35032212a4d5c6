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

from auricle.core.download import download
from auricle.core.errors import AuricleError
from auricle.core.files import digest, whole_folder, write_text
from auricle.core.schema import check
from auricle.core.secrets import refuse_passwords


@dataclass(frozen=True)
class Archive:
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
        sys.stderr.write(f"Fetching {self.url}\n")
        url = str(self.url)
        place = scratch / (url.rpartition("/")[2] or "archive")
        try:
            return download(url, place, attempts=3, timeout_s=60, wait_s=2, show=True)
        except AuricleError as error:
            raise AuricleError(
                f"The archive cannot be had ({error}). {self.by_hand}, and unpack it so that "
                f"{home} holds it; or set dataset.path to the folder that does"
            ) from error


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
