"""Which sinks a configuration asks for."""

import io
import os
import sys
from typing import TextIO

from auricle.errors import AuricleError
from auricle.realtime.settings import Realtime
from auricle.realtime.sinks import Sink
from auricle.realtime.sinks.behind import Behind
from auricle.realtime.sinks.lines import Lines


def sinks_of(realtime: Realtime) -> list[Sink]:
    """Give the files' sinks, then the screen's, which tells where the files cannot be written.

    Raises
    ------
    AuricleError
        A view is asked for, and there is no terminal for it.
    """
    sinks: list[Sink] = []
    if realtime.screen != "none":
        sinks.append(Behind(_screen(realtime.screen, _out()), realtime.listened_to.waits))
    return sinks


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

    from auricle.realtime.sinks.view import View

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
