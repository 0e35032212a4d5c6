"""Figures of an evaluation are scikit-learn's or have a closed form; parts add up to the whole."""

import dataclasses
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.core.errors import AuricleError
from auricle.evaluation.cases import Cases, ScoredTestSet
from auricle.evaluation.context_length import by_context_length
from auricle.evaluation.event_level import judge_events
from auricle.evaluation.false_events import false_events
from auricle.evaluation.hardest_clips import EXCERPT_S, hardest_clips
from auricle.evaluation.leakage import Leakage, leakage_pair, picked
from auricle.evaluation.metrics import precision_recall_f1, share
from auricle.evaluation.mixtures import judge_mixture
from auricle.evaluation.open_set import STILL_NAMED, judge_open_set
from auricle.evaluation.ranking import curves, ranking
from auricle.evaluation.reliability import judge_reliability
from auricle.evaluation.selective_prediction import COVERAGES, risk_coverage
from auricle.evaluation.silence_and_noise import SilenceAndNoise, false_events_in
from auricle.evaluation.subgroups import by_class, by_group, by_source
from auricle.evaluation.threshold_curve import threshold_curves
from auricle.inference.context import mean_over_context
from auricle.inference.trade_off import TradeOff
from auricle.training.baselines import nearest_neighbours
from auricle.training.hyperparameters import SpecAugment, Train
from helpers import FEW, SURE, UNCHANGED, bundle_of, header, levels, scored, write_windows


def cases(probabilities, targets, groups=None):
    probabilities = np.asarray(probabilities, np.float32)
    groups = range(len(probabilities)) if groups is None else groups
    names = np.array([f"group {g}" for g in groups], dtype=object)
    return Cases(probabilities, np.asarray(targets, np.uint8), names)


def one_column(score, truth, groups=None):
    return cases(np.reshape(score, (-1, 1)), np.reshape(truth, (-1, 1)), groups)


# Scores that tie often, beside labels of both kinds.
RANKED = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=60).filter(
    lambda rows: 0 < sum(truth for _, truth in rows) < len(rows)
)


@settings(deadline=None, max_examples=80)
@given(rows=RANKED)
def test_average_precision_and_area_are_those_of_scikit_learn(rows):
    score, truth = np.array(rows, float).T
    found = ranking(one_column(score / 6, truth), 0, FEW)
    wanted = sklearn.metrics.average_precision_score(truth, score)
    assert found.average_precision.value == pytest.approx(wanted)
    assert found.roc_auc.value == pytest.approx(sklearn.metrics.roc_auc_score(truth, score))


def test_a_resample_is_ranked_as_if_its_groups_were_there_as_often_as_they_were_drawn():
    rng = np.random.default_rng(0)
    truth = rng.random(300) < 0.4
    score = np.round(truth + rng.normal(0, 1, 300), 1).astype(np.float32)
    groups = rng.integers(0, 12, 300)
    names, which = np.unique([f"group {g}" for g in groups], return_inverse=True)
    precision, area = [], []
    for drawn in FEW.drawn(len(names)):
        rows = np.repeat(np.arange(300), drawn[which])
        precision.append(sklearn.metrics.average_precision_score(truth[rows], score[rows]))
        area.append(sklearn.metrics.roc_auc_score(truth[rows], score[rows]))
    found = ranking(one_column(score, truth, groups), 0, FEW)
    for interval, scores in ((found.average_precision, precision), (found.roc_auc, area)):
        bounds = np.quantile(scores, [0.025, 0.975])
        assert (interval.low, interval.high) == pytest.approx(tuple(bounds))


@pytest.mark.parametrize("truth", [[0, 0, 0], [1, 1, 1]])
def test_a_label_that_all_windows_have_or_none_cannot_be_ranked(truth):
    assert ranking(one_column([0.1, 0.5, 0.9], truth), 0, FEW) is None
    assert curves(one_column([0.1, 0.5, 0.9], truth), 0) is None


def test_curves_keep_their_ends_and_their_area_however_many_points_there_are():
    rng = np.random.default_rng(1)
    truth = rng.random(5000) < 0.5
    score = (truth + rng.normal(0, 1, 5000)).astype(np.float32)
    found = curves(one_column(score, truth), 0)
    x, y = found["false_positive_rate"], found["true_positive_rate"]
    assert len(x) <= 200
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    area = sklearn.metrics.roc_auc_score(truth, score)
    assert np.trapezoid(y, x) == pytest.approx(area, abs=0.005)


def test_probabilities_that_keep_their_word_have_next_to_no_calibration_error():
    rng = np.random.default_rng(2)
    probability = rng.random(200_000).astype(np.float32)
    truth = rng.random(200_000) < probability
    found = judge_reliability(one_column(probability, truth, np.arange(200_000) % 50), 0, FEW)
    assert found.expected_calibration_error.value < 0.005
    # E[p (1 - p)] of a uniform p
    assert found.brier.value == pytest.approx(1 / 6, abs=0.002)
    assert found.frequency == pytest.approx(found.mean, abs=0.02)


def test_the_calibration_error_is_the_distance_in_each_bin_weighed_by_its_cases():
    # Three of four at 0.95 are so, and none of two at 0.25.
    found = judge_reliability(one_column([0.95] * 4 + [0.25] * 2, [1, 1, 1, 0, 0, 0]), 0, FEW)
    assert found.expected_calibration_error.value == pytest.approx((4 * 0.2 + 2 * 0.25) / 6)
    assert found.brier.value == pytest.approx((3 * 0.0025 + 0.9025 + 2 * 0.0625) / 6)
    assert list(found.cases) == [0, 0, 2, 0, 0, 0, 0, 0, 0, 4]


def test_certainty_of_one_falls_into_the_last_bin():
    assert judge_reliability(one_column([1.0, 1.0], [1, 1]), 0, FEW).cases[-1] == 2


@settings(deadline=None, max_examples=40)
@given(
    rows=st.lists(
        st.tuples(st.floats(0, 1, width=32), st.floats(0, 1, width=32), st.integers(0, 1)),
        min_size=1,
        max_size=60,
    )
)
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.filterwarnings("ignore:A single label was found")
def test_answering_everything_risks_what_balanced_accuracy_leaves(rows):
    first, second, truth = zip(*rows, strict=True)
    mine = cases(np.stack([first, second], 1), np.eye(2)[list(truth)])
    right = sklearn.metrics.balanced_accuracy_score(mine.truth, mine.answer)
    found = risk_coverage(mine, FEW)
    assert found.at(1.0).value == pytest.approx(1 - right)
    assert len(found.risks) == len(COVERAGES)


def test_leaving_out_what_is_uncertain_leaves_out_what_is_wrong():
    # The margin grows with the row's number; the fifth of least margin is wrong.
    n = 100
    margin = np.arange(1, n + 1) / (2 * n)
    truth = np.arange(n) % 2
    sign = np.where(np.arange(n) < n // 5, -1, 1) * np.where(truth == 0, 1, -1)
    mine = cases(np.stack([0.5 + sign * margin, 0.5 - sign * margin], 1), np.eye(2)[truth])
    found = risk_coverage(mine, FEW)
    assert found.at(1.0).value == pytest.approx(0.2)
    assert found.at(0.9).value == pytest.approx(10 / 90)
    assert found.at(0.8).value == found.at(0.5).value == 0


def test_shares_have_the_interval_of_their_resamples():
    rng = np.random.default_rng(3)
    truth, answer = rng.random(200) < 0.4, rng.random(200) < 0.5
    groups = [f"{g}" for g in rng.integers(0, 9, 200)]
    assert share(truth, groups, FEW).value == pytest.approx(truth.mean())
    names, which = np.unique(groups, return_inverse=True)
    rows = [np.repeat(np.arange(200), drawn[which]) for drawn in FEW.drawn(len(names))]
    found = precision_recall_f1(truth, answer, groups, FEW)
    for name in ("precision", "recall", "f1"):
        score = getattr(sklearn.metrics, f"{name}_score")
        wanted = tuple(np.quantile([score(truth[r], answer[r]) for r in rows], [0.025, 0.975]))
        assert (found[name].low, found[name].high) == pytest.approx(wanted)


def test_a_second_does_not_reach_over_a_gap_and_a_clip_takes_all_its_windows(tmp_path):
    rng = np.random.default_rng(4)
    of = header()
    from auricle.datasets import window_file

    rows = np.zeros((12, 8, 8), np.float32)
    kept = np.ones(12, bool)
    kept[5:7] = False
    rows_of = window_file.lines_of("a", "a", ["speech"], "none", rows, levels(rows), 0.25, kept)
    lines = b"".join(rows_of)
    window_file.write(tmp_path / "test.jsonl", of, [(lines, 10, 1)])
    test = window_file.read(tmp_path / "test.jsonl")
    logits = rng.standard_normal((10, 2)).astype(np.float32)
    found = ScoredTestSet(logits, test, bundle_of(), FEW)
    sigmoid = bundle_of().calibration.probabilities
    for part in (slice(0, 5), slice(5, 10)):
        wanted = sigmoid(mean_over_context(logits[part], 4))
        assert np.array_equal(found.cases["second"].probabilities[part], wanted)
    assert len(found.cases["clip"]) == 1
    wanted = sigmoid(logits.mean(axis=0, keepdims=True))
    assert found.cases["clip"].probabilities == pytest.approx(wanted, abs=1e-6)


def test_what_a_listener_says_is_right_silent_or_wrong(tmp_path):
    logits = [SURE["speech"]] * 4 + [SURE["none"]] * 3 + [SURE["both"]] * 3 + [SURE["music"]] * 10
    mine = scored(tmp_path, [("a", ["speech"], 10), ("b", ["music"], 10)], logits)
    found = judge_events(mine, mine.recordings(np.zeros(20, np.float32)))
    assert found.exact.value == pytest.approx((0.4 + 1) / 2)
    assert found.silent.value == pytest.approx((0.3 + 0) / 2)
    assert found.wrong.value == pytest.approx((0.3 + 0) / 2)
    assert [label["recall"].value for label in found.label] == pytest.approx([0.7, 1])
    assert [label["precision"].value for label in found.label] == pytest.approx([1, 10 / 13])


def test_a_listener_says_nothing_below_its_gate_nor_before_it_is_sure(tmp_path):
    logits = [SURE["speech"]] * 8 + [SURE["music"]] * 2
    mine = scored(
        tmp_path, [("a", ["speech"], 8), ("b", ["music"], 2)], logits,
        gate_dbfs=-60.0, min_duration_s=0.75,
    )  # fmt: skip
    levels = np.array([-80] * 3 + [-20] * 5 + [-20] * 2, np.float32)
    sounding = judge_events(mine, mine.recordings(levels)).tracked.sounding
    assert list(sounding[:, 0]) == [False] * 3 + [True] * 5 + [False] * 2
    assert not sounding[:, 1].any()  # half a second is too short


def test_windows_with_no_label_or_several_are_counted_apart(tmp_path):
    logits = [SURE["none"]] * 3 + [SURE["music"]] + [SURE["both"]] + [SURE["speech"]] * 3
    logits += [SURE["speech"]] * 2
    segments = [("n", [], 4), ("b", ["speech", "music"], 4), ("s", ["speech"], 2)]
    found = judge_open_set(scored(tmp_path, segments, logits), None)
    assert (found.none, found.several) == (4, 4)
    assert found.named.falsely.value == pytest.approx(1 / 4)
    assert found.all_named.value == pytest.approx(1 / 4)
    # speech: 4 of 4 found, nothing else; music: 1 of 4 found, 1 named falsely
    assert found.f1["speech"].value == pytest.approx(1)
    assert found.f1["music"].value == pytest.approx(2 * 1 / (2 + 4))


def test_parts_hold_each_recording_once_and_count_as_the_whole_does(tmp_path):
    rng = np.random.default_rng(5)
    segments = [(f"{i}", [("speech", "music")[i % 2]], 6) for i in range(8)]
    mine = scored(tmp_path, segments, rng.standard_normal((48, 2)))
    source = {f"{i}": ("here", "")[i // 4] for i in range(8)}
    window = mine.one_label("window")
    recalls = sklearn.metrics.recall_score(window.truth, window.answer, average=None)
    assert [part.balanced["window"].value for part in by_class(mine)] == pytest.approx(
        list(recalls)
    )
    sources = by_source(mine, source)
    assert [(part.name, part.clips, part.windows) for part in sources] == [
        ("here", 4, 24),
        ("unnamed", 4, 24),
    ]
    for part, rows in zip(sources, (slice(0, 24), slice(24, 48)), strict=True):
        wanted = sklearn.metrics.balanced_accuracy_score(window.truth[rows], window.answer[rows])
        assert part.balanced["window"].value == pytest.approx(wanted)
    groups = by_group(mine)
    assert sum(part.windows for part in groups) == 48
    values = [part.balanced["second"].value for part in groups]
    assert values == sorted(values)


def test_the_worst_recording_comes_first_with_its_worst_seconds(tmp_path):
    logits = np.tile(np.float32(SURE["speech"]), (120, 1))
    logits[40:56] = SURE["music"]  # 4 s of the second recording
    logits[100:110] = SURE["none"]
    mine = scored(tmp_path, [(name, ["speech"], 40) for name in "abc"], logits)
    found = hardest_clips(mine, 2)
    assert [clip.path for clip in found] == ["b", "c"]
    assert (found[0].start_s, found[0].end_s) == (0, EXCERPT_S)
    assert found[0].heard["music"] == pytest.approx(1, abs=0.01)
    assert found[1].start_s <= 5 and found[1].end_s >= 7.5 - 1e-6
    assert not found[0].wrong  # 24 of its 40 windows are right
    assert hardest_clips(mine, 0) == []


def test_a_recording_shorter_than_an_excerpt_is_heard_whole(tmp_path):
    mine = scored(tmp_path, [("a", ["speech"], 3)], [SURE["speech"]] * 3)
    (found,) = hardest_clips(mine, 12)
    assert (found.start_s, found.end_s) == (0, 0.75)


# The naive pair


SPEC = SpecAugment(0, 0, 0, 0)
TRAIN = Train(
    "independent", 1, "val_loss", 1, 32, 0.01, "constant", 0.0, 0,
    {"_target_": "keras.optimizers.Adam"}, True, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, SPEC,
    UNCHANGED, False, 0,
)  # fmt: skip


def flat(of, labels):
    import keras

    inputs = keras.Input((of.frames, of.coefficients))
    hidden = keras.layers.Dense(32, activation="relu")(keras.layers.Flatten()(inputs))
    return keras.Model(inputs, keras.layers.Dense(labels)(hidden))


def planted(path, names, seed):
    """Windows that tell of their recording, and of nothing that recordings of a class share."""
    rng = np.random.default_rng(seed)
    segments = []
    for i, name in enumerate(names):
        voice = 3 * rng.standard_normal((1, 8, 8))
        rows = (voice + rng.standard_normal((20, 8, 8))).astype(np.float32)
        segments.append((name, [("speech", "music")[i % 2]], "none", rows))
    return write_windows(path, segments)


def splits_of(tmp_path):
    return {
        name: planted(tmp_path / f"{name}.jsonl", [f"{name} {i}" for i in range(count)], seed)
        for seed, (name, count) in enumerate({"train": 24, "validation": 12, "test": 12}.items())
    }


def test_windows_of_the_same_recordings_claim_what_new_recordings_do_not_give(tmp_path):
    found = leakage_pair(Leakage(10_000, 20), splits_of(tmp_path), flat, TRAIN, FEW)
    assert found.trained == 480
    assert found.random_windows.value > 0.9
    assert found.honest.value < 0.75
    assert found.claimed_too_much.value == pytest.approx(
        found.random_windows.value - found.honest.value
    )
    assert found.claimed_too_much.low > 0


def test_the_pair_is_trained_on_no_augmented_copy(tmp_path):
    windows = splits_of(tmp_path)
    copies = dataclasses.replace(windows["train"], augmentations=["none"] * 4 + ["channel"] * 20)
    baseline = partial(nearest_neighbours, neighbours=5, weights="uniform")  # it takes no time
    exclusive = dataclasses.replace(TRAIN, targets="exclusive")
    of = windows | {"train": copies}
    found = leakage_pair(Leakage(10_000, 1), of, baseline, exclusive, FEW)
    assert found.trained == 4 * 20


def test_too_few_windows_are_said(tmp_path):
    with pytest.raises(AuricleError, match="30 windows are too few"):
        leakage_pair(Leakage(30, 1), splits_of(tmp_path), flat, TRAIN, FEW)


def test_rows_of_several_files_keep_their_truth_and_their_group(tmp_path):
    windows = list(splits_of(tmp_path).values())
    rows = [np.array([0, 45]), np.array([], int), np.array([21])]
    found = picked(windows, rows)
    assert [found.groups[i] for i in found.segment] == [
        "group of train 0",
        "group of train 2",
        "group of test 1",
    ]
    assert np.array_equal(found.features[1], windows[0].features[45])
    assert np.array_equal(found.features[2], windows[2].features[21])
    assert found.targets.tolist() == [[1, 0], [1, 0], [0, 1]]


# What is not there, and what is there twice


def test_both_numbers_stand_in_one_row(tmp_path):
    # Twenty windows of each; probabilities rise from just above .5 to 1, so do those of nothing.
    rising = np.linspace(0.02, 4, 20)
    logits = [[x, -5] for x in rising] + [[-5, x] for x in rising] + [[x, -5] for x in rising]
    mine = scored(
        tmp_path, [("s", ["speech"], 20), ("m", ["music"], 20), ("n", [], 20)], logits,
        gate_dbfs=-60.0, uncertain=0.25,
    )  # fmt: skip
    quiet = np.where(np.arange(60) < 58, -20, -80).astype(np.float32)
    found = judge_open_set(mine, judge_events(mine, mine.recordings(quiet)).tracked)
    assert found.named.falsely.value == 1
    assert found.named.rightly["speech"].value == found.named.rightly["music"].value == 1
    # Leaving out one of twenty windows leaves 95 %; the same window of nothing is left out.
    assert found.still_named.rightly["speech"].value == pytest.approx(0.95)
    assert found.still_named.falsely.value == pytest.approx(0.95)
    sigmoid = 1 / (1 + np.exp(-rising[1]))
    assert found.still_named.thresholds["speech"] == pytest.approx(sigmoid, abs=1e-4)
    assert found.told.falsely.value == pytest.approx(18 / 20)
    assert found.states["sounding"].value == pytest.approx(18 / 20)
    assert found.states["silence"].value == pytest.approx(2 / 20)


@settings(deadline=None, max_examples=30)
@given(
    rows=st.lists(
        st.tuples(st.floats(-6, 6, width=32), st.floats(-6, 6, width=32)), min_size=3, max_size=60
    )
)
def test_the_share_that_is_still_named_is_no_less_than_is_said(rows, tmp_path_factory):
    n = len(rows) // 3
    names = [("s", ["speech"], n), ("m", ["music"], n), ("n", [], len(rows) - 2 * n)]
    found = judge_open_set(scored(tmp_path_factory.mktemp("still"), names, rows), None)
    assert all(share.value >= STILL_NAMED - 1e-9 for share in found.still_named.rightly.values())
    assert found.told is None


def test_false_events_are_counted_by_what_sounds_and_by_source(tmp_path):
    logits = [SURE["music"]] * 4 + [SURE["none"]] * 4  # an event of a second in two
    logits += [SURE["none"]] * 8 + [SURE["both"]] * 8 + [SURE["both"]] * 8
    segments = [("a", [], 8), ("b", [], 8), ("s", ["speech"], 8), ("x", ["speech", "music"], 8)]
    mine = scored(tmp_path, segments, logits)
    sound = mine.recordings(np.full(32, -20, np.float32))
    source = {"a": "street", "b": "wood"}
    found = false_events(mine, sound, judge_events(mine, sound).tracked, source)
    rows = [(f.labels, f.source, f.recordings, round(3600 * f.hours, 3)) for f in found]
    assert rows == [
        ("none", "", 2, 4.0),
        ("none", "street", 1, 2.0),
        ("none", "wood", 1, 2.0),
        ("speech", "", 1, 2.0),
    ]
    assert [f.per_hour["music"].value for f in found] == pytest.approx([900, 1800, 0, 1800])
    assert found[0].per_hour["speech"].value == 0
    assert "speech" not in found[3].per_hour


def test_what_a_threshold_costs_and_finds_stands_beside_what_validation_had(tmp_path):
    logits = [SURE["speech"]] * 6 + [SURE["none"]] * 2 + [SURE["both"]] * 4 + [SURE["music"]] * 4
    mine = scored(tmp_path, [("s", ["speech"], 8), ("m", ["music"], 8)], logits)
    validation = TradeOff(
        [0.4, 0.6], {"speech": 2.0, "music": 0.0}, {"speech": [4, 1], "music": [0, 0]},
        {"speech": [0.9, 0.8], "music": []},
    )  # fmt: skip
    bundle = dataclasses.replace(
        mine.bundle, trade_off=validation, thresholds={"speech": 0.58, "music": 0.5}
    )
    told = ScoredTestSet(np.asarray(logits, np.float32), mine.test, bundle, FEW)
    sound = told.recordings(np.full(16, -20, np.float32))
    found = threshold_curves(told, sound, judge_events(told, sound).tracked)
    assert found["speech"].per_hour.value == pytest.approx(1800)
    assert found["speech"].named.value == pytest.approx(6 / 8)
    assert found["speech"].promised == (0.6, 0.5, 0.8)
    assert found["music"].promised is None
    assert found["speech"].test[0] == (0.5, pytest.approx(1800), pytest.approx(0.75))
    assert found["music"].per_hour.value == 0


def test_both_labels_of_a_mixture_have_to_be_named(tmp_path):
    segments = [("s", ["speech"], 4), ("m", ["music"], 4), ("n", [], 2)]
    mine = scored(tmp_path, segments, [SURE["none"]] * 10)
    mixed = [SURE["both"]] * 3 + [SURE["speech"]] + [SURE["both"]] + [SURE["speech"]] * 3
    found = judge_mixture(
        mine, np.float32(mixed + [SURE["both"]] * 2), np.array([1] * 4 + [0] * 4 + [-1] * 2), -10
    )
    assert found.leading["speech"].value == pytest.approx(3 / 4)
    assert found.leading["music"].value == pytest.approx(1 / 4)
    assert found.named.value == pytest.approx((3 / 4 + 1 / 4) / 2)
    # speech is named in all windows, music in four of eight
    assert found.recall.value == pytest.approx((1 + 4 / 8) / 2)


def test_silence_and_noise_are_made_and_followed():
    bundle = bundle_of(gate_dbfs=-70.0)

    def logits(windows):
        return np.tile(np.float32(SURE["music"]), (len(windows), 1))

    classifier = SimpleNamespace(bundle=bundle, logits=logits)
    found = false_events_in(SilenceAndNoise(3.0, [-60, -20], 0.0), classifier, 0)
    assert [f.source for f in found] == [
        "digital silence",
        "pink noise at -60 dBFS",
        "pink noise at -20 dBFS",
        "white noise at -60 dBFS",
        "white noise at -20 dBFS",
    ]
    # One event of 3 s in each but silence, which the gate shuts out.
    assert [f.per_hour["music"].value for f in found] == pytest.approx([0] + [1200] * 4)
    assert all(f.per_hour["speech"].value == 0 for f in found)
    for name, sound in SilenceAndNoise(1.0, [-33.0], 0.0).sounds(16000, 0):
        level = 10 * np.log10(max(1e-12, np.mean(np.square(sound, dtype=np.float64))))
        assert level == pytest.approx(-120 if name == "digital silence" else -33, abs=0.01)
    assert false_events_in(SilenceAndNoise(0, [-20], 0.0), classifier, 0) == []


def test_noise_louder_than_full_scale_and_negative_times_are_refused():
    with pytest.raises(AuricleError, match=r"noise_dbfs=\[3\.0\] must be negative"):
        SilenceAndNoise(1.0, [3.0], 0.0)
    with pytest.raises(AuricleError, match=r"seconds=-1\.0 must not be negative"):
        SilenceAndNoise(-1.0, [], 0.0)


# With more of the past


def test_more_of_the_past_is_counted_window_by_window(tmp_path):
    # Every other window is taken for the other class; two on end make up for each other.
    right, wrong = [2.0, -2.0], [-1.0, 1.0]
    rows = [[right, wrong][i % 2] for i in range(8)]
    logits = [*rows, *(row[::-1] for row in rows)]
    mine = scored(tmp_path, [("a", ["speech"], 8), ("b", ["music"], 8)], logits)
    found = by_context_length(mine, [0.5, 0.25, 100])
    assert [seen.context_s for seen in found] == [0.25, 0.5, 100]
    assert [seen.balanced.value for seen in found] == [0.5, 1.0, 1.0]
