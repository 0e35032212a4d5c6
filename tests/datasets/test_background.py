"""Sound that is none of the labels: a folder of it, or rooms that are generated."""

import dataclasses
from collections import Counter

import pytest

from auricle.core.errors import AuricleError
from auricle.datasets.splits import split
from helpers import COLUMNS, HERE, folder_dataset, recording


@pytest.fixture
def sounds(tmp_path):
    for name in ("dog", "door"):
        for i in range(4):
            recording(tmp_path / "sounds" / name / f"{i}.wav", seed=10 * len(name) + i)
    return tmp_path / "sounds"


def fetched(sounds, **how):
    return folder_dataset(sounds, **how).fetch(sounds.parent / "raw", HERE)


def test_a_folder_named_background_is_no_label(sounds):
    recording(sounds / "background" / "hum.wav", seed=99)
    listing = fetched(sounds, background="generated")
    assert listing.labels == ["dog", "door"]
    assert Counter(clip.labels for clip in listing.clips) == {("dog",): 4, ("door",): 4, (): 1}


def test_background_may_lie_elsewhere(sounds, tmp_path):
    recording(tmp_path / "rooms" / "deep" / "hum.wav", seed=99)
    listing = fetched(sounds, background=str(tmp_path / "rooms"))
    (hum,) = [clip for clip in listing.clips if not clip.labels]
    assert hum.path.endswith("rooms/deep/hum.wav")
    assert listing.labels == ["dog", "door"]


def test_without_one_rooms_are_generated_and_stand_on_every_side(sounds):
    listing = fetched(sounds, background="generated")
    rooms = [clip for clip in listing.clips if not clip.labels]
    assert len(rooms) == 24
    assert {clip.source for clip in rooms} == {"generated"}
    side = split(listing.clips, folder_dataset(sounds))
    assert {side[clip.path] for clip in rooms} == {"train", "validation", "test"}


def test_none_are_generated_where_that_is_not_wanted_or_labels_sound_together(sounds):
    assert all(clip.labels for clip in fetched(sounds, background=None).clips)
    both = {"dog": ["dog", "loud"], "door": ["door"]}
    assert all(clip.labels for clip in fetched(sounds, background="generated", labels=both).clips)


def test_generated_rooms_go_to_the_folds_that_a_table_names(sounds, tmp_path):
    rows = [f"{name}/{i}.wav,{i % 3 + 1}" for name in ("dog", "door") for i in range(4)]
    (tmp_path / "table.csv").write_text("\n".join(["file,fold", *rows]) + "\n")
    dataset = folder_dataset(
        sounds,
        background="generated",
        table=str(tmp_path / "table.csv"),
        table_root=str(sounds),
        columns=dataclasses.replace(COLUMNS, fold="fold"),
        split="fold",
    )
    clips = dataset.fetch(tmp_path / "raw", HERE).clips
    assert Counter(clip.fold for clip in clips if not clip.labels) == {"1": 8, "2": 8, "3": 8}


def test_a_folder_that_is_not_there_is_named(sounds):
    with pytest.raises(AuricleError, match=r"dataset\.background=nowhere is no folder.*generated"):
        fetched(sounds, background="nowhere")


def test_background_alone_is_refused(tmp_path):
    recording(tmp_path / "sounds" / "background" / "hum.wav")
    with pytest.raises(AuricleError, match="background only: add a folder of what is to be named"):
        fetched(tmp_path / "sounds")
