"""The starter corpus as a dataset: made once, verified after, made anew where it must be."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from auricle.core.compose import compose
from auricle.core.errors import AuricleError
from auricle.core.parallel import Cluster
from auricle.core.schema import parse
from auricle.datasets.starter import Starter
from auricle.pipeline.fetch_dataset import Config
from auricle.synthesis import espeak

ONE = Cluster("loky", 1, None)


@pytest.fixture(scope="module")
def small() -> Starter:
    overrides = ["dataset.minutes_per_class=0.05", "dataset.clip_s=1", "dataset.espeak=never"]
    dataset = parse(compose("config", overrides), Config).dataset
    assert isinstance(dataset, Starter)
    return dataset


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.flac")}


def stamps(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.flac")}


def test_each_kind_has_its_minutes_and_labels(small: Starter, tmp_path: Path) -> None:
    listing = small.fetch(tmp_path, ONE)
    assert listing.labels == ["speech", "music"]
    by_kind = {name: [c for c in listing.clips if f"/{name}/" in c.path] for name in small.kinds}
    assert {name: len(clips) for name, clips in by_kind.items()} == dict.fromkeys(small.kinds, 3)
    assert by_kind["both"][0].labels == ("speech", "music")
    assert by_kind["neither"][0].labels == ()
    assert len({clip.group for clip in listing.clips}) == 12  # each a speaker, a piece of its own
    info = soundfile.info(listing.clips[0].path)
    assert (info.samplerate, info.channels, info.frames) == (16000, 1, 16000)


def test_any_number_of_workers_makes_the_same_bytes(small: Starter, tmp_path: Path) -> None:
    one = small.fetch(tmp_path / "one", ONE)
    two = small.fetch(tmp_path / "two", Cluster("loky", 2, None))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert [c.sha256 for c in one.clips] == [c.sha256 for c in two.clips]


def test_with_nothing_changed_it_only_scans(small: Starter, tmp_path: Path) -> None:
    first = small.fetch(tmp_path, ONE)
    before = stamps(tmp_path)
    assert small.fetch(tmp_path, ONE).fingerprint == first.fingerprint
    assert stamps(tmp_path) == before


def test_what_is_missing_or_changed_is_made_again(small: Starter, tmp_path: Path) -> None:
    first = small.fetch(tmp_path, ONE)
    Path(first.clips[0].path).unlink()
    Path(first.clips[1].path).write_bytes(b"something else")
    assert small.fetch(tmp_path, ONE).fingerprint == first.fingerprint


def test_fewer_minutes_leave_no_stale_files(small: Starter, tmp_path: Path) -> None:
    small.fetch(tmp_path, ONE)
    fewer = replace(small, minutes_per_class=1 / 60)
    assert len(fewer.fetch(tmp_path, ONE).clips) == len(contents(tmp_path)) == 4


def test_another_seed_is_another_corpus(small: Starter, tmp_path: Path) -> None:
    first = small.fetch(tmp_path, ONE)
    before = contents(tmp_path)
    other = replace(small, seed=1).fetch(tmp_path, ONE)
    assert other.fingerprint != first.fingerprint
    assert not set(before.values()) & set(contents(tmp_path).values())


def test_the_recipe_says_which_voices_were_there(
    small: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = small.fetch(tmp_path / "a", ONE).notes["recipe"]
    assert without["voices"] == ["source-filter"]
    if espeak.version() is None:
        pytest.skip("espeak-ng is not installed")
    with_espeak = replace(small, espeak="auto").fetch(tmp_path / "b", ONE)
    assert with_espeak.notes["recipe"]["voices"][1].startswith("espeak-ng ")
    recipe = json.loads((tmp_path / "b" / "starter" / "manifest.json").read_text())["recipe"]
    assert recipe == with_espeak.notes["recipe"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kinds": ["speech", "birdsong"]}, "birdsong is none of"),
        ({"minutes_per_class": 0}, "minutes_per_class=0"),
        ({"clip_s": 0.1}, "clip_s=0.1"),
        ({"espeak": "always"}, "espeak=always is none of auto, never"),
        ({"test_share": 0.6, "validation_share": 0.5}, "leave nothing to train on"),
    ],
)
def test_what_cannot_be_made_is_refused(
    small: Starter, change: dict[str, Callable[..., object]], message: str
) -> None:
    with pytest.raises(AuricleError, match=message):
        replace(small, **change)
