"""`make ship` puts the bundle where it is shipped from and leaves what is being built as it was."""

import os
import shutil
import subprocess

import pytest

from helpers import ROOT

BUILT = ("conf/build.yaml", "params.yaml", "dvc.lock")

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

_AURICLE = """\
#!/bin/sh
echo "$*" > asked
for file in conf/build.yaml params.yaml dvc.lock; do echo changed > $file; done
mkdir -p models/classifier && cp bundle.json models/classifier/ || exit
: > models/classifier/model.tflite
exit {status}
"""


@pytest.fixture
def checkout(tmp_path):
    """Make a checkout whose `auricle repro` builds at once."""
    for name in ("Makefile", "pyproject.toml", *BUILT):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copy(ROOT / "models" / "music_speech" / "bundle.json", tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for stamp in (".installed-dev", ".installed-dev-mic"):  # what `make setup` leaves
        (tmp_path / ".venv" / stamp).touch()
    return tmp_path


def ship(checkout, status):
    auricle = checkout / ".venv" / "bin" / "auricle"
    auricle.write_text(_AURICLE.format(status=status))
    auricle.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    return subprocess.run(
        ["make", "ship"],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
    )


def as_it_was(checkout):
    return all((checkout / name).read_bytes() == (ROOT / name).read_bytes() for name in BUILT)


def test_the_bundle_is_put_into_its_place_and_named(checkout):
    result = ship(checkout, status=0)
    assert not result.returncode, result.stderr
    assert (checkout / "asked").read_text().split() == ["repro", "experiment=music_speech"]
    shipped = {path.name for path in (checkout / "models" / "music_speech").iterdir()}
    assert shipped == {"bundle.json", "model.tflite"}
    assert "Shipped: music_speech with labels music, speech" in result.stdout
    assert as_it_was(checkout)


def test_a_build_that_fails_ships_nothing(checkout):
    result = ship(checkout, status=1)
    assert result.returncode
    assert not (checkout / "models" / "music_speech").exists()
    assert "Shipped" not in result.stdout
    assert as_it_was(checkout)
