"""A stream from the network, through ffmpeg."""

import os
import re
import shutil
import threading
from dataclasses import dataclass

from auricle.core.errors import AuricleError
from auricle.core.schema import check
from auricle.core.secrets import mask
from auricle.realtime.block_queue import BlockQueue
from auricle.realtime.sources.ffmpeg import Decoder

_OVER_HTTP = "http,https,httpproxy,tcp,tls,crypto"
# What a stream of each scheme may open in turn. No file: a playlist must not read this machine's.
_PROTOCOLS = {
    "http": _OVER_HTTP,
    "https": _OVER_HTTP,
    "rtsp": "rtsp,rtp,udp,tcp",
    "rtmp": "rtmp,tcp",
    "rtmps": "rtmps,rtmp,tls,tcp",
    "srt": "srt",
    "udp": "udp",
    "rtp": "rtp,udp",
}
# Encoders pad and trim by less; more is sound that was lost.
_LEAST_MISSING = 0.02


@dataclass(frozen=True)
class Config:
    """An address, and what to do when nothing comes from it; see `Source`.

    It waits: ffmpeg's pipe and the connection hold what is not heard yet, so that a recording is
    heard whole, as fast as it goes. A live stream cannot be held for long: its server drops the
    connection then, which is told.

    The address is an argument of ffmpeg, which other users of the machine can see while it runs.
    """

    kind: str
    url: str | None
    url_env: str | None
    stall_s: float
    retry_least_s: float
    retry_most_s: float

    waits = True
    live = True
    continuous = False

    def __post_init__(self) -> None:
        check(
            (self.url is None) != (self.url_env is None),
            "url is the address of a stream, or url_env names an environment variable that holds "
            "it: give one of the two",
        )
        check(
            self.url_env is None or bool(os.environ.get(self.url_env)),
            f"url_env={self.url_env}: there is no such environment variable: "
            f"export {self.url_env}=https://...",
        )
        scheme = re.match(r"(\w+)://\S+$", self._address)
        check(
            scheme is not None and scheme[1] in _PROTOCOLS and self._address.isprintable(),
            f"url={self.name} is no address of a stream: it begins with "
            f"{', '.join(_PROTOCOLS)}, and ://; a file is listened to by its path",
        )
        for name in ("stall_s", "retry_least_s"):
            check(getattr(self, name) > 0, f"{name}={getattr(self, name)} must be positive")
        check(
            self.retry_most_s >= self.retry_least_s,
            f"retry_most_s={self.retry_most_s} must be at least retry_least_s",
        )

    @property
    def name(self) -> str:
        """The address without its secrets."""
        return _without_secrets(self._address)

    @property
    def _address(self) -> str:
        return self.url or os.environ.get(self.url_env or "", "")

    def run(
        self, queue: BlockQueue, sample_rate_hz: int, block_s: float, stop: threading.Event
    ) -> None:
        """Listen to its end; one that has none to begin with is opened again when it breaks off.

        Raises
        ------
        AuricleError
            There is no ffmpeg, the first connection fails, or a recording breaks off.
        """
        ffmpeg = shutil.which("ffmpeg")
        if ffmpeg is None:
            raise AuricleError(
                f"{self.name} needs ffmpeg, which is not installed: sudo apt-get install ffmpeg, "
                "sudo dnf install ffmpeg-free, sudo pacman -S ffmpeg or brew install ffmpeg"
            )
        scheme = self._address.partition("://")[0]
        options = ["-protocol_whitelist", _PROTOCOLS[scheme]]
        if scheme == "rtsp":
            options += ["-rtsp_flags", "prefer_tcp"]  # UDP loses packets, and firewalls stop it
        retry_s, heard = self.retry_least_s, False
        while not stop.is_set():
            with Decoder(ffmpeg, self._address, options) as decoder:
                cause, reason = self._follow(decoder, queue, stop)
            if stop.is_set():
                return
            if not (heard or decoder.frames):
                raise AuricleError(
                    f"{self.name} cannot be listened to ({reason or 'it holds no sound'}): see to "
                    "the address, the network, and whether it sends sound"
                )
            if decoder.duration_s is not None and not heard:
                self._refuse_part(decoder, reason)
                return
            if decoder.frames:
                heard = True
                if decoder.frames > self.retry_most_s * decoder.rate_hz:
                    retry_s = self.retry_least_s
                queue.trouble(cause, f"{reason or 'it ended'}; it is opened again until it is back")
            stop.wait(retry_s)
            retry_s = min(2 * retry_s, self.retry_most_s)

    def _follow(
        self, decoder: Decoder, queue: BlockQueue, stop: threading.Event
    ) -> tuple[str, str]:
        """Feed the queue until nothing comes any more; give the cause, and the reason."""
        first = True
        try:
            for block in decoder.blocks(stop, self.stall_s):
                if first:
                    queue.open(decoder.rate_hz, self.name, decoder.channels)
                    first = False
                queue.put(block)
        except TimeoutError:
            return "stalled", f"nothing came for {self.stall_s:g} s"
        return "lost", _without_secrets(decoder.reason)

    def _refuse_part(self, decoder: Decoder, reason: str) -> None:
        """Refuse a recording that broke off: what was heard is not all of it."""
        whole_s, heard_s = decoder.duration_s or 0.0, decoder.frames / decoder.rate_hz
        if reason and heard_s < (1 - _LEAST_MISSING) * whole_s:
            raise AuricleError(
                f"{self.name} broke off after {heard_s:.1f} of {whole_s:.1f} s ({reason}): "
                "listen to it again"
            )


def _without_secrets(text: str) -> str:
    """Hide users and passwords of URLs, and all that stands after their `?`, tokens often."""
    return re.sub(r"(://[^\s?]*\?)[^\s'\"]+", r"\1***", mask(text))
