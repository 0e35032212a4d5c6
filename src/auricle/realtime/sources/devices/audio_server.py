"""Which source of the sound server feeds this process: PulseAudio and PipeWire move streams.

When a microphone goes they give the stream to another one, and nothing tells the stream. Where
there is no such server there is nothing to move. The server is asked through `pactl`, in a process
of its own: libpulse within this one ends it when its server dies.
"""

import contextlib
import json
import os
import shutil
import subprocess
import threading
import time
from typing import Any

_ANSWER_S = 2.0
_RENEW_S = 10.0  # before a watch that ended is begun again: there may be no such server at all


class Route:
    """Asks the server, and learns when something may have changed."""

    def __init__(self) -> None:
        self.changed = threading.Event()
        self._pactl = shutil.which("pactl")
        self._listener: subprocess.Popen[str] | None = None
        self._watched_s = 0.0

    def source(self) -> str | None:
        """Name of the source that feeds this process's stream; none where that is unknown."""
        output, sources = self._own_output(), self._ask("sources")
        if output is None or sources is None:
            return None
        return next((str(s["name"]) for s in sources if s["index"] == output["source"]), None)

    def sources(self) -> list[str] | None:
        """Names of the sources there are; none where no server answers."""
        found = self._ask("sources")
        return None if found is None else [str(source["name"]) for source in found]

    def move_to(self, name: str) -> None:
        """Have this process's stream fed by a source, if both are there."""
        output = self._own_output()
        if output is not None:
            self._run("move-source-output", str(output["index"]), name)

    def watch(self) -> None:
        """Set `changed` whenever streams or sources change, until `close`."""
        self.close()
        if self._pactl is None:
            return
        self._watched_s = time.monotonic()
        try:
            self._listener = subprocess.Popen(
                [self._pactl, "subscribe"],
                env={**os.environ, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,  # Ctrl-C is for the listener, which ends this
            )
        except OSError:  # no process or memory is left just now
            return
        follow = threading.Thread(target=self._follow, args=(self._listener,), daemon=True)
        follow.start()

    def renew(self) -> None:
        """Watch again where watching ended by itself, and set `changed` for what was missed.

        With PipeWire `pactl` speaks to a server of its own, which may be started anew while the
        stream runs on.
        """
        ended = self._listener is None or self._listener.poll() is not None
        if self._pactl and ended and time.monotonic() > self._watched_s + _RENEW_S:
            self.watch()
            self.changed.set()

    def close(self) -> None:
        """End watching."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.kill()
            listener.wait()

    def _follow(self, listener: subprocess.Popen[str]) -> None:
        assert listener.stdout
        with listener.stdout as lines:
            for line in lines:
                if "source" in line:  # of a source or a source-output
                    self.changed.set()

    def _own_output(self) -> Any:
        mine = str(os.getpid())
        for output in self._ask("source-outputs") or []:
            if output.get("properties", {}).get("application.process.id") == mine:
                return output
        return None

    def _ask(self, what: str) -> list[dict[str, Any]] | None:
        answer = self._run("--format=json", "list", what)
        with contextlib.suppress(ValueError):  # an old pactl knows no JSON
            found = json.loads(answer or "null")
            return found if isinstance(found, list) else None
        return None

    def _run(self, *arguments: str) -> str | None:
        if self._pactl is None:
            return None
        try:
            done = subprocess.run(
                [self._pactl, *arguments],
                env={**os.environ, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_ANSWER_S,
                check=False,
                start_new_session=True,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout if done.returncode == 0 else None
