"""A budget is kept, by an independent count; where it cannot be kept or told, that is said."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.core.errors import AuricleError
from auricle.inference.threshold_selection import GRID, choose, trade_off
from auricle.inference.tracker import Tracker
from auricle.inference.trade_off import TradeOff
from helpers import decision, ended, recordings

LABELS = ["speech", "music"]
HALF = {"speech": 0.5, "music": 0.5}
RULES = decision(min_duration_s=0.5, hold_s=0.5, hysteresis=0.1, gate_above_floor_db=3.0)


def noisy(seed, kinds=((1, 0), (0, 1), (0, 0), (1, 1)), windows=40):
    """Make recordings whose probabilities wander, and whose level does."""
    rng = np.random.default_rng(seed)
    n = len(kinds) * windows
    walk = np.cumsum(rng.normal(0, 0.6, (n, 2)), axis=0)
    walk -= np.repeat(walk.reshape(len(kinds), windows, 2).mean(axis=1), windows, axis=0)
    right = np.repeat(np.array(kinds), windows, axis=0)
    probabilities = 1 / (1 + np.exp(-(walk + 2 * right)))
    levels = -30 + 10 * rng.standard_normal(n)
    return recordings(probabilities, kinds, [windows] * len(kinds), levels)


def counted(mine, thresholds, rules, label):
    """Count false events of a label per hour of recordings without it, with the tracker alone."""
    events = windows = 0
    for part in mine.rows():
        if mine.targets[part[0], label]:
            continue
        tracker = Tracker(rules.rules(LABELS, thresholds), rules)
        told = ended(tracker, mine.probabilities[part], mine.levels_dbfs[part])
        events += sum(span.label == LABELS[label] for span in told)
        windows += len(part)
    return events / (windows * 0.25 / 3600)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), per_hour=st.sampled_from([0, 60, 120, 200, 400, 1000]))
def test_what_is_chosen_keeps_the_budget_by_a_count_of_its_own(seed, per_hour):
    mine = noisy(seed)
    rules = dataclasses.replace(RULES, false_events_per_hour=per_hour)
    found = choose(mine, LABELS, HALF, rules)
    for i, label in enumerate(LABELS):
        assert 0.5 <= found.thresholds[label] <= 0.99
        count = counted(mine, found.thresholds, rules, i)
        if count > per_hour + 1e-6:
            assert found.thresholds[label] == GRID[-1]
            assert any(f"{label} has" in note and "even at 0.99" in note for note in found.notes)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), budgets=st.lists(st.floats(0, 1000), min_size=2, max_size=5))
def test_a_larger_budget_never_has_a_higher_threshold(seed, budgets):
    table = trade_off(noisy(seed, windows=20), LABELS, RULES)
    for label in LABELS:
        thresholds = [table.within(label, budget) for budget in sorted(budgets)]
        assert thresholds == sorted(thresholds, reverse=True)


def test_the_smallest_threshold_that_keeps_it_is_taken():
    # Falsely at .6 for a second, then at .8 for a second; rightly at .9.
    rows = [[0, 0.6]] * 4 + [[0, 0]] * 4 + [[0, 0.8]] * 4 + [[0, 0]] * 4 + [[0, 0.9]] * 4
    mine = recordings(rows, [[0, 0], [0, 1]], [16, 4])
    hour = 3600 / 4  # as many an hour as one in the four seconds without music
    plain = decision()

    def threshold(per_hour):
        rules = dataclasses.replace(plain, false_events_per_hour={"music": per_hour})
        return choose(mine, LABELS, HALF, rules).thresholds["music"]

    assert threshold(2 * hour) == 0.5
    assert threshold(1 * hour) == next(t for t in GRID if t > 0.6)
    assert threshold(0.9 * hour) == next(t for t in GRID if t > 0.8)
    table = trade_off(mine, LABELS, plain)
    assert table.named["music"][0] == 1
    assert table.named["music"][-1] == 0


def test_what_is_on_throughout_is_no_bargain():
    # One event at .5, three from .6 on, none above .8: a budget of one asks for the last.
    table = TradeOff([0.5, 0.6, 0.8, 0.9], {"a": 1.0}, {"a": [1, 3, 2, 0]}, {"a": []})
    assert table.within("a", 1) == 0.9
    assert table.within("a", 2) == 0.8
    assert table.within("a", 3) == 0.5


def test_a_label_without_a_budget_keeps_its_threshold():
    rules = dataclasses.replace(RULES, false_events_per_hour={"music": 0})
    found = choose(noisy(1), LABELS, {"speech": 0.61, "music": 0.62}, rules)
    assert found.thresholds["speech"] == 0.61
    assert found.thresholds["music"] != 0.62
    assert choose(noisy(1), LABELS, HALF, RULES).thresholds == HALF


def test_without_sound_to_count_in_the_threshold_stays_and_it_is_said():
    mine = noisy(2, kinds=((1, 1), (1, 0)))
    rules = dataclasses.replace(RULES, false_events_per_hour=10)
    found = choose(mine, LABELS, {"speech": 0.7, "music": 0.5}, rules)
    assert found.thresholds["speech"] == 0.7
    assert found.trade_off.hours["speech"] == 0
    assert "no sound without speech" in found.notes[0]


def test_hours_too_few_to_tell_a_budget_are_said():
    mine = recordings(np.zeros((40, 2)), [[0, 0]], [40])  # 10 s
    rules = dataclasses.replace(RULES, false_events_per_hour=1)
    found = choose(mine, LABELS, HALF, rules)
    assert found.thresholds == HALF
    assert "speech has none in 0.167 minutes of validation without it" in found.notes[0]
    assert "cannot tell less than 360 an hour" in found.notes[0]


def test_silence_has_no_false_events_whatever_the_network_makes_of_it():
    mine = recordings(np.ones((40, 2)), [[0, 0]], [40], levels=np.full(40, -120))
    rules = dataclasses.replace(RULES, gate_dbfs=-70.0, false_events_per_hour=1000)
    found = choose(mine, LABELS, HALF, rules)
    assert found.thresholds == HALF
    assert found.trade_off.false_events == dict.fromkeys(LABELS, [0] * len(GRID))
    assert not found.notes


def test_labels_that_exclude_each_other_have_budgets_too():
    rng = np.random.default_rng(3)
    first = rng.random(160)
    mine = recordings(np.stack([first, 1 - first], 1), [[1, 0], [0, 1]], [80, 80])
    rules = decision(false_events_per_hour={"speech": 0, "music": 1e6})
    found = choose(mine, LABELS, HALF, rules)
    assert counted(mine, found.thresholds, rules, 0) == 0 or found.thresholds["speech"] == GRID[-1]
    assert found.thresholds["music"] == 0.5


def test_a_threshold_that_is_set_does_not_hide_what_others_would_cost():
    fixed = dataclasses.replace(RULES, threshold=0.9)
    assert trade_off(noisy(4), LABELS, fixed) == trade_off(noisy(4), LABELS, RULES)


def test_a_budget_of_no_label_is_refused():
    rules = dataclasses.replace(RULES, false_events_per_hour={"speach": 1})
    with pytest.raises(AuricleError, match="speach is none of speech, music"):
        choose(noisy(5), LABELS, HALF, rules)


def test_a_table_that_does_not_fit_itself_is_refused():
    with pytest.raises(AuricleError, match="a number a threshold"):
        TradeOff([0.5, 0.9], {"a": 1.0}, {"a": [1]}, {"a": []})
    with pytest.raises(AuricleError, match="must rise"):
        TradeOff([0.9, 0.5], {}, {}, {})
