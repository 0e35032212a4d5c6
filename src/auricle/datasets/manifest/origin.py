"""Files over HTTP, from the addresses of a manifest and nowhere else."""

import http.client
import random
import string
import threading
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import IO

from auricle import __version__
from auricle.config import check, refuse_passwords
from auricle.datasets.manifest.pieces import Piece
from auricle.errors import AuricleError

_PLACES = {"owner", "name", "commit", "path"}
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})  # may be otherwise in a moment
_TOO_MUCH = frozenset({429, 503})
_LONGEST_WAIT_S = 60.0
_BLOCK = 1 << 16


class UnreachableError(AuricleError):
    """No answer came, or none but that it is too much; other files will fare no better."""


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
        """Get the files of a piece, by path; `stop` ends the waiting between attempts.

        Raises
        ------
        UnreachableError
            No server answered, or it was always too busy, in all attempts.
        AuricleError
            One answered, but with no whole file.
        """
        return {path: self._get(url, stop) for path, url in self.addresses(piece).items()}

    def _get(self, url: str, stop: threading.Event) -> bytes:
        for attempt in range(self.attempts):
            try:
                return self._once(url)
            except _Passing as error:
                if attempt + 1 == self.attempts or stop.is_set():
                    raise error.final from error
                # Doubled each time, and not by all at the same moment.
                wait_s = self.wait_s * 2**attempt * random.uniform(0.75, 1.25)
                stop.wait(min(max(wait_s, error.asked_s), _LONGEST_WAIT_S))
        raise AssertionError("attempts is at least 1")

    def _once(self, url: str) -> bytes:
        opener = urllib.request.build_opener(_SameHost)
        request = urllib.request.Request(
            url, headers={"User-Agent": f"auricle/{__version__}", "Accept-Encoding": "identity"}
        )
        try:
            with opener.open(request, timeout=self.timeout_s) as response:
                return self._read(response, url)
        except urllib.error.HTTPError as error:
            with error:
                kind = UnreachableError if error.code in _TOO_MUCH else AuricleError
                final = kind(f"{url} answers {error.code} {error.reason}")
                if error.code in _PASSING:
                    raise _Passing(final, _seconds(error.headers.get("Retry-After"))) from error
                raise final from error
        # An answer that breaks off, or is none of HTTP; a name or server that cannot be reached.
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            text = f"{url} cannot be reached ({str(reason) or type(reason).__name__})"
            raise _Passing(UnreachableError(text)) from error

    def _read(self, response: http.client.HTTPResponse, url: str) -> bytes:
        length = response.headers.get("Content-Length")
        content = bytearray()
        try:
            while block := response.read(_BLOCK):
                content += block
                if len(content) > self.most_mb * 1e6:
                    raise AuricleError(f"{url} has more than most_mb={self.most_mb:g} megabytes")
            whole = length is None or len(content) == int(length)
        except (OSError, http.client.HTTPException, ValueError):
            whole = False
        if not whole:
            came = f"{len(content)} of {length or 'an unknown number of'} bytes came"
            raise _Passing(AuricleError(f"{url} broke off: {came}"))
        return bytes(content)


class _Passing(Exception):  # noqa: N818  # no error yet: it is tried again
    """What went wrong may go right next time; `final` is the error if it never does."""

    def __init__(self, final: AuricleError, asked_s: float = 0.0) -> None:
        super().__init__(str(final))
        self.final, self.asked_s = final, asked_s


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follow a redirection on the same server, as of a renamed repository; no other."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        old, new = (urllib.parse.urlsplit(url)[:2] for url in (req.full_url, newurl))
        if old != new:
            raise AuricleError(
                f"{req.full_url} sends on to {'://'.join(new)}, which is not in the manifest"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _seconds(text: str | None) -> float:
    return float(text) if text and text.isdigit() else 0.0
