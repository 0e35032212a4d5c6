"""Which sinks a configuration asks for."""

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from auricle.core.errors import AuricleError
from auricle.inference.decision import Decision
from auricle.realtime.settings import Events, Realtime
from auricle.realtime.sinks import Sink
from auricle.realtime.sinks.jsonl import Jsonl
from auricle.realtime.sinks.lines import Lines
from auricle.realtime.sinks.recording import Recording
from auricle.realtime.sinks.rotating_file import RotatingFile
from auricle.realtime.sinks.table import HEADER, Table
from auricle.realtime.sinks.threaded import ThreadedSink

_SPARE_S = 5.0  # for windows and blocks that are not complete yet


def sinks_of(realtime: Realtime, decision: Decision, labels: Sequence[str]) -> list[Sink]:
    """Give the sinks of files, then that of the screen, which tells what becomes of them.

    Raises
    ------
    AuricleError
        A view is asked for, and there is no terminal for it.
    """
    sinks: list[Sink] = []
    recording = None
    if realtime.recording.path is not None and not realtime.never_store_audio:
        recording = Recording(realtime.recording, _delay_s(decision, labels))
        sinks.append(recording)
    if (file := _rotated(realtime.events)) is not None:
        sinks.append(Jsonl(file, recording))
    if (file := _rotated(realtime.table, HEADER)) is not None:
        sinks.append(Table(file, recording))
    if realtime.screen != "none":
        sinks.append(ThreadedSink(_screen(realtime.screen, _out()), realtime.listened_to.waits))
    return sinks


def notes_of(realtime: Realtime) -> list[str]:
    """Say what goes into files."""
    wanted = {
        "events": realtime.events.path,
        "a table": realtime.table.path,
        "recordings": None if realtime.never_store_audio else realtime.recording.path,
    }
    notes = [f"Keeps {what} in {path}." for what, path in wanted.items() if path is not None]
    if realtime.never_store_audio and realtime.recording.path is not None:
        notes.append(
            f"Nothing is recorded in {realtime.recording.path}: realtime.never_store_audio is set."
        )
    return notes


def _rotated(file: Events, header: bytes = b"") -> RotatingFile | None:
    if file.path is None:
        return None
    return RotatingFile(Path(file.path), file.most_mb * 1e6, file.files, header)


def _delay_s(decision: Decision, labels: Sequence[str]) -> float:
    """How late it may be told that a sound has begun or ended, with seconds to spare."""
    rules = [decision.rule(label, 0.5) for label in labels]
    longest_s = max(max(rule.min_duration_s, rule.hold_s) for rule in rules)
    return longest_s + (decision.pre_roll_s or 0.0) + _SPARE_S


def _screen(wanted: str, out: TextIO) -> Sink:
    able = out.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb", "unknown")
    if wanted == "lines" or (wanted == "auto" and not able):
        return Lines(out)
    if not able:
        raise AuricleError(
            "realtime.screen=view needs a terminal, and standard output is none that can be drawn "
            "on: take realtime.screen=lines"
        )
    from rich.console import Console  # half of what starting takes, and of no use to lines

    from auricle.realtime.terminal.view import View

    return View(Console(file=out))


def _out() -> TextIO:
    """Give standard output a buffer of its own: one that blocks must not block the end."""
    try:
        descriptor = sys.stdout.fileno()
    except (io.UnsupportedOperation, ValueError):  # not a file, or closed
        return sys.stdout
    encoding = sys.stdout.encoding
    # Open as long as the process, like the descriptor itself.
    return open(descriptor, "w", encoding=encoding, errors="backslashreplace", closefd=False)
