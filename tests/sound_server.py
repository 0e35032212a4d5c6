"""A private PulseAudio server with virtual microphones: no sound card, nothing outside a folder."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

NEEDED = ("pulseaudio", "pactl", "paplay")
MISSING = [name for name in NEEDED if shutil.which(name) is None]

_ALSA = """\
pcm.!default {{ type pulse server "unix:{socket}" hint {{ show on description "virtual" }} }}
ctl.!default {{ type pulse server "unix:{socket}" }}
"""
_NAMED = """\
pcm.{name} {{
    type pulse server "unix:{socket}" device {name}
    hint {{ show on description "{name}" }}
}}
"""


class SoundServer:
    """PulseAudio in a folder of its own; `microphone` makes one, `play` is heard by it."""

    def __init__(self, folder: Path, named: tuple[str, ...] = ()) -> None:
        self.folder, self._loaded = folder, []
        self.socket = folder / "sock"
        named_devices = "".join(_NAMED.format(name=n, socket=self.socket) for n in named)
        (folder / "alsa.conf").write_text(_ALSA.format(socket=self.socket) + named_devices)
        self.environment = {
            **os.environ,
            **dict.fromkeys(
                ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "PULSE_RUNTIME_PATH"), str(folder)
            ),
            "PULSE_STATE_PATH": str(folder),
            "PULSE_SERVER": f"unix:{self.socket}",
            "PULSE_COOKIE": str(folder / "cookie"),
            "ALSA_CONFIG_PATH": str(folder / "alsa.conf"),
        }
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        """Start the server, and make again what was loaded before it was killed."""
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                *("pulseaudio", "-n", "--daemonize=no", "--fail=yes", "--exit-idle-time=-1"),
                *("--use-pid-file=no", "--disable-shm=yes", "--realtime=no", "--high-priority=no"),
                *("--log-target=stderr", "--log-level=debug", "-L"),
                f"module-native-protocol-unix socket={self.socket} auth-anonymous=1",
            ],
            env=self.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr
        for line in self._process.stderr:
            if "Daemon startup complete" in line:
                break
        # It says more, and must not be held up by a pipe that nobody reads.
        threading.Thread(target=self._process.stderr.read, daemon=True).start()
        for module in self._loaded:
            self._load(*module)

    def kill(self) -> None:
        """End the server as a crash would."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def pactl(self, *arguments: str) -> str:
        """Ask the server for something."""
        return subprocess.run(
            ["pactl", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout.strip()

    def _load(self, *module: str) -> str:
        return self.pactl("load-module", *module)

    def microphone(self, name: str = "mic", rate: int = 16000) -> None:
        """Make a microphone that hears what is played to it, sample for sample."""
        form = ("format=float32le", f"rate={rate}", "channels=1")
        sink = ("module-null-sink", f"sink_name={name}_sink", "norewinds=1", *form)
        source = ("module-remap-source", f"source_name={name}", f"master={name}_sink.monitor")
        for module in (sink, (*source, *form)):
            self._loaded.append(module)
            self._load(*module)

    def unplug(self, name: str = "mic") -> None:
        """Take a microphone away."""
        self.pactl("unload-module", "module-remap-source")
        self._loaded = [m for m in self._loaded if f"source_name={name}" not in m]

    def plug(self, name: str = "mic", rate: int = 16000) -> None:
        """Give it back."""
        form = ("format=float32le", f"rate={rate}", "channels=1")
        module = ("module-remap-source", f"source_name={name}", f"master={name}_sink.monitor")
        self._loaded.append((*module, *form))
        self._load(*module, *form)

    def play(self, path: Path, name: str = "mic") -> subprocess.Popen[bytes]:
        """Begin to play a file into a microphone."""
        return subprocess.Popen(
            ["paplay", "--latency-msec=500", f"--device={name}_sink", str(path)],
            env=self.environment,
        )


@contextlib.contextmanager
def sound_server(*named: str) -> Iterator[SoundServer]:
    """Run a server while the block lasts; its folder has a short path, as sockets want."""
    folder = Path(tempfile.mkdtemp(prefix="au"))
    server = SoundServer(folder, named)
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
