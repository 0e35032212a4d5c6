"""No group stands on two sides of a split, and each class is on every side."""

import itertools
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.core.errors import AuricleError
from auricle.datasets.clips import SPLITS
from auricle.datasets.splits import fingerprint, load, save, split, windows_of
from helpers import clip, folder_dataset


def dataset(**changes):
    return folder_dataset("sounds", **changes)


def clips_of(groups):
    """Clips of groups given as (labels, number of clips)."""
    return [
        clip(f"{group}/{i}.wav", labels, f"group {group}")
        for group, (labels, count) in enumerate(groups)
        for i in range(count)
    ]


def folded(folds, each=2):
    return [
        clip(f"{fold}/{i}.wav", group=f"{fold}/{i}", fold=fold)
        for fold in folds
        for i in range(each)
    ]


def folds_by_side(side):
    found = {}
    for path, part in side.items():
        found.setdefault(part, set()).add(path.partition("/")[0])
    return found


def assert_one_side_a_group(clips, side):
    assert set(side) == {c.path for c in clips}
    for group in {c.group for c in clips}:
        assert len({side[c.path] for c in clips if c.group == group}) == 1


LABELS = [("speech",), ("music",), ("speech", "music"), ()]
GROUPS = st.integers(1, 4).flatmap(
    lambda classes: st.tuples(
        *[st.lists(st.integers(1, 12), min_size=3, max_size=12) for _ in range(classes)]
    )
)


@settings(deadline=None, max_examples=60)
@given(
    sizes=GROUPS,
    seed=st.integers(0, 10),
    test=st.floats(0.05, 0.45),
    validation=st.floats(0.05, 0.45),
)
def test_each_group_is_on_one_side_and_each_class_on_every_side(sizes, seed, test, validation):
    groups = [(LABELS[i], size) for i, of_class in enumerate(sizes) for size in of_class]
    clips = clips_of(groups)
    side = split(clips, dataset(split_seed=seed, test_share=test, validation_share=validation))
    assert_one_side_a_group(clips, side)
    for labels in {c.labels for c in clips}:
        assert {side[c.path] for c in clips if c.labels == labels} == {
            "train",
            "validation",
            "test",
        }


def test_each_class_has_about_the_share_asked_for():
    clips = clips_of([(("speech",), 3)] * 100 + [(("music",), 1)] * 50)
    side = split(clips, dataset(test_share=0.2, validation_share=0.1))
    # A share is met to half a group.
    for labels, count, off in ((("speech",), 300, 1.5), (("music",), 50, 0.5)):
        parts = Counter(side[c.path] for c in clips if c.labels == labels)
        assert parts["test"] == pytest.approx(0.2 * count, abs=off)
        assert parts["validation"] == pytest.approx(0.1 * count, abs=off)


@pytest.mark.parametrize("split_of", [{}, {"split": "fold", "folds": 5}])
def test_speakers_who_each_say_every_word_are_split_with_all_words_on_each_side(split_of):
    clips = [
        clip(f"{word}/{speaker}_{take}.wav", (word,), f"speaker {speaker}")
        for word in ("yes", "no", "stop")
        for speaker in range(88)
        for take in range(2)
    ]
    side = split(clips, dataset(**split_of))
    assert_one_side_a_group(clips, side)
    for word in ("yes", "no", "stop"):
        parts = Counter(side[c.path] for c in clips if c.labels == (word,))
        # One speaker more or less.
        assert parts["test"] == pytest.approx(0.2 * 176, abs=2)
        assert parts["validation"] == pytest.approx(0.2 * 176, abs=2)


SPANNING = st.lists(
    st.dictionaries(st.sampled_from("abcd"), st.integers(1, 5), min_size=1, max_size=4),
    min_size=3,
    max_size=9,
)


@settings(deadline=None, max_examples=60)
@given(groups=SPANNING, seed=st.integers(0, 3))
def test_groups_of_several_classes_are_refused_only_where_no_way_to_deal_them_exists(groups, seed):
    clips = [
        clip(f"{number}/{label}{i}.wav", (label,), f"group {number}")
        for number, counts in enumerate(groups)
        for label, count in counts.items()
        for i in range(count)
    ]
    labels = {c.labels for c in clips}

    def whole(parts):
        having = defaultdict(set)
        for c in clips:
            having[c.labels].add(parts[int(c.group.split()[1])])
        return all(having[label] == {0, 1, 2} for label in labels)

    possible = any(map(whole, itertools.product(range(3), repeat=len(groups))))
    try:
        side = split(clips, dataset(split_seed=seed))
    except AuricleError:
        assert not possible
        return
    assert possible
    assert_one_side_a_group(clips, side)
    for label in labels:
        assert {side[c.path] for c in clips if c.labels == label} == set(SPLITS)


def test_classes_that_share_their_groups_so_that_no_split_has_all_are_refused_as_such():
    # Any three of five groups are a class: whichever side gets two of them lacks one elsewhere.
    clips = [
        clip(f"{of}/{group}.wav", ("".join(map(str, of)),), f"group {group}")
        for of in itertools.combinations(range(5), 3)
        for group in of
    ]
    with pytest.raises(AuricleError, match="no way of dealing them gives each side all"):
        split(clips, dataset())


def test_a_class_that_one_speaker_alone_says_is_named():
    clips = [
        clip(f"{word}/{speaker}.wav", (word,), f"speaker {speaker}")
        for word in ("yes", "no")
        for speaker in range(6)
    ]
    clips.append(clip("stop/3.wav", ("stop",), "speaker 3"))
    with pytest.raises(AuricleError, match=r"stop has 1 group\(s\) \(speaker 3\)"):
        split(clips, dataset())


def test_the_same_seed_splits_the_same_and_another_otherwise():
    clips = clips_of([(("speech",), 2)] * 30)
    assert split(clips, dataset(split_seed=3)) == split(clips, dataset(split_seed=3))
    assert split(clips, dataset(split_seed=3)) != split(clips, dataset(split_seed=4))


def test_the_order_of_the_recordings_does_not_change_the_split():
    clips = clips_of([(("speech",), 2), (("music",), 3)] * 10)
    assert split(clips, dataset()) == split(clips[::-1], dataset())


def test_a_split_given_by_the_table_stands():
    given_split = {"a.wav": "test", "b.wav": "train", "c.wav": "validation", "d.wav": "train"}
    clips = [clip(path, split=part) for path, part in given_split.items()]
    assert split(clips, dataset()) == given_split


def test_what_the_table_leaves_open_is_dealt_out_by_group():
    fixed = [clip(f"fixed{i}.wav", split="test") for i in range(5)]
    loose = clips_of([(("speech",), 2)] * 20)
    side = split(fixed + loose, dataset())
    assert all(side[c.path] == "test" for c in fixed)
    assert set(Counter(side[c.path] for c in loose)) == {"train", "validation", "test"}


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_what_the_table_leaves_open_of_a_group_follows_the_rest_of_it(part):
    half = [clip("given.wav", group="one voice", split=part), clip("open.wav", group="one voice")]
    side = split(half + clips_of([(("speech",), 1)] * 10), dataset())
    assert side["open.wav"] == part


def test_what_the_authors_folds_part_of_a_group_is_left_out_of_training():
    # ESC-50 has two recordings of Freesound in two folds each.
    parted = [("x", "2"), ("x", "3"), ("y", "1"), ("y", "2")]
    clips = [
        *folded("123"),
        *(clip(f"{fold}/{name}.wav", group=name, fold=fold) for name, fold in parted),
    ]
    side = split(clips, dataset(split="fold"))
    assert side["3/x.wav"] == "test"
    assert side["1/y.wav"] == "validation"
    assert set(side) == {c.path for c in clips} - {"2/x.wav", "2/y.wav"}


@settings(deadline=None, max_examples=40)
@given(sizes=GROUPS, seed=st.integers(0, 10))
def test_folds_made_of_groups_part_no_group_and_lack_no_class(sizes, seed):
    groups = [(LABELS[i], size) for i, of_class in enumerate(sizes) for size in of_class]
    clips = clips_of(groups)
    tested = Counter()
    for fold in "123":
        config = dataset(split="fold", folds=3, test_folds=[fold], split_seed=seed)
        side = split(clips, config)
        tested.update(path for path, part in side.items() if part == "test")
        sides = {(c.group, side[c.path]) for c in clips}
        assert len(sides) == len(groups)
        for labels in {c.labels for c in clips}:
            parts = {side[c.path] for c in clips if c.labels == labels}
            assert parts == {"train", "validation", "test"}
    assert tested == Counter(c.path for c in clips)


def test_folds_made_of_groups_are_of_like_sizes():
    clips = clips_of([(("speech",), 4)] * 9 + [(("speech",), 1)] * 14)
    for fold in "12345":
        side = split(clips, dataset(split="fold", folds=5, test_folds=[fold]))
        assert Counter(side.values())["test"] == 10


def test_more_folds_than_groups_of_a_class_are_refused():
    clips = clips_of([(("speech",), 1)] * 9 + [(("music",), 3)] * 4)
    with pytest.raises(AuricleError, match=r"music has 4 group.*5 folds \(dataset\.folds\)"):
        split(clips, dataset(split="fold", folds=5))


def test_windows_dealt_at_random_need_leave_to_leak():
    with pytest.raises(AuricleError, match=r"dataset\.split=group, or dataset\.allow_leaks=true"):
        dataset(split="random_windows")


def sides_of(config, count=10_000):
    return {part: windows_of(part, clip("a.wav"), count, config) for part in SPLITS}


def test_windows_dealt_at_random_have_the_shares_asked_for():
    sides = sides_of(dataset(split="random_windows", allow_leaks=True))
    assert sides["test"].sum() == pytest.approx(2000, abs=150)
    assert sides["validation"].sum() == pytest.approx(2000, abs=150)
    assert (sum(side.astype(int) for side in sides.values()) == 1).all()


def test_what_tests_also_stops_where_that_is_asked_for():
    config = dataset(split="random_windows", allow_leaks=True, stop_on_test=True, test_share=0.3)
    sides = sides_of(config)
    assert sides["test"].sum() == pytest.approx(3000, abs=150)
    assert (sides["validation"] == sides["test"]).all()
    assert (sides["train"] == ~sides["test"]).all()
    apart = dataset(split="random_windows", allow_leaks=True, test_share=0.3)
    assert fingerprint({}, config) != fingerprint({}, apart)


@pytest.mark.parametrize("split", ["group", "fold"])
def test_stopping_on_what_tests_is_refused_where_the_split_is_honest(split):
    with pytest.raises(AuricleError, match=r"stop_on_test=true tunes on what it tests.*to false"):
        dataset(split=split, stop_on_test=True)


def test_too_few_groups_are_named_with_a_remedy():
    clips = clips_of([(("speech",), 5)] * 5 + [(("music",), 5)] * 2)
    with pytest.raises(AuricleError, match=r"music has 2 group\(s\).*add recordings"):
        split(clips, dataset())


def test_the_last_fold_tests_and_the_first_validates_by_default():
    found = folds_by_side(split(folded(["1", "2", "3", "4", "5"]), dataset(split="fold")))
    assert found == {"test": {"5"}, "validation": {"1"}, "train": {"2", "3", "4"}}


def test_folds_are_ordered_as_numbers():
    found = folds_by_side(split(folded([str(n) for n in range(1, 11)]), dataset(split="fold")))
    assert found["test"] == {"10"}
    assert found["validation"] == {"1"}


@pytest.mark.parametrize(
    ("test", "validation"),
    [(["1"], "2"), (["4"], "5"), (["5"], "1"), (["1", "2"], "3"), (["4", "5"], "1")],
)
def test_the_fold_after_the_test_folds_validates(test, validation):
    clips = folded(["1", "2", "3", "4", "5"])
    found = folds_by_side(split(clips, dataset(split="fold", test_folds=test)))
    assert found["test"] == set(test)
    assert found["validation"] == {validation}
    assert found["train"] == {"1", "2", "3", "4", "5"} - {*test, validation}


def test_a_fold_that_does_not_exist_is_named():
    with pytest.raises(AuricleError, match=r"test_folds=\['7'\].*\['1', '2', '3'\]"):
        split(folded(["1", "2", "3"]), dataset(split="fold", test_folds=["7"]))


@pytest.mark.parametrize("folds", [["1", "2"], ["", "1", "2", "3"]])
def test_missing_folds_are_named(folds):
    with pytest.raises(AuricleError, match=r"needs at least 3 folds and one for each recording"):
        split(folded(folds), dataset(split="fold"))


def test_test_folds_that_leave_nothing_to_train_on_are_refused():
    with pytest.raises(AuricleError, match="two are needed, to train and to validate"):
        split(folded(["1", "2", "3"]), dataset(split="fold", test_folds=["1", "2"]))


def test_the_table_of_splits_has_a_row_a_recording_in_order(tmp_path):
    save({"b.wav": "train", 'a "quoted", name.wav': "test"}, tmp_path / "splits.csv")
    text = (tmp_path / "splits.csv").read_text()
    assert text == 'path,split\n"a ""quoted"", name.wav",test\nb.wav,train\n'
    assert load(tmp_path / "splits.csv") == {"b.wav": "train", 'a "quoted", name.wav': "test"}
