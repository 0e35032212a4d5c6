"""Windows come back from their JSON bit for bit, through an array that fits its file."""

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from auricle.core.errors import AuricleError
from auricle.datasets import window_file
from helpers import header, levels, two_classes, write_windows

SHAPE = (2, 3)


def rows(count, shape=SHAPE, seed=0):
    return np.random.default_rng(seed).standard_normal((count, *shape)).astype(np.float32)


def some(path):
    """Write a clip of three windows, its augmented copy, and a clip of none of the labels."""
    return write_windows(
        path,
        [
            ("a.wav", ["speech"], "none", rows(3)),
            ("a.wav", ["speech"], "channel", rows(3, seed=1)),
            ("b.wav", [], "none", rows(2, seed=2)),
        ],
        shape=SHAPE,
    )


def edit(path, number, text):
    """Replace a line of a file, counted from 1."""
    lines = path.read_text().splitlines()
    lines[number - 1] = text
    path.write_text("\n".join(lines) + "\n")


def arrays_of(path):
    return [folder.name for folder in (path.parent / "arrays").iterdir() if folder.is_dir()]


float32 = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(deadline=None, max_examples=40)
@given(
    features=arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 4), st.just(2), st.just(3)),
        elements=float32 | st.sampled_from([1e-45, -1e-40, 3.4028235e38, -0.0, 0.1]),
    )
)
def test_features_come_back_bit_for_bit(tmp_path_factory, features):
    path = tmp_path_factory.getbasetemp() / "bits" / "train.jsonl"
    path.parent.mkdir(exist_ok=True)
    read = write_windows(path, [("a.wav", ["speech"], "none", features)], shape=SHAPE)
    assert read.features.tobytes() == features.tobytes()


def test_any_json_reader_gets_the_same_bits(tmp_path):
    features = rows(2)
    write_windows(tmp_path / "train.jsonl", [("a.wav", ["speech"], "none", features)], shape=SHAPE)
    line = json.loads((tmp_path / "train.jsonl").read_text().splitlines()[1])
    assert np.array_equal(np.array(line["features"], np.float32), features)


def test_rows_say_their_clip_group_augmentation_labels_and_start(tmp_path):
    windows = some(tmp_path / "train.jsonl")
    assert len(windows) == 8
    assert windows.clips == ["a.wav", "a.wav", "b.wav"]
    assert windows.groups == ["group of a.wav", "group of a.wav", "group of b.wav"]
    assert windows.augmentations == ["none", "channel", "none"]
    assert windows.clip.tolist() == [0, 0, 0, 1, 1, 1, 2, 2]
    assert windows.start_s.tolist() == [0.0, 0.25, 0.5, 0.0, 0.25, 0.5, 0.0, 0.25]
    assert windows.targets.tolist() == [[1, 0]] * 6 + [[0, 0]] * 2


def test_targets_are_in_the_order_of_the_header(tmp_path):
    segments = [("a.wav", ["music", "speech"], "none", rows(1)), ("b.wav", ["music"], "none",
                 rows(1))]  # fmt: skip
    windows = write_windows(tmp_path / "a.jsonl", segments, shape=SHAPE)
    assert windows.header.labels == ["speech", "music"]
    assert windows.targets.tolist() == [[1, 1], [0, 1]]


def test_the_header_counts_windows_and_recordings_without_their_copies(tmp_path):
    some(tmp_path / "train.jsonl")
    found = window_file.read_header(tmp_path / "train.jsonl")
    assert (found.windows, found.clips) == (8, 2)


@pytest.mark.parametrize(("hop_s", "most"), [(0.25, 240), (0.125, 480), (0.7, 85), (90.0, 1)])
def test_a_line_holds_at_most_a_minute(tmp_path, hop_s, most):
    features = rows(2 * most + 1, (1, 1))
    path = tmp_path / "train.jsonl"
    windows = write_windows(path, [("a.wav", [], "none", features)], shape=(1, 1), hop_s=hop_s)
    lines = [json.loads(line) for line in path.read_text().splitlines()[1:]]
    assert [len(line["features"]) for line in lines] == [most, most, 1]
    assert [line["start_s"] for line in lines] == pytest.approx([0, most * hop_s, 2 * most * hop_s])
    # Lines of one clip are one segment, and time goes on across them.
    assert set(windows.clip) == {0}
    assert windows.start_s == pytest.approx(hop_s * np.arange(len(features)))


def test_features_are_mapped_from_the_disk(tmp_path):
    assert isinstance(some(tmp_path / "train.jsonl").features, np.memmap)


def test_the_second_reading_takes_the_array(tmp_path, monkeypatch):
    first = some(tmp_path / "train.jsonl")
    monkeypatch.setattr(window_file, "_convert", lambda *_: pytest.fail("converted again"))
    again = window_file.read(tmp_path / "train.jsonl")
    assert np.array_equal(again.features, first.features)
    assert again.clips == first.clips


def test_a_changed_file_has_a_new_array_and_the_old_one_goes(tmp_path):
    path = tmp_path / "train.jsonl"
    some(path)
    before = arrays_of(path)
    changed = write_windows(path, [("c.wav", [], "none", rows(1, seed=9))], shape=SHAPE)
    assert np.array_equal(changed.features, rows(1, seed=9))
    assert len(arrays_of(path)) == 1
    assert arrays_of(path) != before


def test_each_split_keeps_its_array(tmp_path):
    for seed, name in enumerate(("train", "test")):
        write_windows(
            tmp_path / f"{name}.jsonl", [("a.wav", [], "none", rows(1, seed=seed))], shape=SHAPE
        )
    assert len(arrays_of(tmp_path / "train.jsonl")) == 2


def test_the_same_windows_are_the_same_bytes(tmp_path):
    some(tmp_path / "one.jsonl")
    some(tmp_path / "two.jsonl")
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_a_writer_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "train.jsonl"
    some(path)
    before = path.read_bytes()

    def failing():
        yield b"{}\n", 1, 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        window_file.write(path, header(shape=SHAPE), failing())
    assert path.read_bytes() == before
    assert {p.name for p in tmp_path.iterdir()} == {"train.jsonl", "arrays"}


def test_a_missing_file_is_named_with_a_remedy(tmp_path):
    with pytest.raises(AuricleError, match=r"train\.jsonl: run `auricle prepare` first"):
        window_file.read(tmp_path / "train.jsonl")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{ not json", "is damaged"),
        ("[]", r"has schema \[\]"),
        ('{"schema": 99}', "has schema 99, this Auricle reads 4"),
        ('{"schema": 4}', "is damaged"),
        ("", "is damaged"),
    ],
)
def test_a_header_that_cannot_be_read_is_refused(tmp_path, text, told):
    some(tmp_path / "train.jsonl")
    edit(tmp_path / "train.jsonl", 1, text)
    with pytest.raises(AuricleError, match=rf"train\.jsonl {told}.*run `auricle prepare` anew"):
        window_file.read(tmp_path / "train.jsonl")


GOOD = {
    "clip": "a.wav",
    "group": "a",
    "labels": [],
    "augmentation": "none",
    "start_s": 0.0,
    "features": [[[0.0] * 3] * 2],
}


@pytest.mark.parametrize(
    "text",
    [
        "{ not json",
        "[1, 2]",
        "{}",
        json.dumps(GOOD | {"more": 1}),
        json.dumps(GOOD | {"features": [[[0.0] * 2] * 2]}),
        json.dumps(GOOD | {"features": "many"}),
        json.dumps(GOOD | {"features": [[[None] * 3] * 2]}),
        json.dumps(GOOD | {"labels": None}),
        json.dumps(GOOD | {"start_s": "soon"}),
    ],
)
def test_a_damaged_line_is_named_by_its_number(tmp_path, text):
    path = tmp_path / "train.jsonl"
    some(path)
    before = arrays_of(path)
    edit(path, 3, text)
    with pytest.raises(AuricleError, match=r"line 3 is damaged .*run `auricle prepare` anew"):
        window_file.read(path)
    # What could not be read leaves no array that a later reading would take.
    assert arrays_of(path) == before


def test_a_file_cut_off_within_a_line_is_refused(tmp_path):
    path = tmp_path / "train.jsonl"
    some(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(AuricleError, match="line 4 is damaged"):
        window_file.read(path)


def test_a_file_cut_off_between_lines_is_refused(tmp_path):
    path = tmp_path / "train.jsonl"
    some(path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:3]) + "\n")
    with pytest.raises(AuricleError, match="holds 6 windows, its header says 8"):
        window_file.read(path)


@pytest.mark.parametrize("more", [1, 3])
def test_more_windows_than_the_header_says_are_refused(tmp_path, more):
    path = tmp_path / "train.jsonl"
    some(path)
    line = json.dumps(GOOD | {"features": [[[0.0] * 3] * 2] * more})
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(AuricleError, match=r"line 5 is damaged|holds 9 windows"):
        window_file.read(path)


def test_windows_of_many_clips_keep_their_order(tmp_path):
    windows = two_classes(tmp_path / "train.jsonl", clips=5, windows=4)
    assert windows.clip.tolist() == np.repeat(np.arange(5), 4).tolist()
    assert windows.targets.argmax(axis=1).tolist() == np.repeat([0, 1, 0, 1, 0], 4).tolist()


def test_the_windows_know_the_hash_of_their_file(tmp_path):
    path = tmp_path / "train.jsonl"
    some(path)
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    assert window_file.read(path).sha256 == expected  # converted just now
    assert window_file.read(path).sha256 == expected  # from the array kept beside it


def test_windows_that_were_left_out_part_a_recording_into_stretches(tmp_path):
    features = np.arange(10 * 6, dtype=np.float32).reshape(10, *SHAPE)
    kept = np.array([True, True, False, True, False, False, True, True, True, False])
    loud = levels(features)
    lines = list(window_file.lines_of("a.wav", "a", ["speech"], "none", features, loud, 0.25, kept))
    assert [json.loads(line)["start_s"] for line in lines] == [0.0, 0.75, 1.5]
    window_file.write(
        tmp_path / "train.jsonl", header(shape=SHAPE), [(b"".join(lines), int(kept.sum()), 1)]
    )
    windows = window_file.read(tmp_path / "train.jsonl")
    assert np.array_equal(windows.features, features[kept])
    assert windows.start_s.tolist() == (0.25 * np.flatnonzero(kept)).tolist()
    assert windows.levels_dbfs.tolist() == loud[kept].tolist()
    assert windows.segment.tolist() == [0, 0, 1, 2, 2, 2]
    assert windows.clip.tolist() == [0] * 6
