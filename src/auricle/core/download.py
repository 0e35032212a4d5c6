"""A file over HTTP, whole or not at all."""

import math
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin, urlsplit

from auricle import __version__
from auricle.core.errors import AuricleError
from auricle.core.parallel import progress

if TYPE_CHECKING:
    import requests
    from urllib3.util import Retry

# As it was published: what a server compresses on the way would be unpacked here.
_HEADERS = {"User-Agent": f"auricle/{__version__}", "Accept-Encoding": "identity"}
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})  # may be otherwise in a moment
_TOO_MUCH = frozenset({429, 503})
_LONGEST_WAIT_S = 60.0
_BLOCK = 1_000_000  # bytes: a bar counts megabytes


class UnreachableError(AuricleError):
    """No answer came, or none but that it is too much; other files will fare no better."""


class _BrokenOffError(AuricleError, ValueError):
    """Not all of a file came; a ValueError is what pooch tries again after."""


def download(
    url: str,
    path: Path,
    *,
    attempts: int,
    timeout_s: float,
    wait_s: float,
    most_mb: float = math.inf,
    same_host: bool = False,
    show: bool = False,
    stop: threading.Event | None = None,
) -> Path:
    """Return `path`, which holds the file of `url` then; one that is there already is kept.

    Before the second attempt `wait_s` seconds pass, before each further one twice as many, or what
    a busy server asks for, never more than a minute; `stop` ends that. After a file that broke off
    pooch waits a few seconds, which nothing ends. An attempt fails after `timeout_s` seconds
    without a byte. `same_host` refuses to be sent on to another server, `show`
    draws a progress bar.

    Raises
    ------
    UnreachableError
        No server answered, or it was always too busy, in all attempts.
    AuricleError
        One answered, but with no whole file of at most `most_mb` megabytes.
    """
    import pooch
    import requests

    stop = stop or threading.Event()
    adapter = requests.adapters.HTTPAdapter(max_retries=_retries(attempts, wait_s, stop))
    hooks = {"response": _stay} if same_host else {}

    def attempt(url: str, place: str, _: Any) -> None:
        try:
            with session.get(url, stream=True, timeout=timeout_s, hooks=hooks) as response:
                if response.status_code // 100 != 2:
                    raise requests.HTTPError(response=response)
                came = _save(response, Path(place), most_mb, show)
        except (requests.RequestException, ValueError) as error:
            raise _refusal(url, error) from error
        if came:
            # pooch, which tries whole downloads again, does not know of urllib3's attempts.
            left = response.raw.retries.total
            adapter.max_retries = response.raw.retries.new(total=left - 1)
            kind = _BrokenOffError if left and not stop.is_set() else AuricleError
            raise kind(f"{url} broke off: {came} bytes came")

    pooch.get_logger().setLevel("ERROR")
    source = pooch.create(
        path.parent, "", registry={path.name: None}, urls={path.name: url}, retry_if_failed=attempts
    )
    with requests.Session() as session:
        session.headers.update(_HEADERS)
        session.auth = _without_credentials
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        source.fetch(path.name, downloader=attempt)
    return path


def _without_credentials(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
    """Return a request as it is: what a person keeps in ~/.netrc goes to nobody."""
    return request


def _save(response: "requests.Response", place: Path, most_mb: float, show: bool) -> str:
    """Return how much came, of how much, where that is not all; else nothing."""
    import requests

    length = response.headers.get("Content-Length", "an unknown number")
    blocks = response.iter_content(_BLOCK)
    if show and length.isdigit():
        blocks = progress(blocks, math.ceil(int(length) / _BLOCK), "Fetching MB")
    with place.open("wb") as file:
        try:
            for block in blocks:
                file.write(block)
                if file.tell() > most_mb * 1e6:
                    raise AuricleError(f"{response.url} has more than {most_mb=:g} megabytes")
            if length == str(response.raw.tell()) or "Content-Length" not in response.headers:
                return ""
        except requests.RequestException:
            pass  # told by how much came
        return f"{max(response.raw.tell(), file.tell())} of {length}"


def _stay(response: "requests.Response", **_: Any) -> None:
    """Follow a redirection on the same server, as of a renamed repository; no other."""
    if response.is_redirect:
        there = urlsplit(urljoin(response.url, response.headers["Location"]))
        server = f"{there.scheme}://{there.netloc}"
        if not response.url.startswith(f"{server}/"):
            raise AuricleError(f"{response.url} sends on to {server}, which is not in the manifest")


def _refusal(url: str, error: Exception) -> AuricleError:
    """Return what to say of an answer that is no file, or of none."""
    answer = getattr(error, "response", None)
    if answer is not None:
        kind = UnreachableError if answer.status_code in _TOO_MUCH else AuricleError
        return kind(f"{url} answers {answer.status_code} {answer.reason}")
    reason = getattr(next(iter(error.args), None), "reason", error)
    return UnreachableError(f"{url} cannot be reached ({str(reason) or type(reason).__name__})")


def _retries(attempts: int, wait_s: float, stop: threading.Event) -> "Retry":
    """Return urllib3's rules for the attempts, whose waits `stop` ends."""
    from urllib3.util.retry import RequestHistory, Retry

    class Stoppable(Retry):
        def increment(self, *given: Any, **named: Any) -> Self:
            last = self.new(total=0) if stop.is_set() else self
            return super(Stoppable, last).increment(*given, **named)

        def sleep(self, response: Any = None) -> None:
            asked_s = self.get_retry_after(response) if response else None
            stop.wait(min(asked_s or self.get_backoff_time(), _LONGEST_WAIT_S))

    return Stoppable(
        attempts - 1,
        status_forcelist=_PASSING,
        raise_on_status=False,  # the last answer is told of
        backoff_factor=wait_s / 2,
        backoff_jitter=wait_s / 2,  # not all at the same moment
        # urllib3 does not wait after a first failure: as if there had been one before.
        history=(RequestHistory(None, None, None, None, None),),
    )
