"""CSV, a row a sound or a trouble, once it has ended."""

from collections.abc import Mapping
from typing import Any

from auricle.core.csv_table import csv_line
from auricle.realtime.events import Health, Session, Sound, Trouble, Update, record
from auricle.realtime.sinks import Sink
from auricle.realtime.sinks.recording import Recording
from auricle.realtime.sinks.rotating_file import RotatingFile

FIELDS = (
    *("label", "start_s", "end_s", "start", "end", "confidence", "peak_confidence", "level_dbfs"),
    *("recording", "cause", "text", "source", "bundle", "bundle_sha256", "run_id"),
)


class Table(Sink):
    """A row a sound or a trouble; see `Jsonl` for the parameters."""

    wants_updates = True

    def __init__(self, file: RotatingFile, recording: Recording | None) -> None:
        self._file, self._recording = file, recording

    def begin(self, session: Session, health: Health) -> None:
        """Open the file."""
        self._session, self._health = session, health
        self._file.open()

    def update(self, update: Update) -> None:
        """Write what could not be written before."""
        self._file.retry()

    def sound(self, sound: Sound) -> None:
        """Write it, once it has ended."""
        if sound.kind == "end":
            kept = self._recording and self._recording.file_of(sound)
            fields = record(self._session, sound, self._health.source)
            self._file.write(row({**fields, "recording": kept}))

    def trouble(self, trouble: Trouble) -> None:
        """Write it, once it is over."""
        if trouble.end_s is not None:
            self._file.write(row(record(self._session, trouble, self._health.source)))

    def end(self, summary: str) -> None:
        """Close the file."""
        self._file.close()


def row(fields: Mapping[str, Any]) -> bytes:
    """Give a line of the table; what a sound or a trouble has not got is empty."""
    return csv_line(fields.get(name) for name in FIELDS).encode("utf-8", "backslashreplace")


HEADER = row({name: name for name in FIELDS})
