"""A build that is killed, has no disk left, may not write or has no git, and then goes on."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml

from auricle.core.files import digest

pytestmark = pytest.mark.system

Run = Callable[..., subprocess.CompletedProcess[str]]

SMALL = (
    *("tracking=none", "cluster.workers=1", "augment=none", "evaluate=scores"),
    *(
        "dataset=folder",
        "dataset.path=sounds",
        "dataset.background=null",
        "network.filters=2",
        "train.epochs=1",
    ),
)
BUILT = (
    *("data/raw/clips.csv", "data/processed/splits.csv", "data/processed/train.jsonl"),
    *("data/processed/validation.jsonl", "data/processed/test.jsonl"),
    *("models/training/model.keras", "models/training/history.csv", "reports/metrics.json"),
    *("models/classifier/bundle.json", "models/classifier/model.tflite"),
    *("reports/replay.json", "reports/replay/events.csv"),
)
# As users with administrator's rights, then as others where the system lets them.
NAMESPACES = (["unshare", "-m"], ["unshare", "-rm"])
REFUSED = 77  # exit status of a script that may not mount

HOLD = """\
import os, signal

wanted, fsync = os.environ.get("HOLD_AT"), os.fsync

def hold(descriptor):
    fsync(descriptor)
    if wanted and wanted in os.readlink(f"/proc/self/fd/{descriptor}"):
        os.write(2, b"HELD\\n")
        signal.pause()

os.fsync = hold
"""

FULL = """\
import json, os, sys, tempfile
from pathlib import Path
import pytest
from auricle.cli.main import main

def status(verb):
    with pytest.raises(SystemExit) as ended:
        main([verb, "--params", "params.yaml"])
    sys.stderr.flush()
    return ended.value.code or 0

def fill(leave):
    left = os.statvfs(".").f_bavail * os.statvfs(".").f_frsize - leave
    with open("filler", "ab", buffering=0) as file:
        file.write(bytes(max(0, left)))

def contents():
    return {str(p): p.read_bytes() for p in Path(".").rglob("*") if p.is_file()}

tried = []
for verb, leave in (("fetch", 0), ("prepare", 20000), ("train", 0), ("train", 0),
                    ("export", 0), ("export", 4096), ("evaluate", 0), ("evaluate", 0),
                    ("replay", 0)):
    Path(".auricle").mkdir(exist_ok=True)
    Path(f".auricle/{verb}.lock").touch()
    before = contents()
    fill(leave)
    # The converter works where temporary files go: once on the full disk, once on another.
    tempfile.tempdir = "." if (verb, leave) == ("export", 0) else None
    sys.stderr.write(f"TRY {verb}\\n")
    failed = status(verb)
    Path("filler").unlink()
    after = contents()
    tempfile.tempdir = None
    tried.append({
        "verb": verb,
        "failed": failed,
        "lost": sorted(p for p in before if after.get(p) != before[p]),
        "new": sorted(set(after) - set(before)),
        "then": status(verb),
    })
Path(sys.argv[1]).write_text(json.dumps(tried))
"""


def hashes(folder: Path) -> dict[str, str]:
    return {name: digest(folder / name) for name in BUILT}


def unfinished(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*.unfinished"))


def locked(folder: Path, stage: str) -> Any:
    """Give what DVC has written down of the outputs of a stage."""
    return yaml.safe_load((folder / "dvc.lock").read_text())["stages"][stage]["outs"]


def record(folder: Path) -> None:
    """Write four tones and four noises of two seconds."""
    rng = np.random.default_rng(0)
    t = np.arange(2 * 16000) / 16000
    for i in range(4):
        tone = np.sin(2 * np.pi * rng.uniform(300, 3000) * t)
        for name, sound in (("tone", tone), ("noise", rng.uniform(-1, 1, len(t)))):
            (folder / "sounds" / name).mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / "sounds" / name / f"{i}.wav", 0.3 * sound, 16000)


def mounted(folder: Path, script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a shell script that mounts, where only it sees what it mounts; skip if it may not."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder / "src"),
    }
    if shutil.which("unshare") is None:
        pytest.skip("there is no `unshare` to mount a disk with")
    for namespace in NAMESPACES:
        result = subprocess.run(
            [*namespace, "sh", "-c", script, "sh", *map(str, arguments)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        refused = result.returncode == REFUSED or result.stderr.startswith("unshare:")
        if not refused:
            return result
    pytest.skip(f"mounting is not permitted here: {result.stderr.strip()}")


@pytest.fixture(scope="module")
def reference(checkout: Callable[[str], Path], run: Run) -> Path:
    """Build undisturbed, in what was downloaded without its git repository."""
    folder = checkout("reference")
    shutil.rmtree(folder / ".git")
    record(folder)
    result = run(folder, "auricle", "repro", *SMALL)
    assert ".dvc/config.local now tells DVC so (core.no_scm)" in result.stderr
    return folder


def test_without_git_it_is_said_once_and_what_is_built_stays_built(
    reference: Path, run: Run
) -> None:
    result = run(reference, "auricle", "repro")
    assert "no git repository" not in result.stderr
    assert "Stage 'train_model' didn't change, skipping" in result.stdout


@pytest.fixture(scope="module")
def disturbed(checkout: Callable[[str], Path]) -> Path:
    folder = checkout("disturbed")
    record(folder)
    (folder / "hold").mkdir()
    (folder / "hold" / "sitecustomize.py").write_text(HOLD)
    return folder


def killed(folder: Path, at: str, *command: str, meanwhile: Callable[[], None] | None = None):
    """Run a command, and kill all its processes while it has a file half-way written."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{folder / 'hold'}{os.pathsep}{folder / 'src'}",
            "HOLD_AT": at,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if line == "HELD\n":
                break
        else:
            pytest.fail(f"{at} was never written:\n{''.join(said)}")
        if meanwhile:
            meanwhile()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="there is no /proc to see files in")
def test_a_build_killed_in_each_stage_ends_with_the_same_bytes(
    reference: Path, disturbed: Path, run: Run
) -> None:
    def a_second_build() -> None:
        result = run(disturbed, "auricle", "repro", check=False)
        assert result.returncode != 0
        assert "Traceback" not in result.stderr
        assert "is busy" in result.stderr or "Unable to acquire lock" in result.stderr

    start = ("auricle", "repro", *SMALL)
    killed(disturbed, "/.clips.csv.", *start, meanwhile=a_second_build)
    for at, place in (
        ("/.validation.jsonl.", "data/processed/validation.jsonl"),
        ("/.model.keras.", "models/training"),
        ("/.bundle.json.", "models/classifier"),
        ("/.metrics.json.", "reports/metrics.json"),
        ("/.replay.json.", "reports/replay.json"),
    ):
        killed(disturbed, at, "dvc", "repro")
        # The temporary file of this kill, and none of the one before.
        assert [name for name in unfinished(disturbed) if at[1:] in name]
        assert not (disturbed / place).exists()
    run(disturbed, "dvc", "repro")
    assert hashes(disturbed) == hashes(reference)
    assert unfinished(disturbed) == []
    for stage in ("fetch_dataset", "prepare_dataset", "train_model", "export_model"):
        assert locked(disturbed, stage) == locked(reference, stage)


def test_a_full_disk_stops_each_stage_in_a_line_and_then_it_goes_on(
    reference: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    (tmp_path / "full.py").write_text(FULL)
    script = """
    mount -t tmpfs -o size=8m none "$1" || exit 77
    cp -r sounds params.yaml "$1" && cd "$1" && python "$2" "$1/../tried.json" || exit 1
    for name in $3; do mkdir -p "$1/../out/$(dirname "$name")" && cp "$name" "$1/../out/$name"; done
    """
    result = mounted(reference, script, disk, tmp_path / "full.py", " ".join(BUILT))
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    tried = json.loads((tmp_path / "tried.json").read_text())
    said = result.stderr.split("TRY ")[1:]
    places = (
        *("data/raw/clips.csv", "data/processed/train.jsonl", "data/processed/arrays/"),
        *("models/training", ".; ", "models/classifier"),
        *("data/processed/arrays/", "reports/metrics.json", "reports/replay.json"),
    )
    for one, told, place in zip(tried, said, places, strict=True):
        assert one["failed"] == 1, told
        line = f"auricle: No space left on device: {place}"
        assert any(
            text.startswith(line) and text.endswith("free some space, then run it again")
            for text in told.splitlines()
        ), told
        assert one["lost"] == []
        assert not [name for name in one["new"] if "unfinished" in name]
        assert place not in one["new"]
        assert one["then"] == 0, told
    assert hashes(tmp_path / "out") == hashes(reference)


def test_a_read_only_checkout_listens_and_says_that_it_cannot_build(reference: Path) -> None:
    script = """
    mount --bind . . && mount -o remount,bind,ro . && cd "$PWD" || exit 77
    for verb in repro "repro train.epochs=2" fetch train; do
        echo "TRY $verb" >&2
        auricle $verb && exit 1
    done
    echo "TRY listen" >&2
    auricle listen references/demo.flac realtime.source.pace=fast &&
    auricle classify references/demo.flac bundle=models/classifier
    """
    result = mounted(reference, script)
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    *builds, listening = result.stderr.split("TRY ")[1:]
    for told in builds:
        line = told.splitlines()[1]
        assert line.startswith("auricle: Read-only file system: ")
        assert "build in a copy that you may write to; `listen` and `classify` only read" in line
    assert listening.splitlines() == ["listen"]
    assert "speech begins" in result.stdout
