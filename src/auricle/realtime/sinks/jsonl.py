"""JSON Lines of what sounds and of troubles, from `listening` to `summary`."""

import json
import time
from typing import Any

from auricle import __version__
from auricle.realtime.events import Health, Session, Sound, Trouble, Update, iso, record
from auricle.realtime.sinks import Sink
from auricle.realtime.sinks.recording import Recording
from auricle.realtime.sinks.rotating_file import RotatingFile


class Jsonl(Sink):
    """A line an event, written as it happens.

    Parameters
    ----------
    file
        Where to.
    recording
        Which names the file of a sound; it must be told before this one.
    """

    wants_updates = True  # to write what waits

    def __init__(self, file: RotatingFile, recording: Recording | None) -> None:
        self._file, self._recording = file, recording

    def begin(self, session: Session, health: Health) -> None:
        """Open the file and say who listens to what."""
        self._session, self._health = session, health
        self._file.open()
        self._write(listening(session))

    def update(self, update: Update) -> None:
        """Write what could not be written before."""
        self._file.retry()

    def sound(self, sound: Sound) -> None:
        """Write it."""
        kept = self._recording and self._recording.file_of(sound)
        self._write({**record(self._session, sound, self._health.source), "recording": kept})

    def trouble(self, trouble: Trouble) -> None:
        """Write it."""
        self._write(record(self._session, trouble, self._health.source))

    def end(self, summary: str) -> None:
        """Write the figures of the run."""
        try:
            self._write({**summed_up(self._session, self._health), "lost_records": self._file.lost})
        finally:
            self._file.close()

    def _write(self, event: dict[str, Any]) -> None:
        # A lone half of a surrogate pair stands for a byte that is no UTF-8; JSON may escape it.
        text = json.dumps(event, ensure_ascii=False, allow_nan=False)
        self._file.write(text.encode("utf-8", "backslashreplace") + b"\n")


def listening(session: Session) -> dict[str, Any]:
    """Fields of the first event of a run."""
    return {
        "event": "listening",
        "start": iso(time.time()),
        "auricle_version": __version__,
        "labels": session.labels,
        "sample_rate_hz": session.sample_rate_hz,
        "hop_s": session.hop_s,
        "demonstration": session.demonstration,
        **_who(session, session.source),
    }


def summed_up(session: Session, health: Health) -> dict[str, Any]:
    """Fields of the last event of a run."""
    half, most = (health.latency.quantile_s(q) for q in (0.5, 0.99))
    return {
        "event": "summary",
        "end": iso(time.time()),
        "windows": health.windows,
        "heard_s": round(health.heard_s, 3),
        "dropped_s": round(health.dropped_s, 3),
        "missing_s": round(health.missing_s, 3),
        "overflows": health.overflows,
        "gaps": health.gaps,
        "latency_median_s": half,
        "latency_99_s": most,
        **_who(session, health.source),
    }


def _who(session: Session, source: str) -> dict[str, Any]:
    return {
        "source": source,
        "bundle": session.bundle,
        "bundle_sha256": session.bundle_sha256,
        "run_id": session.run_id,
    }
