"""Classes of other sets become classes of one, and what cannot is told with counts."""

import csv
from collections import Counter

import pytest

from auricle.core.compose import compose
from auricle.core.errors import AuricleError
from auricle.core.schema import parse
from auricle.pipeline.fetch_dataset import Config
from helpers import HERE, recording


@pytest.fixture
def home(tmp_path):
    """ESC-50's layout with five folds of four classes."""
    home, rows = tmp_path / "set", []
    for fold in range(1, 6):
        for target, category in enumerate(("rain", "sea_waves", "siren", "dog")):
            name = f"{fold}-{1000 * fold + target}-A-{target}.wav"
            recording(home / "audio" / name, seed=10 * fold + target)
            row = {"filename": name, "fold": fold, "target": target, "category": category}
            rows.append(row | {"esc10": False, "src_file": 1000 * fold + target, "take": "A"})
    (home / "meta").mkdir()
    with (home / "meta" / "esc50.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return home


def fetch(home, classes):
    overrides = ["dataset=water_alarm_other", f"dataset.parts.esc50.path='{home}'"]
    overrides += ["dataset.parts.esc50.layout.recordings=20", f"dataset.classes={classes}"]
    config = compose("config", overrides)
    return parse(config, Config).dataset.fetch(home.parent / "raw", HERE)


def gathered(home, water="[rain,sea_waves]", alarm="[siren]", other="null"):
    return fetch(home, f"{{water: {water}, alarm: {alarm}, other: {other}}}")


def test_classes_are_made_of_those_of_the_parts(home):
    listing = gathered(home)
    assert listing.labels == ["water", "alarm", "other"]
    counts = Counter(clip.labels for clip in listing.clips)
    assert counts == {("water",): 10, ("alarm",): 5, ("other",): 5}
    assert Counter(clip.fold for clip in listing.clips) == dict.fromkeys("12345", 4)


def test_what_no_class_names_is_left_out_where_none_takes_the_rest(home):
    listing = gathered(home, water="[rain]", other="[dog]")
    assert Counter(clip.labels for clip in listing.clips)["water",] == 5
    assert listing.notes["left_out"] == {"class not in dataset.classes": 5}


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        ({"water": "[rain,river]"}, r"names river, but dataset\.parts have dog \(5\), rain \(5\)"),
        ({"water": "[rain,sea_waves,dog]"}, "leaves other without a recording"),
        ({"alarm": "[siren,rain]"}, "classes names rain more than once"),
        ({"alarm": "null"}, "alarm, other for the rest: only one may be null"),
    ],
)
def test_a_mapping_that_cannot_be_kept_is_refused(classes, told, home):
    with pytest.raises(AuricleError, match=told):
        gathered(home, **classes)


def test_recordings_without_a_fold_are_dealt_to_the_folds_of_the_others(home, tmp_path):
    for i in range(7):
        recording(tmp_path / "city" / "background" / f"{i}.wav", seed=i)
    overrides = [
        "dataset=urbansound8k_background",
        f"dataset.parts.background.path={tmp_path}/city",
    ]
    config = compose("config", overrides)
    config.dataset.parts.urbansound8k = compose("config", ["dataset=esc50"]).dataset
    config.dataset.parts.urbansound8k.path = str(home)
    config.dataset.parts.urbansound8k.layout.recordings = 20
    listing = parse(config, Config).dataset.fetch(tmp_path / "raw", HERE)
    background = [clip for clip in listing.clips if clip.labels == ("background",)]
    assert len(listing.labels) == 5
    assert sorted(Counter(clip.fold for clip in background).values()) == [1, 1, 1, 2, 2]
