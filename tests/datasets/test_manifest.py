"""Pieces come from a cache or their origin, whole and as the table says, or are refused by name."""

import csv
import dataclasses
import io
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt

from auricle.audio.io import load
from auricle.core.compose import compose
from auricle.core.errors import AuricleError
from auricle.core.files import digest
from auricle.core.schema import parse
from auricle.datasets.manifest import Manifest
from auricle.datasets.manifest.origin import Origin
from auricle.datasets.manifest.piece_audio import Form, make_piece, sketch, sketch_difference_db
from auricle.datasets.manifest.pieces import Piece, read_pieces
from auricle.pipeline.fetch_dataset import Config
from helpers import HERE, ROOT, folder_dataset
from origin_server import Answer, origin_server

TABLE = ROOT / "references" / "manifest_music_speech.csv"
SHARED = ROOT.parent / "shared" / "data"
RATE = 22050
QUIET = np.zeros(RATE, np.float32)
FORM = Form(16000, 0.9, 40.0, 0.9, 2.0, 4.0)
SHIPPED = read_pieces(TABLE)
needs_shared = pytest.mark.skipif(
    not (SHARED / "SOURCES.csv").is_file(), reason="the recordings of ../shared/data are not here"
)


def sound(seed, seconds=3.0, rate=RATE):
    """Noise of a colour of its own, whose level changes four times a second."""
    rng = np.random.default_rng(seed)
    low = rng.uniform(100, 3000)
    band = butter(2, [low, 1.5 * low], "bandpass", fs=rate, output="sos")
    levels = np.repeat(rng.uniform(0.1, 1, round(4 * seconds)), rate // 4 + 1)
    count = round(seconds * rate)
    noise = sosfilt(band, rng.standard_normal(count)) * levels[:count]
    return (0.5 * noise / np.abs(noise).max()).astype(np.float32)


def encoded(samples, suffix=".wav", rate=RATE):
    kinds = {".wav": ("WAV", "PCM_16"), ".flac": ("FLAC", "PCM_16"), ".ogg": ("OGG", "VORBIS")}
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=kinds[suffix][0], subtype=kinds[suffix][1])
    return file.getvalue()


def piece_of(name, samples, **changes):
    """Give a row of the table for a sound, which its origin has as `NAME.wav`."""
    row = {
        "file": f"speech/{name}.ogg",
        "labels": ("speech",),
        "repository": "github.com/someone/sounds",
        "commit": "0123456789ab",
        "paths": (f"some where/{name}.wav",),
        "start_s": 0.0,
        "seconds": len(samples) / RATE,
        "rates_hz": (RATE,),
        "level_dbfs": -23.0,
        "licence": "CC0",
        "credit": "someone",
        "group": f"speaker {name}",
        "fold": "0",
        "source": "sounds",
        "sha256": "0" * 64,
    }
    changes.setdefault("sketch", sketch(samples, RATE))
    return Piece(**{**row, **changes})


def write_table(path, pieces):
    joined = {"labels": ";", "paths": " | ", "rates_hz": ";"}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in dataclasses.fields(Piece)])
        writer.writeheader()
        for piece in pieces:
            row = dataclasses.asdict(piece)
            for name, separator in joined.items():
                row[name] = separator.join(map(str, row[name]))
            row["level_dbfs"] = "" if row["level_dbfs"] is None else row["level_dbfs"]
            writer.writerow(row)


class World:
    """A table, the server its pieces come from, and the folders they go to."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server
        self.raw, self.store, self.cache = folder / "raw", folder / "store", folder / "cache"
        self.pieces = []

    def add(self, name, samples, **changes):
        """List a piece, and publish its file."""
        piece = piece_of(name, samples, **changes)
        self.pieces.append(piece)
        for path in piece.paths:
            self.publish(path, encoded(samples))
        return piece

    def publish(self, path, content, **about):
        address = f"someone/sounds/0123456789ab/{path}"
        self.server.answers[address] = Answer(content, **about)
        return address

    def dataset(self, **changes):
        write_table(self.folder / "table.csv", self.pieces)
        url = (
            f"{changes.pop('address', self.server.address)}/{{owner}}/{{name}}/{{commit}}/{{path}}"
        )
        plain = {
            field.name: getattr(folder_dataset(self.folder), field.name)
            for field in dataclasses.fields(Manifest)
            if hasattr(folder_dataset(self.folder), field.name)
        }
        given = {
            "name": "recordings",
            "table": str(self.folder / "table.csv"),
            "licences": ["CC0"],
            "leave_out": [],
            "cache": str(self.cache),
            "store": str(self.store),
            "origin": Origin(url, 2, 3, 5.0, 0.01, 1.0),
            "form": FORM,
        }
        return Manifest(**{**plain, **given, **changes})

    def fetch(self, **changes):
        return self.dataset(**changes).fetch(self.raw, HERE)

    def refused(self, **changes):
        """Fetch, and give what is said; nothing half-written is left."""
        with pytest.raises(AuricleError) as error:
            self.fetch(**changes)
        assert not list(self.folder.rglob("*.unfinished"))
        return str(error.value)

    @property
    def asked(self):
        return sum(self.server.asked.values())


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr("pooch.core.time", Mock())  # waits seconds between whole downloads
    with origin_server() as server:
        yield World(tmp_path, server)


def active_level_dbfs(samples, rate):
    """Level of the segments of 50 ms within 30 dB of the loudest, written down anew."""
    count = rate // 20
    powers = np.array(
        [np.mean(samples[i : i + count] ** 2) for i in range(0, len(samples) - count + 1, count)]
    )
    return 10 * np.log10(powers[powers >= powers.max() / 1000].mean())


def likeness(one, other, apart=320):
    """Largest correlation of two signals of nearly the same length, so many samples apart."""
    count = min(len(one), len(other)) - 2 * apart
    at = one[apart : apart + count].astype(float)
    others = (other[apart + lag :][:count].astype(float) for lag in range(-apart, apart + 1))
    return max(np.dot(at, o) / np.sqrt(np.dot(at, at) * np.dot(o, o)) for o in others)


def test_a_piece_is_cut_from_its_origin_and_levelled(world):
    whole = sound(1, 6.0)
    cut = whole[2 * RATE : 5 * RATE]
    piece = world.add("a", whole, start_s=2.0, seconds=3.0, sketch=sketch(cut, RATE))
    (clip,) = world.fetch().clips
    assert clip.path == (world.raw / "recordings" / "speech" / "a.flac").as_posix()
    assert (clip.labels, clip.group, clip.fold) == (("speech",), "speaker a", "0")
    assert (clip.licence, clip.source) == ("CC0", "sounds")
    samples, rate = soundfile.read(clip.path, dtype="float32")
    assert rate == 16000
    assert samples.ndim == 1
    assert len(samples) == 3 * 16000
    assert active_level_dbfs(samples, rate) == pytest.approx(-23, abs=0.1)
    (world.folder / "cut.wav").write_bytes(encoded(cut))
    assert likeness(load(world.folder / "cut.wav", 16000), samples) > 0.999
    assert sketch_difference_db(sketch(samples, rate), piece.sketch) < 0.3


def test_two_channels_become_one_and_a_level_may_stay(world):
    one = sound(1)
    world.add("a", one, level_dbfs=None)
    world.publish("some where/a.wav", encoded(np.stack([one, np.zeros_like(one)], axis=1)))
    (clip,) = world.fetch().clips
    samples, _ = soundfile.read(clip.path)
    assert np.abs(samples).max() == pytest.approx(0.25, abs=0.02)


def test_a_level_that_would_clip_is_lowered(world):
    clicks = 1e-3 * sound(1)
    clicks[:: RATE // 2] = 0.9
    world.add("a", clicks)
    (clip,) = world.fetch().clips
    assert np.abs(soundfile.read(clip.path)[0]).max() == pytest.approx(0.9, abs=0.01)


def test_clips_are_joined_in_their_order_without_the_silence_around_them(world):
    clips = [sound(seed, 1.0) for seed in (1, 2, 3)]
    joined = np.concatenate(clips)
    paths = tuple(f"some where/C#{i}?.ogg" for i in range(3))
    world.add("a", joined, paths=paths)
    for path, clip in zip(paths, clips, strict=True):
        silence = np.zeros(RATE // 2, np.float32)
        world.publish(path, encoded(np.concatenate([silence, clip, silence]), ".ogg"))
    (found,) = world.fetch().clips
    samples, rate = soundfile.read(found.path)
    assert len(samples) / rate == pytest.approx(3, abs=0.1)
    for i, clip in enumerate(clips):
        (third := world.folder / f"{i}.wav").write_bytes(encoded(clip))
        part = samples[i * len(samples) // 3 :][: rate - rate // 10].astype(np.float32)
        assert likeness(part, load(third, rate), apart=1000) > 0.9


def test_the_same_bytes_come_out_each_time(world):
    world.add("a", sound(1))
    first = world.fetch()
    shutil.rmtree(world.raw)
    shutil.rmtree(world.store)
    assert world.fetch() == first


def test_what_was_fetched_is_not_fetched_again(world):
    world.add("a", sound(1))
    first = world.fetch()
    assert world.fetch() == first
    shutil.rmtree(world.raw)  # as another dataset does
    assert world.fetch(address="http://127.0.0.1:9") == first
    assert world.asked == 1


def test_pieces_that_the_table_no_longer_has_are_removed_and_other_files_are_not(world):
    world.add("a", sound(1))
    world.add("b", sound(2))
    world.fetch()
    (notes := world.raw / "recordings" / "notes.txt").write_text("mine")
    del world.pieces[0]
    world.fetch()
    assert {path.name for path in (world.raw / "recordings" / "speech").iterdir()} == {"b.flac"}
    assert notes.is_file()


def test_a_piece_cut_otherwise_is_made_anew(world):
    world.add("a", sound(1, 6.0))
    before = world.fetch()
    world.pieces[0] = dataclasses.replace(world.pieces[0], seconds=5.0)
    after = world.fetch()
    assert after.fingerprint != before.fingerprint
    assert soundfile.info(after.clips[0].path).duration == 5


def test_the_cache_needs_no_server(world):
    content = encoded(sound(1), ".ogg")
    (world.cache / "speech").mkdir(parents=True)
    kept = world.cache / "speech" / "a.ogg"
    kept.write_bytes(content)
    world.add("a", sound(1), sha256=digest(kept))
    (clip,) = world.fetch(address="http://127.0.0.1:9").clips
    assert clip.path == (world.raw / "recordings" / "speech" / "a.ogg").as_posix()
    assert Path(clip.path).read_bytes() == content
    assert not world.asked


def test_what_the_cache_has_under_the_name_of_another_is_not_taken(world):
    (world.cache / "speech").mkdir(parents=True)
    (world.cache / "speech" / "a.ogg").write_bytes(encoded(sound(2), ".ogg"))
    world.add("a", sound(1))
    (clip,) = world.fetch().clips
    assert clip.path.endswith(".flac")


def test_what_is_not_there_is_named_and_the_rest_is_kept(world):
    world.add("a", sound(1))
    world.add("b", sound(2))
    missing = world.publish("some where/b.wav", b"", status=404)
    told = world.refused()
    assert "1 of 2 pieces" in told
    assert "speech/b.ogg: " in told
    assert f"{missing.replace(' ', '%20')} answers 404" in told
    assert "dataset.parts.recordings.cache" in told
    assert "speech/a.ogg" not in told
    assert world.server.asked[missing] == 1  # it would be missing the next time too
    world.publish("some where/b.wav", encoded(sound(2)))
    assert len(world.fetch().clips) == 2
    assert world.server.asked["someone/sounds/0123456789ab/some where/a.wav"] == 1


def test_pieces_can_be_left_out_by_name(world):
    world.add("a", sound(1))
    world.add("b", sound(2))
    world.publish("some where/b.wav", b"", status=404)
    listing = world.fetch(leave_out=["speech/b.ogg"])
    assert len(listing.clips) == 1
    assert listing.notes["left_out"] == {"named in leave_out": 1}
    with pytest.raises(AuricleError, match=r"speech/c\.ogg: no piece"):
        world.fetch(leave_out=["speech/c.ogg"])


def test_a_licence_that_is_not_admitted_is_left_out(world):
    world.add("a", sound(1))
    world.add("b", sound(2), licence="CC BY-NC 3.0")
    listing = world.fetch()
    assert [clip.licence for clip in listing.clips] == ["CC0"]
    assert listing.notes["left_out"] == {"licence not admitted": 1}


def test_a_file_that_breaks_off_is_asked_for_again_then_refused(world):
    world.add("a", sound(1))
    content = encoded(sound(1))
    address = world.publish("some where/a.wav", content[:9999], promised=len(content))
    assert f"broke off: 9999 of {len(content)} bytes came" in world.refused()
    assert world.server.asked[address] == 3


def test_a_server_that_says_no_length_that_is_one_is_refused(world):
    world.add("a", sound(1))
    world.publish("some where/a.wav", encoded(sound(1)), headers={"Content-Length": "many"})
    assert "of many bytes came" in world.refused()


@pytest.mark.parametrize("suffix", [".wav", ".ogg"])
def test_a_file_that_was_published_cut_off_is_refused(world, suffix):
    content = encoded(sound(1), suffix)
    world.add("a", sound(1), paths=(f"a{suffix}",))
    world.publish(f"a{suffix}", content[: len(content) * 2 // 3])
    assert f"speech/a.ogg: a{suffix} is cut off" in world.refused()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (encoded(sound(2)), "does not sound as the manifest says"),
        (encoded(sound(1, 2.0)), "a.wav gives 2 s from 0 s on, and 3 s are wanted"),
        (encoded(sound(1, rate=16000), rate=16000), "16000 samples a second, not 22050"),
        (encoded(np.zeros(3 * RATE)), "does not sound as the manifest says"),
        (b"<html>Not here any more</html>", "a.wav cannot be decoded"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
        (b"", "a.wav is empty"),
        (bytes(1_000_001), "has more than most_mb=1 megabytes"),
    ],
)
def test_another_file_than_the_one_that_is_wanted_is_refused(world, content, said):
    world.add("a", sound(1))
    world.publish("some where/a.wav", content)
    told = world.refused()
    assert told.count("speech/a.ogg: ") == 1
    assert said in told
    assert "origin.wav" not in told  # the file it was decoded from


def test_a_server_that_is_busy_is_asked_again(world):
    world.add("a", sound(1))
    address = world.publish("some where/a.wav", encoded(sound(1)))
    whole = world.server.answers[address]
    busy = [Answer(status=503), Answer(status=429, headers={"Retry-After": "0"})]
    world.server.answers[address] = [*busy, whole]
    assert len(world.fetch().clips) == 1
    assert world.server.asked[address] == 3


def test_a_server_that_is_down_is_given_up_on(world):
    for i in range(9):
        world.add(str(i), sound(i))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}"
    told = world.refused(address=nowhere)
    assert "cannot be reached" in told
    assert "were not tried after that" in told
    assert "without a network" in told
    assert told.count("cannot be reached") <= 2  # one a connection


def test_a_server_that_is_always_busy_is_given_up_on(world):
    for i in range(9):
        world.add(str(i), sound(i))
        world.publish(f"some where/{i}.wav", b"", status=429)
    told = world.refused()
    assert "answers 429" in told
    assert "were not tried after that" in told


def test_another_server_is_never_asked(world):
    world.add("a", sound(1))
    with origin_server() as other:
        other.answers["a.wav"] = Answer(encoded(sound(1)))
        world.publish(
            "some where/a.wav", b"", status=302, headers={"Location": f"{other.address}/a.wav"}
        )
        assert "which is not in the manifest" in world.refused()
        assert not other.asked


def test_a_renamed_repository_is_followed(world):
    world.add("a", sound(1))
    to = world.publish("b.wav", encoded(sound(1)))
    world.publish("some where/a.wav", b"", status=301, headers={"Location": f"/{to}"})
    assert len(world.fetch().clips) == 1


FETCH = """
import pickle, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
dataset, raw, cluster = pickle.load(sys.stdin.buffer)
dataset.fetch(raw, cluster)
"""


def test_what_ctrl_c_interrupts_goes_on_where_it_stood(world):
    """In a process of its own: here the interrupt would come to whatever Python is at."""

    def press() -> None:
        fetching.send_signal(signal.SIGINT)
        time.sleep(0.2)

    world.add("a", sound(1))
    world.fetch()
    for i in range(8):
        world.add(str(i), sound(i))
        world.publish(f"some where/{i}.wav", encoded(sound(i)), do=press if i == 0 else bool)
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    fetching = subprocess.Popen([sys.executable, "-c", FETCH], **pipes)
    fetching.communicate(pickle.dumps((world.dataset(), world.raw, HERE)), timeout=60)
    assert fetching.returncode == -signal.SIGINT
    assert world.asked < 6
    assert not list(world.folder.rglob("*.unfinished"))
    world.publish("some where/0.wav", encoded(sound(0)))
    assert len(world.fetch().clips) == 9
    assert world.server.asked["someone/sounds/0123456789ab/some where/a.wav"] == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"paths": ("../a.wav",)}, "leads out of its folder"),
        ({"paths": ("a/../../b.wav",)}, "leads out of its folder"),
        ({"file": "/etc/a.ogg"}, "leads out of its folder"),
        ({"file": "a/.."}, "leads out of its folder"),
        ({"file": "a.flac"}, "file=a.flac is FLAC"),
        ({"commit": "main"}, "commit='main' is not"),
        ({"repository": "example.org/a"}, "is not github.com/OWNER/NAME"),
        ({"credit": ""}, "credit is empty"),
        ({"licence": ""}, "licence is empty"),
        ({"seconds": 0.0}, "seconds=0.0 must lie between"),
        ({"sketch": "ff"}, "sketch='ff' is not"),
    ],
)
def test_a_row_that_no_piece_can_be_is_refused(change, said):
    with pytest.raises(AuricleError, match=said.replace("(", r"\(")):
        piece_of("a", sound(1), **change)


@given(st.text(max_size=12), st.lists(st.sampled_from(["..", ".", "/", "a", ".b", "c d"])))
def test_no_path_of_a_table_leads_out_of_a_folder(text, parts):
    for path in (text, "".join(parts), "/".join(parts)):
        try:
            piece_of("a", QUIET, file=path, paths=(path,), sketch="0" * 40)
        except AuricleError:
            continue
        inside = os.path.normpath(f"/folder/{path}")
        assert inside.startswith("/folder/")


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1)


@settings(deadline=None)
@given(WORDS, WORDS, st.lists(st.integers(8000, 96000), min_size=1, max_size=3))
def test_a_table_is_read_as_it_was_written(credit, group, rates):
    piece = piece_of("a", QUIET, credit=credit, group=group, rates_hz=tuple(rates), sketch="f" * 40)
    with tempfile.TemporaryDirectory() as folder:
        write_table(Path(folder, "t.csv"), [piece])
        assert read_pieces(Path(folder, "t.csv")) == [piece]


def test_a_table_that_lacks_something_is_refused_by_row(world):
    world.add("a", sound(1))
    world.dataset()
    table = world.folder / "table.csv"
    assert read_pieces(table) == world.pieces
    text = table.read_text()
    table.write_text(text.replace("credit", "thanks"))
    with pytest.raises(AuricleError, match=r"row 1 \(speech/a\.ogg\): has no column 'credit'"):
        read_pieces(table)
    table.write_text(text.replace("22050", "fast"))
    with pytest.raises(AuricleError, match=r"row 1 .*fast"):
        read_pieces(table)
    table.write_text(text + text.splitlines()[1] + "\n")
    with pytest.raises(AuricleError, match="listed twice"):
        read_pieces(table)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://a/{path}", "must begin with https"),
        ("https://a/{commit}", "must hold"),
        ("https://a/{branch}/{path}", "must hold"),
        ("https://a/{path", "is no template"),
        ("https://[a/{path}", "is no template"),
        ("https://a/{}/{path}", "must hold"),
        ("https://a/{path:d}", "must hold"),
        ("https://me:secret@a/{path}", "password"),
    ],
)
def test_an_address_that_cannot_be_is_refused(url, said):
    with pytest.raises(AuricleError, match=said) as error:
        Origin(url, 1, 1, 1.0, 0.0, 1.0)
    assert "secret" not in str(error.value)


def test_level_does_not_change_a_sketch_and_another_sound_does():
    one = sketch(sound(1), RATE)
    assert sketch_difference_db(one, sketch(0.01 * sound(1), RATE)) < 0.3
    assert sketch_difference_db(one, sketch(sound(2), RATE)) > 4


def shipped_dataset(monkeypatch):
    monkeypatch.chdir(ROOT)
    return parse(compose("config", ["experiment=music_speech"]), Config).dataset._part("recordings")


def test_every_piece_that_is_shipped_with_is_admitted_and_credited(monkeypatch):
    dataset = shipped_dataset(monkeypatch)
    for piece in SHIPPED:
        assert piece.licence in dataset.licences
        assert piece.credit
        assert not any(word in piece.licence for word in ("NC", "GPL", "FDL", "Sampling"))
        assert not piece.group.startswith("pockettorah")
    assert {piece.licence for piece in SHIPPED} == set(dataset.licences)
    assert dataset.origin.addresses(SHIPPED[0])[SHIPPED[0].paths[0]].startswith("https://raw.")


def test_the_pieces_that_are_shipped_with_have_plausible_lengths():
    minutes = defaultdict(float)
    for piece in SHIPPED:
        assert 0.5 < piece.seconds < 200
        assert all(8000 <= rate <= 96000 for rate in piece.rates_hz)
        minutes["+".join(piece.labels)] += piece.seconds / 60
    assert {name: round(value, 1) for name, value in minutes.items()} == {
        "music": 132.7,
        "speech": 38.3,
        "": 19.7,
    }


def test_no_group_of_the_table_stands_in_two_folds():
    folds = defaultdict(set)
    for piece in SHIPPED:
        folds[piece.labels, piece.group].add(piece.fold)
    assert all(len(of) == 1 for of in folds.values())
    with (ROOT / "references" / "folds_music_speech.csv").open() as file:
        dealt = {((row["class"],), row["group"]): {row["fold"]} for row in csv.DictReader(file)}
    for (labels, group), of in folds.items():
        assert not labels or dealt[labels, group] == of


@needs_shared
def test_every_piece_of_the_cache_is_the_one_of_the_table():
    different = [p.file for p in SHIPPED if digest(SHARED / p.file) != p.sha256]
    assert not different


@needs_shared
@pytest.mark.parametrize(
    "piece",
    [  # a few of them on each edit
        pytest.param(piece, id=piece.file, marks=[pytest.mark.system] if i % 5 else [])
        for i, piece in enumerate(SHIPPED[::40])
    ],
)
def test_a_piece_made_anew_sounds_as_the_one_of_the_cache(piece):
    """The piece of the cache stands for its origin: cutting and levelling leave it as it is."""
    cached = load(SHARED / piece.file, FORM.sample_rate_hz)
    # A band that lies between two steps of 0.25 dB falls to either, by the processor's arithmetic.
    sketched = sketch(cached, FORM.sample_rate_hz)
    assert sketch_difference_db(sketched, piece.sketch) <= 2 * 0.25 / 20
    rate = soundfile.info(SHARED / piece.file).samplerate
    whole = dataclasses.replace(piece, start_s=0.0, paths=("a.ogg",), rates_hz=(rate,))
    made = make_piece(whole, {"a.ogg": (SHARED / piece.file).read_bytes()}, FORM)
    assert len(made) / FORM.sample_rate_hz == pytest.approx(piece.seconds, abs=0.01)
    assert likeness(made, cached) > 0.999
    if piece.level_dbfs and np.abs(made).max() < 0.85:  # it is not lowered
        change_db = 20 * np.log10(np.abs(made).max() / np.abs(cached).max())
        assert change_db == pytest.approx(0, abs=0.2)
