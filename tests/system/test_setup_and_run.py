"""`./setup_and_run.sh` as a new user meets it: a fresh clone, nothing installed."""

import os
import pty
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.system

ROOT = Path(__file__).resolve().parents[2]


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # Neither the tests' environment nor their packages.
    path = os.pathsep.join(
        part for part in os.environ["PATH"].split(os.pathsep) if "/.venv/" not in f"{part}/"
    )
    kept = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    return subprocess.run(
        ["./setup_and_run.sh", *arguments],
        cwd=folder,
        env={**kept, "PATH": path, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.fixture(scope="module")
def fresh(checkout: Callable[[str], Path]) -> Path:
    return checkout("setup")


def test_a_fresh_clone_plays_the_demonstration(fresh: Path) -> None:
    result = start(fresh, AURICLE_SMOKE="1")
    assert result.returncode == 0, result.stderr
    assert "Downloading the listener" in result.stderr
    assert "AURICLE_SMOKE is set" in result.stderr
    assert "This is a demonstration" in result.stdout
    assert "models/music_speech" in result.stdout
    assert "speech begins" in result.stdout
    assert "music begins" in result.stdout
    assert "dropped 0.00 s" in result.stdout


def test_the_listener_brings_no_training_library(fresh: Path) -> None:
    listed = subprocess.run(
        [fresh / ".venv" / "bin" / "uv", "pip", "list", "--python", fresh / ".venv"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "ai-edge-litert" in listed
    for library in ("tensorflow", "librosa", "mlflow", "dvc", "scikit-learn"):
        assert library not in listed


def test_a_second_start_installs_nothing_and_passes_arguments_on(fresh: Path) -> None:
    arguments = ("references/demo.flac", "realtime.source.pace=fast")
    begun = time.monotonic()
    subprocess.run([fresh / ".venv/bin/auricle", "listen", *arguments], cwd=fresh, check=True)
    direct_s = time.monotonic() - begun
    begun = time.monotonic()
    result = start(fresh, *arguments)
    assert time.monotonic() - begun < direct_s + 2
    assert result.returncode == 0, result.stderr
    assert "Downloading" not in result.stderr
    assert "speech begins" in result.stdout


def test_a_microphone_is_prepared_where_the_headers_are(fresh: Path) -> None:
    headers = Path("/usr/include/portaudio.h").exists() and shutil.which("cc") is not None
    assert (fresh / ".venv" / ".installed-mic").exists() == headers


@dataclass
class Machine:
    """A checkout that is set up but for the microphone, on a machine of fakes that keep a log.

    It has no compiler, `apt-get` and `sudo` that only write down what they were asked for, and an
    `auricle` that says that it listens, and to what.
    """

    folder: Path
    tools: Path
    log: Path

    def fake(self, name: str, script: str) -> None:
        path = self.tools / name
        path.write_text(f"#!/usr/bin/env bash\n{script}\n")
        path.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        nowhere = dict.fromkeys(("XDG_RUNTIME_DIR", "ALSA_PLUGIN_DIR"), str(self.tools))
        path = os.pathsep.join([str(self.tools), os.environ["PATH"]])
        kept = {k: v for k, v in os.environ.items() if k not in ("PULSE_SERVER", "CONDA_EXE")}
        return {**kept, **nowhere, "PATH": path, "LOG": str(self.log)}

    def start(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["./setup_and_run.sh", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def answer(self, answer: str) -> str:
        """Start it in a terminal and answer what it asks; give all that is shown."""
        shown = b""
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(self.folder)
            os.execvpe("./setup_and_run.sh", ["./setup_and_run.sh"], self.environment)
        try:
            while data := os.read(terminal, 4096):
                shown += data
                if shown.endswith(b"[y/N] "):
                    os.write(terminal, f"{answer}\n".encode())
        except OSError:  # it has ended, and its terminal with it
            pass
        os.close(terminal)
        os.waitpid(process, 0)
        return shown.decode()

    @property
    def asked_for(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def machine() -> Iterator[Machine]:
    folder = Path(tempfile.mkdtemp(prefix="au"))  # short, as sockets want it
    machine = Machine(folder / "auricle", folder / "tools", folder / "log")
    machine.tools.mkdir()
    shutil.copytree(ROOT / "requirements", machine.folder / "requirements")
    package = machine.folder / "src" / "auricle"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    for name in ("setup_and_run.sh", "audio.yml"):
        shutil.copy2(ROOT / name, machine.folder)
    (machine.folder / ".venv" / "bin").mkdir(parents=True)
    (machine.folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    subprocess.run(
        "cksum <requirements/base.lock >.venv/.installed-base",
        shell=True,
        cwd=machine.folder,
        check=True,
    )
    for name in ("apt-get", "sudo"):
        machine.fake(name, f'echo "{name} $*" >>"$LOG"')
    machine.fake("cc", "exit 1")
    machine.fake("id", "echo 1000")
    auricle = machine.folder / ".venv" / "bin" / "auricle"
    auricle.write_text('#!/usr/bin/env bash\necho "auricle $*"\n')
    auricle.chmod(0o755)
    yield machine
    shutil.rmtree(folder)


INSTALL = "sudo apt-get install --yes --no-install-recommends portaudio19-dev python3"


def test_without_consent_it_says_what_is_missing_and_what_helps(machine: Machine) -> None:
    result = machine.start()
    assert machine.asked_for == []
    assert "PortAudio's headers and a C compiler" in result.stderr
    assert INSTALL in result.stderr
    assert result.stdout == "auricle listen\n"


def test_consent_is_asked_once(machine: Machine) -> None:
    shown = machine.answer("n")
    assert f"Install them now: {INSTALL}" in shown
    assert "auricle listen" in shown
    assert machine.asked_for == []
    again = machine.answer("y")
    assert "[y/N]" not in again
    assert INSTALL in again
    assert machine.asked_for == []


def test_with_consent_the_packages_are_installed_and_listening_begins(machine: Machine) -> None:
    shown = machine.answer("y")
    assert "auricle listen" in shown
    assert machine.asked_for[0] == "sudo apt-get update --quiet"
    assert machine.asked_for[1].startswith(INSTALL)
    assert " gcc" in machine.asked_for[1]


def test_yes_agrees_for_scripts(machine: Machine) -> None:
    result = machine.start("--yes", "realtime.screen=lines")
    assert machine.asked_for[1].startswith(INSTALL)
    assert result.stdout == "auricle listen realtime.screen=lines\n"


@pytest.mark.parametrize("argument", ["talk.wav", "https://example.org/radio", "-"])
def test_what_needs_no_microphone_is_asked_for_none(machine: Machine, argument: str) -> None:
    result = machine.start("--yes", argument)
    assert machine.asked_for == []
    assert result.stderr == ""
    assert result.stdout == f"auricle listen {argument}\n"


@pytest.mark.parametrize(
    ("server", "package"),
    [("pulse/native", "libasound2-plugins"), ("pipewire-0", "pipewire-alsa")],
)
def test_where_a_sound_server_runs_its_plugin_is_wanted(
    machine: Machine, server: str, package: str
) -> None:
    path = machine.tools / server
    path.parent.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        missing = machine.start("--yes")
        assert f" {package}" in machine.asked_for[1]
        assert "what reaches the sound server" in missing.stderr
        (machine.tools / "libasound_module_pcm_pulse.so").touch()
        machine.fake("pactl", "")
        assert "the sound server" not in machine.start("--yes").stderr
        assert package not in machine.asked_for[-1]


def test_an_installer_that_fails_is_no_end(machine: Machine) -> None:
    machine.fake("sudo", "exit 1")
    result = machine.start("--yes")
    assert f"Later: {INSTALL}" in result.stderr
    assert result.stdout == "auricle listen\n"


CONDA = r"""
echo "{name} $*" >>"$LOG"
prefix=${{LOG%/*}}/prefix
case "$*" in
    "run --name audio python -c "*) [ -x "$prefix/bin/auricle" ] && echo "$prefix" ;;
    "run --name audio python --version") [ -d "$prefix" ] ;;
    "env create --file audio.yml" | "run --name audio python -m pip install"*)
        mkdir -p "$prefix/bin"
        printf '#!/usr/bin/env bash\necho "from conda: auricle $*"\n' >"$prefix/bin/auricle"
        chmod +x "$prefix/bin/auricle" ;;
esac
"""


@pytest.mark.parametrize("name", ["conda", "mamba", "micromamba"])
def test_conda_makes_the_environment_once_and_listens_from_it(machine: Machine, name: str) -> None:
    machine.fake(name, CONDA.format(name=name))
    first = machine.start("--conda", "talk.wav")
    assert first.stdout == "from conda: auricle listen talk.wav\n", first.stderr
    assert f"{name} env create --file audio.yml" in machine.asked_for
    machine.log.unlink()
    again = machine.start("--conda")
    assert again.stdout == "from conda: auricle listen\n"
    assert again.stderr == ""
    assert len([line for line in machine.asked_for if line.startswith(name)]) == 1
    assert "env create" not in machine.log.read_text()


def test_an_environment_of_that_name_is_changed_with_consent_only(machine: Machine) -> None:
    machine.fake("conda", CONDA.format(name="conda"))
    (machine.log.parent / "prefix").mkdir()
    refused = machine.start("--conda")
    assert refused.returncode == 1
    assert "conda env remove --name audio" in refused.stderr
    assert "pip install" not in machine.log.read_text()
    agreed = machine.start("--yes", "--conda")
    assert agreed.stdout == "from conda: auricle listen\n"
    assert "conda run --name audio python -m pip install --editable" in machine.log.read_text()


def test_without_conda_it_is_said_what_helps(machine: Machine) -> None:
    result = machine.start("--conda")
    assert result.returncode == 1
    assert result.stdout == ""
    assert "install Miniforge" in result.stderr


def test_an_old_python_is_refused_with_the_versions_that_do(fresh: Path, tmp_path: Path) -> None:
    copy = tmp_path / "old"
    shutil.copytree(fresh, copy, ignore=shutil.ignore_patterns(".venv"))
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "cat", "env", "id"):
        (tools / name).symlink_to(str(shutil.which(name)))
    old = tools / "python3"
    old.write_text("#!/usr/bin/env bash\nexit 1\n")
    old.chmod(0o755)
    result = start(copy, PATH=str(tools))
    assert result.returncode == 1
    assert "Python 3.11, 3.12 or 3.13 is needed" in result.stderr


def test_help_installs_nothing(checkout: Callable[[str], Path]) -> None:
    folder = checkout("help")
    result = start(folder, "--help")
    assert result.returncode == 0
    assert result.stdout.startswith("usage: ./setup_and_run.sh")
    assert not (folder / ".venv").exists()
