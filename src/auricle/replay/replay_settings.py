"""How recordings go through the engine, and what counts as heard."""

from dataclasses import dataclass

from auricle.core.schema import check
from auricle.realtime.settings import Engine


@dataclass(frozen=True)
class Replay:
    """The group `replay`: the engine, the playlist it hears, and how its events are judged."""

    engine: Engine
    seed: int
    most_hours: float | None
    recording_s: float | None
    gap_s: list[float]
    noise_dbfs: float | None
    overlap_s: float
    bootstrap: int
    confidence: float

    def __post_init__(self) -> None:
        check(self.seed >= 0, f"seed={self.seed} must not be negative")
        for name in ("most_hours", "recording_s"):
            value = getattr(self, name)
            check(value is None or value > 0, f"{name}={value} must be positive, or null")
        check(
            len(self.gap_s) == 2 and 0 <= self.gap_s[0] <= self.gap_s[1],
            f"gap_s={self.gap_s} must be two numbers, [from, to], neither negative",
        )
        check(
            self.noise_dbfs is None or self.noise_dbfs <= 0,
            f"noise_dbfs={self.noise_dbfs} must not be above full scale, 0",
        )
        check(self.overlap_s > 0, f"overlap_s={self.overlap_s} must be positive")
        check(self.bootstrap >= 1, f"bootstrap={self.bootstrap} must be at least 1")
        check(0 < self.confidence < 1, f"confidence={self.confidence} must lie between 0 and 1")
