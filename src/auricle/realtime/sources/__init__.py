"""Where live sound comes from. A file a source, twins behind one protocol."""

import threading
from typing import TYPE_CHECKING, ClassVar, Protocol

from auricle.core.errors import AuricleError
from auricle.core.kinds import Kinds

if TYPE_CHECKING:
    from auricle.realtime.block_queue import BlockQueue

KINDS = Kinds(
    "realtime.source.kind",
    {kind: f"{__name__}.{kind}" for kind in ("file", "microphone", "stdin", "url")},
)


class NoMicrophoneError(AuricleError):
    """There is none, or none that this program may use: the message says why and what helps."""


class Source(Protocol):
    """Something that feeds a queue until it ends or is told to stop.

    `waits`: it can wait for a slow listener, so nothing is dropped; a microphone cannot. `live`:
    its sound is of now. `continuous`: between two of its blocks no time passes, so a late one means
    that sound is missing, and zeros only mean that it is muted; true of microphones.
    """

    @property
    def name(self) -> str:
        """What a person calls it."""

    @property
    def waits(self) -> bool:
        """Whether it can wait for a slow listener."""

    @property
    def live(self) -> bool:
        """Whether its sound is of now."""

    @property
    def continuous(self) -> bool:
        """Whether late blocks mean missing sound."""

    def run(
        self, queue: "BlockQueue", sample_rate_hz: int, block_s: float, stop: threading.Event
    ) -> None:
        """Open the queue, put blocks of about `block_s` into it, return at the end of the sound.

        Raises
        ------
        AuricleError
            It cannot be listened to.
        """


class AnySource:
    """Schema of `realtime.source`: that of the kind it names."""

    KINDS: ClassVar[Kinds] = KINDS
