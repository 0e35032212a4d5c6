"""How the engine runs and where it tells."""

from dataclasses import dataclass

from auricle.core.schema import check, one_of
from auricle.realtime.sources import AnySource, Source


@dataclass(frozen=True)
class Events:
    """A file of events that is rotated before it has more than `most_mb`; `files` are kept."""

    path: str | None
    most_mb: float
    files: int

    def __post_init__(self) -> None:
        check(self.most_mb > 0, f"most_mb={self.most_mb} must be positive")
        check(self.files > 0, f"files={self.files} must be at least 1")


@dataclass(frozen=True)
class Recording:
    """A folder for the sound of events: from `pre_s` before, `most_s` each, `most_mb` in all."""

    path: str | None
    pre_s: float
    most_s: float
    most_mb: float

    def __post_init__(self) -> None:
        check(self.pre_s >= 0, f"pre_s={self.pre_s} must not be negative")
        for name in ("most_s", "most_mb"):
            check(getattr(self, name) > 0, f"{name}={getattr(self, name)} must be positive")


@dataclass(frozen=True)
class Engine:
    """Queue, gaps and faults: what a listener needs to keep time and to know that it hears."""

    queue_s: float
    block_s: float
    gap_s: float
    muted_s: float
    hang_s: float
    ongoing_s: float

    def __post_init__(self) -> None:
        for name in ("block_s", "gap_s", "muted_s", "hang_s", "ongoing_s"):
            check(getattr(self, name) > 0, f"{name}={getattr(self, name)} must be positive")
        check(
            self.queue_s >= self.block_s,
            f"queue_s={self.queue_s} must hold a block of block_s={self.block_s}",
        )


@dataclass(frozen=True)
class Realtime:
    """The group `realtime`: the engine, its source, its sinks."""

    source: AnySource
    engine: Engine
    screen: str
    events: Events
    table: Events
    recording: Recording
    never_store_audio: bool

    def __post_init__(self) -> None:
        one_of("screen", self.screen, ("auto", "view", "lines", "none"))

    @property
    def listened_to(self) -> Source:
        """The source, which is one whatever its kind."""
        source: Source = self.source  # type: ignore[assignment]  # made by AnySource's schema
        return source
