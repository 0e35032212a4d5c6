"""Published sets: small copies of each layout are listed as published, and what differs is told."""

import csv
import io
import tarfile
import zipfile
from pathlib import Path
from unittest.mock import Mock

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from auricle.core.compose import compose
from auricle.core.errors import AuricleError
from auricle.core.schema import parse
from auricle.pipeline.fetch_dataset import Config
from helpers import HERE, ROOT, composed, recording
from origin_server import Answer, origin_server
from published_sets import esc50, gtzan, urbansound8k, write_table

SHARED = ROOT.parent / "shared" / "data" / "esc50"


MADE = {
    "esc50": (esc50, 10, ["dog", "rooster"]),
    "esc10": (esc50, 5, ["dog"]),
    "urbansound8k": (urbansound8k, 10, ["air_conditioner", "car_horn"]),
    "gtzan_music_speech": (gtzan, 6, ["music", "speech"]),
}


def dataset(name, home, *overrides):
    count = MADE[name][1]
    chosen = composed(f"dataset={name}")
    config = OmegaConf.create({"dataset": chosen.dataset, "cluster": chosen.cluster})
    OmegaConf.set_readonly(config, None)
    config.dataset.path, config.dataset.layout.recordings = str(home), count
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        OmegaConf.update(config, override.key_or_group, override.value(), merge=False)
    return parse(config, Config).dataset


def fetch(name, home, *overrides):
    return dataset(name, home, *overrides).fetch(home.parent / "raw", HERE)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "set"


@pytest.mark.parametrize("name", MADE)
def test_a_set_is_listed_as_its_authors_published_it(name, home):
    make, count, labels = MADE[name]
    make(home)
    listing = fetch(name, home)
    assert len(listing.clips) == count
    assert listing.labels == labels
    assert "partial" not in listing.notes
    for clip in listing.clips:
        path = Path(clip.path)
        if name == "urbansound8k":
            assert f"fold{clip.fold}" == path.parent.name
            assert clip.group == path.name.partition("-")[0]
        elif name == "gtzan_music_speech":
            assert f"{clip.labels[0]}_wav" == path.parent.name
            assert clip.fold == ""
        else:
            assert path.name.startswith(f"{clip.fold}-{clip.group}-")


def test_recordings_may_be_encoded_otherwise(home):
    esc50(home)
    for path in sorted((home / "audio").iterdir()):
        path.rename(path.with_suffix(".flac"))  # listed without being decoded
    assert len(fetch("esc50", home).clips) == 10


def test_classes_can_be_renamed_joined_and_left_out(home):
    esc50(home)
    listing = fetch("esc50", home, "dataset.labels={dog: [animal]}")
    assert {clip.labels for clip in listing.clips} == {("animal",)}
    assert listing.notes["left_out"] == {"class not in dataset.labels": 5}
    with pytest.raises(
        AuricleError, match=r"dataset.labels names doge, but esc50 has dog, rooster"
    ):
        fetch("esc50", home, "dataset.labels={doge: [animal]}")


def rewritten(home, change):
    table = home / "meta" / "esc50.csv"
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    change(rows)
    write_table(table, rows)


BROKEN = {
    "a recording is missing": (
        lambda home: (home / "audio" / "1-1000-A-0.wav").unlink(),
        r"1 of 10 recordings are missing \(audio/1-1000-A-0\.wav\)",
    ),
    "many are missing": (
        lambda home: [path.unlink() for path in (home / "audio").glob("[1-4]-*")],
        r"8 of 10 recordings are missing \(audio/1-1000-A-0\.wav, .*, \.\.\.\)",
    ),
    "one is too many": (
        lambda home: recording(home / "audio" / "more.wav"),
        r"1 files are in no row of meta/esc50\.csv \(audio/more\.wav\)",
    ),
    "one is renamed": (
        lambda home: (home / "audio" / "1-1000-A-0.wav").rename(home / "audio" / "dog.wav"),
        r"1 of 10 recordings are missing .*; 1 files are in no row .*\(audio/dog\.wav\)",
    ),
    "a fold contradicts the name": (
        lambda home: rewritten(home, lambda rows: rows[0].update(fold="2")),
        r"1 rows contradict their file's name \(1-1000-A-0 \(fold 2\)\)",
    ),
    "a name is of another form": (
        lambda home: rewritten(home, lambda rows: rows[0].update(filename="dog.wav")),
        r"1 names are not of the set's form \(dog\)",
    ),
    "a recording stands in two rows": (
        lambda home: rewritten(home, lambda rows: rows.append(dict(rows[0]))),
        r"1 recordings stand in several rows \(audio/1-1000-A-0\)",
    ),
    "another version has fewer": (
        lambda home: (
            rewritten(home, lambda rows: rows.pop()),
            (home / "audio" / "5-5001-A-1.wav").unlink(),
        ),
        r"it has 9 recordings, but 10 were published",
    ),
    "the table is missing": (
        lambda home: (home / "meta" / "esc50.csv").unlink(),
        r"has no meta/esc50\.csv",
    ),
    "the table has other columns": (
        lambda home: rewritten(home, lambda rows: [row.pop("category") for row in rows]),
        r"has no column category \(it has filename, ",
    ),
    "a row is cut off": (
        lambda home: (home / "meta" / "esc50.csv").open("a").write("1-1-A-0.wav,1\n"),
        r"line 12, has another number of columns",
    ),
    "the table is no text": (
        lambda home: (home / "meta" / "esc50.csv").write_bytes(b"\xff\xfe\x00"),
        r"cannot be read",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_set_that_is_not_as_published_is_refused_with_counts_and_names(fault, home):
    esc50(home)
    damage, told = BROKEN[fault]
    damage(home)
    with pytest.raises(AuricleError, match=told):
        fetch("esc50", home)


@pytest.mark.parametrize("fault", ["a recording is missing", "another version has fewer"])
def test_what_is_there_of_a_set_can_be_used_and_is_said_to_be_a_part(fault, home):
    esc50(home)
    BROKEN[fault][0](home)
    listing = fetch("esc50", home, "dataset.allow_partial=true")
    assert len(listing.clips) == 9
    assert listing.notes["partial"] == "9 of 10 recordings are there"


def test_a_part_is_refused_where_it_contradicts_itself(home):
    esc50(home)
    BROKEN["one is too many"][0](home)
    with pytest.raises(AuricleError, match="1 files are in no row"):
        fetch("esc50", home, "dataset.allow_partial=true")


def zipped(folder, root):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, f"{root}/{path.relative_to(folder)}")
    return data.getvalue()


def tarred(folder, root):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as file:
        file.add(folder, root)
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "pack", "root", "file"),
    [
        ("esc50", zipped, "ESC-50-master", "master.zip"),
        ("urbansound8k", tarred, "UrbanSound8K", "UrbanSound8K.tar.gz"),
    ],
)
def test_a_set_that_is_missing_is_fetched_whole_once(
    name, pack, root, file, home, tmp_path, capsys
):
    MADE[name][0](tmp_path / "origin")
    with origin_server() as origin:
        origin.answers[file] = Answer(pack(tmp_path / "origin", root))
        source = f"dataset.source.url={origin.address}/{file}"
        first = fetch(name, home, source)
        told = capsys.readouterr().err
        assert fetch(name, home, source) == first
        assert origin.asked[file] == 1
    assert "No checksum of it was known" in told
    assert "CC BY-NC" in told and "Cite " in told  # one message
    assert sorted(path.name for path in home.parent.iterdir()) == ["origin", "set", "set.sha256"]


def test_another_archive_than_the_first_is_refused_and_nothing_is_left(home, tmp_path):
    esc50(tmp_path / "origin")
    with origin_server() as origin:
        origin.answers["set.zip"] = Answer(zipped(tmp_path / "origin", "ESC-50-master"))
        known = f"dataset.source.sha256={'0' * 64}"
        with pytest.raises(AuricleError, match=r"but 0000.* is known: another version"):
            fetch("esc50", home, f"dataset.source.url={origin.address}/set.zip", known)
    assert not home.exists()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(status=404), "cannot be had .*Get it from https://github.com/karolpiczak/ESC-50"),
        (Answer(b"words"), "cannot be unpacked"),
        (Answer(b"PK", promised=1000), "cannot be had"),
    ],
)
def test_a_download_that_fails_says_where_else_to_get_the_set(answer, told, home, monkeypatch):
    monkeypatch.setattr("pooch.core.time", Mock())  # waits seconds between whole downloads
    with origin_server() as origin:
        origin.answers["set.zip"] = answer
        with pytest.raises(AuricleError, match=told):
            fetch("esc50", home, f"dataset.source.url={origin.address}/set.zip")
    assert not home.exists()
    assert not [path for path in home.parent.iterdir() if path.is_dir()]


def test_what_is_not_the_set_is_neither_kept_nor_taken_for_it_later(home, tmp_path, capsys):
    esc50(tmp_path / "origin")
    whole = zipped(tmp_path / "origin", "ESC-50-master")
    next((tmp_path / "origin" / "audio").iterdir()).unlink()
    part = zipped(tmp_path / "origin", "ESC-50-master")
    with origin_server() as origin:
        source = f"dataset.source.url={origin.address}/set.zip"
        for answer in (b"<html>not here</html>", part):
            origin.answers["set.zip"] = Answer(answer)
            with pytest.raises(AuricleError):
                fetch("esc50", home, source)
            assert not home.exists()
        with pytest.raises(
            AuricleError, match=rf"{origin.address}/set\.zip.*1 .*Nothing of it was"
        ):
            fetch("esc50", home, source)
        origin.answers["set.zip"] = Answer(whole)
        assert len(fetch("esc50", home, source).clips) == 10
    assert "No checksum of it was known" in capsys.readouterr().err


def test_an_archive_of_another_layout_is_refused(home, tmp_path):
    esc50(tmp_path / "origin")
    with origin_server() as origin:
        origin.answers["set.zip"] = Answer(zipped(tmp_path / "origin", "other"))
        with pytest.raises(AuricleError, match="holds other, but no folder ESC-50-master"):
            fetch("esc50", home, f"dataset.source.url={origin.address}/set.zip")


def test_a_set_that_cannot_be_fetched_says_where_to_put_it(home):
    with pytest.raises(AuricleError, match=r"There is no .*set\. Get music_speech\.tar\.gz"):
        fetch("gtzan_music_speech", home, "dataset.source.url=null")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recordings of ../shared/data are not here")
@pytest.mark.parametrize(("name", "a_fold", "classes"), [("esc50", 400, 50), ("esc10", 80, 10)])
def test_real_folds_are_listed_as_published(name, a_fold, classes, tmp_path):
    overrides = [f"dataset={name}", f"dataset.path='{SHARED}'"]
    made = parse(compose("config", [*overrides, "dataset.allow_partial=true"]), Config).dataset
    listing = made.fetch(tmp_path / "raw", HERE)
    assert len(listing.labels) == classes
    for fold in "123":
        assert sum(clip.fold == fold for clip in listing.clips) == a_fold
    whole = parse(compose("config", overrides), Config).dataset
    with pytest.raises(AuricleError, match="were published"):
        whole.fetch(tmp_path / "raw", HERE)
