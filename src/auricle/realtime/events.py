"""What the engine tells: updates, sounds, troubles, health. Sinks show, write or keep it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Session:
    """What stays the same while a listener runs.

    `run_id` is this listener's own, a UUID.
    """

    run_id: str
    bundle: str
    bundle_folder: str
    bundle_sha256: str
    labels: list[str]
    sample_rate_hz: int
    hop_s: float
    source: str
    demonstration: bool


@dataclass(frozen=True)
class Update:
    """What is known at the end of one window.

    `probabilities` [shape=(n_labels,)] are calibrated, before smoothing and thresholds. `state` is
    `sounding`, `silence`, `none` (of the labels) or `uncertain`; `sounding` names the labels that
    are on. Times are of the stream; `wall_s` is that of the day at `end_s`, in seconds since 1970,
    or none where the source is not live.
    """

    start_s: float
    end_s: float
    wall_s: float | None
    level_dbfs: float
    floor_dbfs: float
    probabilities: npt.NDArray[np.float32]
    state: str
    sounding: list[str]


@dataclass(frozen=True)
class Sound:
    """A label begins to sound, goes on, or ends: `kind` is `start`, `ongoing` or `end`.

    `end_s` is up to when it is known to sound. `confidence` and `peak` are the mean and the largest
    probability since it began, `level_dbfs` the mean power.
    """

    kind: str
    label: str
    start_s: float
    end_s: float
    start_wall_s: float | None
    end_wall_s: float | None
    confidence: float
    peak: float
    level_dbfs: float


# Why a listener may not hear, in a few words.
CAUSES = {
    "lost": "the source is gone",
    "stalled": "the source sends nothing",
    "moved": "the sound server gave another source",
    "muted": "the source sends zeros only",
    "broken": "the source sends what is no sound",
    "dropped": "sound came faster than it could be heard",
    "overflow": "the device lost sound",
    "gap": "sound is missing",
    "sink": "a sink cannot be written",
}


@dataclass(frozen=True)
class Trouble:
    """Something keeps the listener from hearing or telling, from `start_s` on; and until `end_s`.

    `cause` is one of `CAUSES`; `text` says in one line what came, and what helps. One without an
    end goes on.
    """

    cause: str
    text: str
    start_s: float
    start_wall_s: float | None
    end_s: float | None = None
    end_wall_s: float | None = None


class Latency:
    """Seconds from the end of a window to its decision, in bins of a millisecond up to 1 s."""

    def __init__(self) -> None:
        self._bins = np.zeros(1001, np.int64)
        self.worst_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self._bins[min(1000, max(0, int(seconds * 1000)))] += 1
        self.worst_s = max(self.worst_s, seconds)

    def quantile_s(self, q: float) -> float | None:
        """Upper end of the bin that holds the quantile; none before the first."""
        total = int(self._bins.sum())
        if not total:
            return None
        at = int(np.searchsorted(np.cumsum(self._bins), q * total))
        return self.worst_s if at >= 1000 else (at + 1) / 1000


@dataclass
class Health:
    """How the engine does, read at any time by whoever draws it.

    Samples are those of the source, at its own rate; seconds are the same at any.
    """

    source: str = ""
    windows: int = 0
    heard_s: float = 0.0
    dropped_s: float = 0.0
    missing_s: float = 0.0
    overflows: int = 0
    gaps: int = 0
    queue_s: float = 0.0
    queue_age_s: float = 0.0
    latency: Latency = field(default_factory=Latency)
    troubles: dict[str, Trouble] = field(default_factory=dict)


def iso(wall_s: float | None) -> str | None:
    """Time of the day in UTC, to the millisecond: 2026-11-20T15:04:05.250Z."""
    if wall_s is None:
        return None
    moment = datetime.fromtimestamp(wall_s, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def record(session: Session, told: Sound | Trouble, source: str) -> dict[str, Any]:
    """Fields of a sound or a trouble, as the files of events have them.

    `source` is what is listened to now, which for a microphone is more than was asked for.
    """
    if isinstance(told, Sound):
        event, ended = told.kind, told.kind == "end"
        what: dict[str, Any] = {
            "label": told.label,
            "confidence": round(told.confidence, 4),
            "peak_confidence": round(told.peak, 4),
            "level_dbfs": round(told.level_dbfs, 1),
        }
    else:
        ended = told.end_s is not None
        event = "trouble_end" if ended else "trouble_start"
        what = {"cause": told.cause, "text": told.text}
    end_s = told.end_s if ended else None
    return {
        "event": event,
        **what,
        "start_s": round(told.start_s, 3),
        "end_s": None if end_s is None else round(end_s, 3),
        "start": iso(told.start_wall_s),
        "end": iso(told.end_wall_s) if ended else None,
        "source": source,
        "bundle": session.bundle,
        "bundle_sha256": session.bundle_sha256,
        "run_id": session.run_id,
    }
