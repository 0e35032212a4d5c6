"""CSV, a row a sound, once it has ended."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from auricle.realtime.events import Health, Moment, Session, Sound, record
from auricle.realtime.sinks import Sink
from auricle.realtime.sinks.recording import Recording
from auricle.realtime.sinks.rotated import Rotated

FIELDS = (
    *("label", "start_s", "end_s", "start", "end", "confidence", "peak_confidence", "level_dbfs"),
    *("recording", "source", "bundle", "bundle_sha256", "run_id"),
)


class Table(Sink):
    """A row a sound; see `Jsonl` for the parameters."""

    wants_moments = True

    def __init__(self, file: Rotated, recording: Recording | None) -> None:
        self._file, self._recording = file, recording

    def begin(self, session: Session, health: Health) -> None:
        """Open the file."""
        self._session = session
        self._file.open()

    def moment(self, moment: Moment) -> None:
        """Write what could not be written before."""
        self._file.retry()

    def sound(self, sound: Sound) -> None:
        """Write it, once it has ended."""
        if sound.kind == "end":
            kept = self._recording and self._recording.file_of(sound)
            self._file.write(row({**record(self._session, sound), "recording": kept}))

    def end(self, summary: str) -> None:
        """Close the file."""
        self._file.close()


def row(fields: Mapping[str, Any]) -> bytes:
    """Give a line of the table; what a sound has not got is empty."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(fields[name] for name in FIELDS)
    return line.getvalue().encode("utf-8", "backslashreplace")


HEADER = row({name: name for name in FIELDS})
