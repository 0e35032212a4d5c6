"""The same recording on two sides of a split is found, whatever was done to it."""

import csv
import io

import numpy as np
import pytest
import soundfile
import soxr

from auricle.core.errors import AuricleError
from auricle.datasets.clips import Clip
from auricle.datasets.duplicates import find_duplicates, guard, refuse_contradictions
from auricle.datasets.fingerprint import fingerprint
from auricle.synthesis.render import render_clip
from helpers import clip, folder_dataset

RATE = 16000
NONE = np.zeros(0, np.float32)


def vorbis(samples):
    """Encode and decode with loss."""
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="OGG", subtype="VORBIS", compression_level=0.9)
    file.seek(0)
    return soundfile.read(file, dtype="float32")[0]


CHANGES = {
    "re-encoded": vorbis,
    "louder": lambda x: np.clip(4 * x, -1, 1),
    "cut": lambda x: x[3 * RATE + 77 : 8 * RATE],
    "resampled": lambda x: soxr.resample(soxr.resample(x, RATE, 11025), 11025, RATE),
}


def found(recordings, side, group=None):
    """Twins among recordings given as path and samples; `group` names some of their groups."""
    clips = [
        Clip(path, 100, f"{number:064d}", ("speech",), (group or {}).get(path, path))
        for number, path in enumerate(recordings)
    ]
    prints = {
        path: fingerprint(samples.astype(np.float32), RATE) for path, samples in recordings.items()
    }
    return find_duplicates(clips, side, prints)


@pytest.fixture(scope="module")
def sounds():
    return {
        f"{kind}{i}.wav": render_clip(kind, 41, i, 10.0, False)
        for kind in ("music", "speech")
        for i in range(2)
    }


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", ["music", "speech"])
def test_a_copy_on_the_other_side_is_named(change, kind, sounds):
    recordings = {**sounds, "copy.flac": CHANGES[change](sounds[f"{kind}0.wav"])}
    side = dict.fromkeys(sounds, "train") | {"copy.flac": "test"}
    pairs = found(recordings, side)
    assert [(pair.first, pair.second, pair.why) for pair in pairs if pair.leak] == [
        (f"{kind}0.wav", "copy.flac", "near-identical")
    ]


def test_a_copy_on_the_same_side_is_no_leak(sounds):
    recordings = {**sounds, "copy.flac": vorbis(sounds["music1.wav"])}
    pairs = found(recordings, dict.fromkeys(recordings, "train"))
    assert [(pair.why, pair.leak) for pair in pairs] == [("near-identical", False)]


def test_different_recordings_are_no_twins(sounds):
    assert found(sounds, dict(zip(sounds, ("train", "test") * 2, strict=True))) == []


def test_identical_bytes_are_found_where_there_is_nothing_to_hear():
    clips = [clip("a.wav"), clip("b.wav")]  # of one SHA-256
    nothing = fingerprint(NONE, RATE)
    side = {"a.wav": "train", "b.wav": "test"}
    (pair,) = find_duplicates(clips, side, {"a.wav": nothing, "b.wav": nothing})
    assert (pair.why, pair.similarity, pair.leak) == ("identical", 1.0, True)


def test_of_a_group_on_two_sides_one_pair_stands_for_all():
    paths = [f"{i}.wav" for i in range(6)]
    sides = ["train", "train", "test", "test", "validation", "train"]
    group = dict.fromkeys(paths[:4], "Ann")
    (pair,) = found(dict.fromkeys(paths, NONE), dict(zip(paths, sides, strict=True)), group)
    assert pair.why == "group Ann"
    assert {pair.first_side, pair.second_side} == {"train", "test"}


def test_what_is_left_out_of_the_split_leaks_nothing():
    group = {"a.wav": "x", "b.wav": "x"}
    assert found({"a.wav": NONE, "b.wav": NONE}, {"a.wav": "train"}, group) == []


def test_a_leak_is_refused_by_name_with_what_to_do(sounds, tmp_path):
    recordings = {**sounds, "copy, again.flac": sounds["speech1.wav"]}
    side = dict.fromkeys(sounds, "train") | {"copy, again.flac": "test"}
    pairs = found(recordings, side)
    with pytest.raises(AuricleError) as refused:
        guard(pairs, folder_dataset("sounds"), tmp_path / "duplicates.csv")
    told = str(refused.value)
    assert "speech1.wav (train) and copy, again.flac (test): near-identical" in told
    assert "dataset.columns.group" in told
    assert "dataset.allow_leaks=true" in told
    with (tmp_path / "duplicates.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert (row["leak"], row["first"], row["second"]) == ("1", "speech1.wav", "copy, again.flac")


def test_leaks_that_are_allowed_are_given_to_report(sounds, tmp_path):
    recordings = {**sounds, "copy.flac": sounds["speech1.wav"]}
    side = dict.fromkeys(sounds, "train") | {"copy.flac": "test"}
    allowed = folder_dataset("sounds", allow_leaks=True)
    assert len(guard(found(recordings, side), allowed, tmp_path / "duplicates.csv")) == 1


def test_identical_recordings_are_each_paired_with_the_first():
    clips = [clip(f"{i}.wav") for i in range(50)]  # of one SHA-256
    nothing = dict.fromkeys((each.path for each in clips), fingerprint(NONE, RATE))
    side = {each.path: "test" if i == 30 else "train" for i, each in enumerate(clips)}
    pairs = find_duplicates(clips, side, nothing)
    assert len(pairs) == 49
    assert [(pair.first, pair.second) for pair in pairs if pair.leak] == [("0.wav", "30.wav")]


def test_one_recording_under_two_labels_is_refused_by_name(tmp_path):
    names = {"yes/a.wav": "0", "no/b.wav": "0", "no/c.wav": "1"}
    clips = [
        Clip(name, 100, digit * 64, (name.partition("/")[0],), name)
        for name, digit in names.items()
    ]
    with pytest.raises(AuricleError, match=r"yes/a\.wav \(yes\) and no/b\.wav \(no\)"):
        refuse_contradictions(clips, folder_dataset(tmp_path))
    refuse_contradictions(clips, folder_dataset(tmp_path, allow_leaks=True))
    refuse_contradictions(clips[1:], folder_dataset(tmp_path))
