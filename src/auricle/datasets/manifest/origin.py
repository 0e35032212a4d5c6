"""Files over HTTP, from the addresses of a manifest and nowhere else."""

import string
import tempfile
import threading
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from auricle.core.download import download
from auricle.core.errors import AuricleError
from auricle.core.schema import check
from auricle.core.secrets import refuse_passwords
from auricle.datasets.manifest.pieces import Piece

_PLACES = {"owner", "name", "commit", "path"}


@dataclass(frozen=True)
class Origin:
    """Where files come from, and how patiently they are asked for."""

    url: str
    connections: int
    attempts: int
    timeout_s: float
    wait_s: float
    most_mb: float

    def __post_init__(self) -> None:
        try:
            scheme = urllib.parse.urlsplit(self.url).scheme
            parts = list(string.Formatter().parse(self.url))
        except ValueError as error:
            raise AuricleError(f"url={self.url} is no template: {error}") from error
        check(scheme in ("https", "http"), f"url={self.url} must begin with https:// or http://")
        places = {name for _, name, _, _ in parts if name is not None}
        plain = not any(form or conversion for _, _, form, conversion in parts)
        check(
            plain and {"path"} <= places <= _PLACES,
            f"url={self.url} must hold {{path}}, and of {{owner}}, {{name}} and {{commit}} "
            "what tells its files apart",
        )
        refuse_passwords([self.url])
        check(self.connections >= 1, f"connections={self.connections} must be at least 1")
        check(self.attempts >= 1, f"attempts={self.attempts} must be at least 1")
        check(self.timeout_s > 0, f"timeout_s={self.timeout_s} must be positive")
        check(self.wait_s >= 0, f"wait_s={self.wait_s} must not be negative")
        check(self.most_mb > 0, f"most_mb={self.most_mb} must be positive")

    def addresses(self, piece: Piece) -> dict[str, str]:
        """Address of each file of a piece, by its path."""
        _, owner, name = piece.repository.split("/")
        return {
            path: self.url.format(
                owner=owner, name=name, commit=piece.commit, path=urllib.parse.quote(path)
            )
            for path in piece.paths
        }

    def fetch(self, piece: Piece, stop: threading.Event) -> dict[str, bytes]:
        """Return the files of a piece, by path; `stop` ends the waiting between attempts.

        Raises
        ------
        UnreachableError
            No server answered, or it was always too busy, in all attempts.
        AuricleError
            One answered, but with no whole file, or sends on to another server.
        """
        addresses = self.addresses(piece)
        with tempfile.TemporaryDirectory() as folder:
            return {
                path: self._get(addresses[path], Path(folder, str(i)), stop)
                for i, path in enumerate(addresses)
            }

    def _get(self, url: str, place: Path, stop: threading.Event) -> bytes:
        return download(
            url,
            place,
            attempts=self.attempts,
            timeout_s=self.timeout_s,
            wait_s=self.wait_s,
            most_mb=self.most_mb,
            same_host=True,
            stop=stop,
        ).read_bytes()
