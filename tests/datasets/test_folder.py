"""A tree of recordings and its table become a list that is true to both."""

import csv
import dataclasses
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.core.errors import AuricleError
from auricle.core.files import digest
from auricle.datasets.clips import Clip, Listing, read_about, read_clips
from auricle.datasets.folder import Columns
from helpers import HERE, folder_dataset, recording


@pytest.fixture
def tree(tmp_path):
    """Three recordings of speech and two of music, in nested folders."""
    root = tmp_path / "sounds"
    names = ["speech/a.wav", "speech/deep/er/b.wav", "speech/c.wav", "music/d.wav", "music/x/e.wav"]
    for seed, name in enumerate(names):
        recording(root / name, seed=seed)
    return root


def fetch(root, **changes):
    return folder_dataset(root, **changes).fetch(root.parent / "raw", HERE)


def labels_by_name(listing):
    return {clip.path.rpartition("/")[2]: clip.labels for clip in listing.clips}


def write_table(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def test_the_first_folder_is_the_class(tree):
    listing = fetch(tree)
    assert listing.labels == ["music", "speech"]
    assert labels_by_name(listing) == {
        "a.wav": ("speech",),
        "b.wav": ("speech",),
        "c.wav": ("speech",),
        "d.wav": ("music",),
        "e.wav": ("music",),
    }


def test_each_recording_is_listed_with_its_size_and_hash(tree):
    for clip in fetch(tree).clips:
        path = tree.parent / clip.path
        assert clip.size == path.stat().st_size
        assert clip.sha256 == digest(path)


def test_without_a_table_each_recording_is_its_own_group(tree):
    groups = [clip.group for clip in fetch(tree).clips]
    assert sorted(groups) == [
        "music/d.wav", "music/x/e.wav", "speech/a.wav", "speech/c.wav", "speech/deep/er/b.wav",
    ]  # fmt: skip


def test_labels_name_folders_wherever_they_stand_in_the_order_given(tmp_path):
    root = tmp_path / "sounds"
    for name in ("one/speech/a.wav", "two/duet/b.wav", "noise/c.wav", "one/other/d.wav"):
        recording(root / name)
    labels = {"speech": ["speech"], "duet": ["speech", "music"], "noise": []}
    listing = fetch(root, labels=labels)
    assert listing.labels == ["speech", "music"]
    assert labels_by_name(listing) == {
        "a.wav": ("speech",),
        "b.wav": ("speech", "music"),
        "c.wav": (),
    }
    assert listing.notes["left_out"] == {"in no folder of a class": 1}


def test_a_recording_in_the_folders_of_two_classes_is_refused_by_name(tmp_path):
    recording(tmp_path / "sounds" / "speech" / "music" / "a.wav")
    with pytest.raises(AuricleError, match=r"a\.wav lies in .*several classes \(speech, music\)"):
        fetch(tmp_path / "sounds", labels={"speech": ["speech"], "music": ["music"]})


def test_a_folder_in_a_folder_of_the_same_name_is_one_class(tmp_path):
    recording(tmp_path / "sounds" / "speech" / "speech" / "a.wav")
    listing = fetch(tmp_path / "sounds", labels={"speech": ["speech"]})
    assert labels_by_name(listing) == {"a.wav": ("speech",)}


def test_what_is_hidden_is_passed_over(tree):
    recording(tree / "speech" / "._a.wav")
    recording(tree / ".cache" / "b.wav")
    recording(tree / "speech" / ".git" / "c.wav")
    assert len(fetch(tree).clips) == 5


def test_what_is_no_sound_is_left_out_and_counted(tree):
    (tree / "speech" / "notes.txt").write_text("hello")
    (tree / "music" / "more.TXT").write_text("hello")
    (tree / "music" / "README").write_text("hello")
    listing = fetch(tree)
    assert len(listing.clips) == 5
    assert listing.notes["left_out"] == {
        "no sound file (.txt)": 2,
        "no sound file (no suffix)": 1,
    }


def test_recordings_beside_the_folders_are_left_out_and_counted(tree):
    recording(tree / "loose.wav")
    assert fetch(tree).notes["left_out"] == {"in no folder of a class": 1}


def test_suffixes_may_be_in_capitals(tmp_path):
    recording(tmp_path / "sounds" / "speech" / "a.wav").rename(
        tmp_path / "sounds" / "speech" / "A.WAV"
    )
    assert labels_by_name(fetch(tmp_path / "sounds")) == {"A.WAV": ("speech",)}


def test_a_table_gives_group_fold_split_and_licence(tree):
    rows = [
        {"path": "speech/a.wav", "who": " Ann ", "fold": "1", "part": "test", "terms": "CC0"},
        {"path": "music/d.wav", "who": "", "fold": "2", "part": "", "terms": "CC BY 4.0"},
    ]
    table = write_table(tree / "table.csv", rows)
    columns = Columns("path", "who", "fold", "part", "terms", None, None)
    listing = fetch(tree, table=table, columns=columns)
    first, second = sorted(listing.clips, key=lambda clip: clip.fold)
    assert (first.group, first.fold, first.split, first.licence) == ("Ann", "1", "test", "CC0")
    assert (second.group, second.split, second.licence) == ("music/d.wav", "", "CC BY 4.0")
    assert listing.notes["left_out"]["not in the table"] == 3


def test_a_label_of_the_table_that_contradicts_the_folder_is_refused(tree):
    rows = [{"file": "speech/a.wav", "label": "speech"}, {"file": "music/d.wav", "label": "speech"}]
    columns = Columns("file", None, None, None, None, None, "label")
    table = write_table(tree / "table.csv", rows)
    with pytest.raises(AuricleError, match=r"d\.wav is labelled speech .* folder music"):
        fetch(tree, table=table, columns=columns)
    table = write_table(tree / "table.csv", rows[:1])
    assert set(labels_by_name(fetch(tree, table=table, columns=columns))) == {"a.wav"}


def test_the_names_of_a_table_start_from_table_root(tree, tmp_path):
    table = write_table(tmp_path / "elsewhere.csv", [{"file": "a.wav"}])
    listing = fetch(tree, table=table, table_root=str(tree / "speech"))
    assert set(labels_by_name(listing)) == {"a.wav"}


def test_a_table_saved_by_a_spreadsheet_is_read(tree):
    # A spreadsheet starts UTF-8 with a byte order mark.
    (tree / "table.csv").write_bytes("\ufefffile\r\nspeech/a.wav\r\n".encode())
    assert set(labels_by_name(fetch(tree, table=str(tree / "table.csv")))) == {"a.wav"}


def test_only_licences_named_exactly_are_admitted(tree):
    licences = {"a": "CC BY 4.0", "c": "CC BY", "d.": "CC BY-NC 4.0"}
    files = {"a": "speech/a.wav", "c": "speech/c.wav", "d.": "music/d.wav"}
    rows = [{"file": files[key], "licence": licences[key]} for key in files]
    table = write_table(tree / "table.csv", rows)
    columns = Columns("file", None, None, None, "licence", None, None)
    listing = fetch(tree, table=table, columns=columns, licences=["CC BY 4.0"])
    assert set(labels_by_name(listing)) == {"a.wav"}
    assert listing.notes["left_out"]["licence not admitted"] == 2


def test_licences_without_a_table_of_them_are_refused(tree):
    with pytest.raises(AuricleError, match=r"licences needs a table.*dataset\.columns\.licence"):
        folder_dataset(tree, licences=["CC0"])


def test_a_column_that_is_not_there_is_named_with_those_that_are(tree):
    table = write_table(tree / "table.csv", [{"file": "speech/a.wav", "speaker": "Ann"}])
    with pytest.raises(AuricleError, match=r"no column who \(it has file, speaker\)"):
        fetch(tree, table=table, columns=Columns("file", "who", None, None, None, None, None))


def test_a_split_that_is_none_is_refused(tree):
    table = write_table(tree / "table.csv", [{"file": "speech/a.wav", "part": "testing"}])
    with pytest.raises(AuricleError, match="split=testing is none of"):
        fetch(tree, table=table, columns=Columns("file", None, None, "part", None, None, None))


def test_a_table_that_is_not_there_is_named(tree):
    with pytest.raises(AuricleError, match=r"dataset\.table=absent\.csv is no file"):
        fetch(tree, table="absent.csv")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AuricleError, match=r"dataset\.path=.*absent is no folder"):
        fetch(tmp_path / "absent")


def test_a_folder_without_recordings_is_refused_with_what_was_found(tmp_path):
    (tmp_path / "sounds" / "speech").mkdir(parents=True)
    (tmp_path / "sounds" / "speech" / "a.txt").write_text("no sound")
    with pytest.raises(AuricleError, match=r"holds no recordings to use .*\.txt.*: 1"):
        fetch(tmp_path / "sounds")


def test_a_changed_byte_changes_hash_and_fingerprint(tree):
    before = fetch(tree)
    path = tree / "speech" / "a.wav"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    after = fetch(tree)
    changed = [a.path for a, b in zip(before.clips, after.clips, strict=True) if a != b]
    assert [name.rpartition("/")[2] for name in changed] == ["a.wav"]
    assert before.fingerprint != after.fingerprint


def test_nothing_changed_is_the_same_bytes(tree, tmp_path):
    for name in ("one", "two"):
        fetch(tree).save(tmp_path / name, "sounds", {})
    for file in ("clips.csv", "dataset.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_other_labels_are_another_fingerprint(tree):
    renamed = {"speech": ["voice"], "music": ["music"]}
    assert fetch(tree).fingerprint != fetch(tree, labels=renamed).fingerprint


# A path holds anything but NUL; a carriage return and what is no Unicode are refused when listed.
TEXT = st.text(
    st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), min_size=1, max_size=20
)
LABEL = st.text(
    st.characters(exclude_characters="\0\r;", exclude_categories=["Cs"]), min_size=1, max_size=8
)
CLIP = st.builds(
    Clip,
    path=TEXT,
    size=st.integers(0, 2**40),
    sha256=st.just("0" * 64),
    labels=st.lists(LABEL, max_size=3, unique=True).map(tuple),
    group=TEXT,
    fold=st.sampled_from(["", "1", "10"]),
    split=st.sampled_from(["", "train", "test"]),
    licence=TEXT,
)


@settings(deadline=None, max_examples=60)
@given(clips=st.lists(CLIP, max_size=5))
def test_any_names_survive_the_list(tmp_path_factory, clips):
    folder = tmp_path_factory.getbasetemp() / "any_names"
    Listing(clips, ["speech"], {}).save(folder, "names", {})
    assert read_clips(folder) == clips


def test_real_names_survive_the_list(tmp_path):
    root = tmp_path / "sounds"
    names = [
        "with space.wav",
        'a "quote".wav',
        "comma, and; semicolon.wav",
        "été — 音.wav",
        "line\n.wav",
    ]
    for name in names:
        recording(root / "speech" / name)
    fetch(root).save(tmp_path / "raw", "names", {})
    found = {clip.path.removeprefix(f"{root}/speech/") for clip in read_clips(tmp_path / "raw")}
    assert found == set(names)


@pytest.mark.parametrize("name", ["carriage\rreturn.wav", b"no \xff unicode.wav"])
def test_a_name_that_no_list_can_hold_is_refused(tmp_path, name):
    path = recording(tmp_path / "sounds" / "speech" / "a.wav")
    path.rename(path.with_name(os.fsdecode(name)))
    with pytest.raises(AuricleError, match=r"(carriage|unicode).*rename it"):
        fetch(tmp_path / "sounds")


@pytest.mark.parametrize("labels", [None, {"a;b": ["a;b"]}, {"a;b": ["one", "t;wo"]}])
def test_a_label_with_the_sign_that_separates_labels_is_refused(tmp_path, labels):
    recording(tmp_path / "sounds" / "a;b" / "a.wav")
    with pytest.raises(AuricleError, match=r";.*rename it"):
        fetch(tmp_path / "sounds", labels=labels)


def test_the_summary_counts_recordings_groups_and_labels(tree, tmp_path):
    listing = fetch(tree)
    one_group = [dataclasses.replace(clip, group="same") for clip in listing.clips]
    Listing(one_group, listing.labels, listing.notes).save(tmp_path / "raw", "mine", {})
    about = read_about(tmp_path / "raw")
    assert (about["name"], about["clips"], about["groups"]) == ("mine", 5, 1)
    assert about["clips_by_labels"] == {"music": 2, "speech": 3}


def test_a_list_that_is_missing_or_damaged_is_refused_with_a_remedy(tmp_path):
    with pytest.raises(AuricleError, match=r"clips\.csv: run `auricle fetch` first"):
        read_clips(tmp_path)
    (tmp_path / "clips.csv").write_text("path,size\na.wav,many\n")
    with pytest.raises(AuricleError, match=r"clips\.csv is damaged.*run `auricle fetch` anew"):
        read_clips(tmp_path)
