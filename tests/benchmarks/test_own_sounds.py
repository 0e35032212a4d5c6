"""What the default is measured on, how it is counted, and what is kept of it."""

import csv
import dataclasses
from collections import Counter

import numpy as np
import pytest
import soundfile
from benchmarks.own_sounds import __main__ as command
from benchmarks.own_sounds.baselines import accuracies
from benchmarks.own_sounds.measured import Measured, add, read
from benchmarks.own_sounds.ours import false_per_h, lay_out, named, version
from benchmarks.own_sounds.sets import CHOOSING, DATA, HOUSEHOLD, ROWS, Recording, Split
from benchmarks.own_sounds.table import goal, page, table
from benchmarks.study import folds as music_speech_folds

from auricle.core.parallel import Cluster
from auricle.datasets.folder import Columns
from auricle.datasets.splits import split
from helpers import folder_dataset

RUN = Measured(
    *("digits", "speaker4", 0, "c0de", ""),
    *(500, 100, 0.9, 0.8, 0.5, 0.7, 0.1, 0.6, 12.0, 20.0, 60.0),
)
GIVEN = [
    (name, fold, row.deal)
    for name, row in [*ROWS.items(), *CHOOSING.items()]
    for fold in row.folds
    if row.deal
]


def needs_shared(name, **marks):
    return pytest.mark.skipif(
        not (DATA / name).exists(), reason=f"the recordings of ../shared/data/{name} are not here"
    )


needs_sources = needs_shared("SOURCES.csv")


def dealt(name, fold, deal, seed=0):
    if ROWS[name].missing:
        pytest.skip(f"the recordings of {name} are not in ../shared/data")
    return deal(fold, seed)


@pytest.mark.parametrize(("name", "fold", "deal"), GIVEN)
@pytest.mark.parametrize("seed", [0, 1])
def test_no_group_and_no_recording_stands_on_two_sides(name, fold, deal, seed):
    sides = dealt(name, fold, deal, seed)
    for field in ("group", "path"):
        train, validation, test = (
            {getattr(one, field) for one in side}
            for side in (sides.train, sides.validation, sides.test)
        )
        assert not train & validation
        assert not (train | validation) & test
    labels = [{one.label for one in side} for side in vars(sides).values()]
    assert labels[0] == labels[1] == labels[2]  # and each side has each label
    assert all(one.path.is_file() for side in vars(sides).values() for one in side)


@pytest.mark.parametrize(("name", "fold", "deal"), GIVEN)
def test_what_is_kept_for_the_final_score_never_appears(name, fold, deal):
    sides = dealt(name, fold, deal)
    everything = [one for side in vars(sides).values() for one in side]
    if name == "music_speech_10":
        kept = {group for (_, group), of in music_speech_folds.read().items() if of == 4}
        assert not {one.group for one in everything} & kept
    elif name != "digits":  # the first digit of the name is the fold of ESC-50's authors
        assert {one.path.name[0] for one in everything} <= {"1", "2", "3"}


def test_choices_are_made_on_other_speakers_than_the_score_is_of():
    assert not set(ROWS["digits"].folds) & set(CHOOSING["digits"].folds)
    for name, fold, deal in GIVEN:
        if name == "digits":
            sides = dealt(name, fold, deal)
            assert {one.group for one in sides.test} == {fold}
            assert len({one.group for one in sides.validation}) == 1
            assert len({one.group for one in sides.train}) == 4


@needs_sources
@pytest.mark.parametrize(
    ("name", "train", "validation", "test"),
    [
        ("esc10", 8, 8, 8),
        ("household_4", 3, 1, 8),
        ("household_8", 6, 2, 8),
        ("household_16", 12, 4, 8),
        ("music_speech_10", 8, 2, 60),
    ],
)
def test_each_class_has_as_many_recordings_as_the_row_says(name, train, validation, test):
    for fold in ROWS[name].folds:
        sides = ROWS[name].deal(fold, 0)
        for side, count in zip(vars(sides).values(), (train, validation, test), strict=True):
            assert set(Counter(one.label for one in side).values()) == {count}
    assert len(HOUSEHOLD) == len(set(HOUSEHOLD)) == 10


@needs_sources
def test_another_seed_draws_other_recordings_and_tests_the_same():
    for name in ("household_4", "music_speech_10"):
        first, second = (ROWS[name].deal("1", seed) for seed in (0, 1))
        assert set(first.train) != set(second.train)
        assert set(first.test) == set(second.test)


def test_ours_is_given_the_very_split(tmp_path, monkeypatch):
    recordings = []
    for i, side in enumerate(("train", "train", "validation", "test")):
        path = tmp_path / "elsewhere" / f"{i}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, np.full(400, 0.1 * i), 16000)
        recordings.append((side, Recording(path, "zero", f"speaker{i}")))
    sides = Split(
        *(tuple(one for of, one in recordings if of == side) for side in ("train", "validation")),
        (recordings[-1][1],),
    )
    project = tmp_path / "project"
    project.mkdir()
    lay_out(project, sides)
    monkeypatch.chdir(project)
    columns = Columns("file", "group", None, "split", None, None, None)
    dataset = folder_dataset("sounds", table="recordings.csv", columns=columns)
    clips = dataset.fetch(project, Cluster("loky", 1, None)).clips
    side = split(clips, dataset)
    found = {(side[clip.path], clip.labels, clip.group) for clip in clips}
    assert found == {(of, ("zero",), one.group) for of, one in recordings}


def test_named_is_the_right_label_and_no_other():
    targets = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [1, 1], [0, 0]])
    events = np.array(
        [
            [2, 0],  # right, and twice
            [1, 1],  # another, too
            [0, 0],  # nothing
            [0, 1],  # right
            [0, 0],  # of two labels: not asked
            [0, 3],  # of none: not asked
        ]
    )
    assert named(events, targets) == pytest.approx((1 / 3 + 1) / 2)
    hours = np.full(6, 0.25)
    assert false_per_h(events, targets, hours) == pytest.approx((1 + 3) / 1.5)


def test_baselines_tell_tones_from_noise(tmp_path):
    rng = np.random.default_rng(0)
    recordings = []
    for i in range(12):
        label = ("tone", "noise")[i % 2]
        noise = rng.standard_normal(6400)
        sound = np.sin(np.arange(6400) * (0.2 + 0.01 * i)) if label == "tone" else noise
        path = tmp_path / f"{i}.wav"
        soundfile.write(path, 0.1 * sound + 0.001 * noise, 16000)
        recordings.append(Recording(path, label, str(i)))
    found = accuracies(Split(tuple(recordings[:4]), (*recordings[4:8],), (*recordings[8:],)), 0)
    assert found == {"svm": 1, "logistic": 1, "forest": 1, "commonest": 0.5}


def test_the_goal_is_three_points_or_a_third_of_the_errors():
    assert goal(0.8) == pytest.approx(0.83)
    assert goal(0.94) == pytest.approx(0.98)


def test_the_table_has_means_with_both_spreads_and_says_what_is_reached():
    runs = [
        dataclasses.replace(RUN, seed=seed, fold=fold, ours=ours)
        for seed, fold, ours in [(0, "a", 0.7), (0, "b", 0.9), (1, "a", 0.8), (1, "b", 1.0)]
    ]
    older = dataclasses.replace(RUN, version="01d", ours=0.0)
    head, _, line = table([older, *runs])
    cells = dict(zip(head.split(" | "), line.split(" | "), strict=True))
    # Seeds have means .8 and .9, folds .75 and .95.
    assert cells["ours"] == "0.850 ± 0.071 (0.141)"
    assert (cells["goal"], cells["reached"], cells["folds x seeds"]) == ("0.830", "yes", "2 x 2")
    assert page(runs).startswith("# ")
    assert line in page(runs)
    assert "| no |" in table([dataclasses.replace(RUN, ours=0.82)])[-1]


def test_what_is_added_is_read_and_measured_again_counts_once(tmp_path):
    path = tmp_path / "runs.csv"
    again = dataclasses.replace(RUN, ours=0.5)
    for run in (RUN, dataclasses.replace(RUN, seed=1), again):
        add(path, run)
    assert read(path) == [again, dataclasses.replace(RUN, seed=1)]
    with path.open() as file:
        assert len(list(csv.DictReader(file))) == 3


def test_a_run_that_is_known_is_not_measured_again(tmp_path, monkeypatch, capsys):
    asked = []

    def measured(one, code, overrides, work, status):
        asked.append(one)
        return dataclasses.replace(RUN, **one._asdict(), version=code, overrides=overrides)

    monkeypatch.setattr(command, "_measured", measured)
    monkeypatch.setattr(command, "TABLE", tmp_path / "table.csv")
    monkeypatch.setattr(command, "PAGE", tmp_path / "page.md")
    assert command.main(["starter", "--work", str(tmp_path / "work")]) == 0
    assert len(asked) == 9
    assert "3 x 3" in (tmp_path / "page.md").read_text()
    assert command.main(["starter", "--work", str(tmp_path / "work")]) == 0
    assert len(asked) == 9
    # Of others than the untouched default the page knows nothing, of a quick look neither file.
    before = (tmp_path / "page.md").read_text()
    assert command.main(["starter", "--work", str(tmp_path), "--", "train.epochs=1"]) == 0
    assert (tmp_path / "page.md").read_text() == before
    rows = (tmp_path / "table.csv").read_text()
    assert command.main(["starter", "--quick", "--work", str(tmp_path)]) == 0
    assert len(asked) == 20
    assert (tmp_path / "table.csv").read_text() == rows
    assert len(read(tmp_path / "quick.csv")) == 2
    assert "| starter |" in capsys.readouterr().out


def test_a_set_that_is_not_here_is_skipped_by_name(tmp_path, monkeypatch, capsys):
    absent = dataclasses.replace(ROWS["esc10"], needs=(tmp_path / "nowhere",))
    monkeypatch.setitem(ROWS, "esc10", absent)
    assert command.main(["esc10", "--quick", "--work", str(tmp_path)]) == 0
    assert "esc10 is skipped" in capsys.readouterr().out


def test_figures_of_code_that_changes_meanwhile_are_not_kept(tmp_path, monkeypatch):
    codes = iter(["before", "after"])
    monkeypatch.setattr(command.ours, "version", lambda: next(codes))
    monkeypatch.setattr(command, "_measured", lambda *_: RUN)
    assert command.main(["starter", "--quick", "--work", str(tmp_path)]) == 1
    assert not (tmp_path / "quick.csv").exists()


def test_the_version_is_that_of_code_and_configuration():
    assert len(version()) == 12
    assert version() == version()
