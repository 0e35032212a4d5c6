"""Thresholds by budget: how many false events an hour a threshold costs, and what it finds.

An event is what a listener tells of: a label begins, goes on, ends. It is false where the
recording has not the label. It is counted by the listener's own rules (`offline`), so that gate,
context, smoothing, hysteresis and durations have their part in it. Each recording is followed from
its start: one of few seconds that is named all through has one false event, as has one of an hour.

Hours are those of the recordings without the label, with those of other labels, which are the
hardest to keep apart. In H hours nothing can be told below 1 / H an hour: a smaller budget is kept
where no event is false, which promises no more than that.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from auricle.inference.decision import Decision
from auricle.inference.offline import ScoredWindows, Tracked, track
from auricle.inference.trade_off import TradeOff, most_events

# Even steps of the logit: fine where thresholds are high and few events are left.
GRID = tuple(np.round(1 / (1 + np.exp(-np.linspace(0, np.log(99), 30))), 4).tolist())


@dataclass(frozen=True)
class ThresholdResult:
    """Thresholds, the trade-off they were read from, and what is to be said of the budgets."""

    thresholds: dict[str, float]
    trade_off: TradeOff
    notes: list[str]


def trade_off(recordings: ScoredWindows, labels: Sequence[str], decision: Decision) -> TradeOff:
    """Follow the recordings at each threshold of the grid.

    `decision.threshold` is passed over: it would hold all of them fixed.
    """
    decision = dataclasses.replace(decision, threshold=None)
    has = recordings.targets[recordings.first].astype(bool)
    false_events: dict[str, list[int]] = {label: [] for label in labels}
    named: dict[str, list[float]] = {label: [] for label in labels}
    for threshold in GRID:
        found = track(recordings, labels, dict.fromkeys(labels, threshold), decision)
        for i, label in enumerate(labels):
            false_events[label].append(_false(found, recordings, i))
            mine = recordings.targets[:, i] == 1
            if mine.any():
                named[label].append(round(float(found.sounding[mine, i].mean()), 4))
    hours = {label: float(recordings.hours[~has[:, i]].sum()) for i, label in enumerate(labels)}
    return TradeOff(list(GRID), hours, false_events, named)


def choose(
    recordings: ScoredWindows,
    labels: Sequence[str],
    otherwise: Mapping[str, float],
    decision: Decision,
) -> ThresholdResult:
    """Give each label with a budget the smallest threshold that keeps it.

    The noise floor rises more slowly while any label is on, so that the threshold of one label
    has to do with the events of the others. What is chosen is therefore counted once more as a
    whole, and raised where a budget is not kept after all.

    Parameters
    ----------
    recordings
        Of validation.
    otherwise
        Thresholds of the labels that have no budget, or no sound to count in.

    Raises
    ------
    AuricleError
        A budget names a label that is none of `labels`.
    """
    decision.over(decision, labels)  # refuses a label that there is not
    table = trade_off(recordings, labels, decision)
    thresholds, budgets = dict(otherwise), dict[str, float]()
    for label in labels:
        budget = decision.budget(label)
        found = None if budget is None else table.within(label, budget)
        if budget is not None and found is not None:
            thresholds[label], budgets[label] = found, budget
    free = dataclasses.replace(decision, threshold=None)
    while True:
        found_now = track(recordings, labels, thresholds, free)
        over = [
            label
            for label, budget in budgets.items()
            if _false(found_now, recordings, labels.index(label))
            > most_events(budget, table.hours[label])
        ]
        rising = [label for label in over if thresholds[label] < GRID[-1]]
        if not rising:
            break
        for label in rising:
            thresholds[label] = min(t for t in GRID if t > thresholds[label])
    notes = [note for label in labels if (note := _note(label, table, decision, label in over))]
    return ThresholdResult(thresholds, table, notes)


def _false(found: Tracked, recordings: ScoredWindows, label: int) -> int:
    has = recordings.targets[recordings.first, label] == 1
    return int(found.events[~has, label].sum())


def _note(label: str, table: TradeOff, decision: Decision, is_over: bool) -> str | None:
    """Say what is wrong with a budget, if anything is."""
    budget, hours = decision.budget(label), table.hours[label]
    if budget is None:
        return None
    if not hours:
        return f"validation has no sound without {label}, so its budget could not be asked for"
    if is_over:
        least = table.per_hour(label)[-1]
        return f"{label} has {least:.3g} false events an hour even at {GRID[-1]:g}"
    if most_events(budget, hours) < 1:
        return (
            f"{label} has none in {60 * hours:.3g} minutes of validation without it, "
            f"which cannot tell less than {1 / hours:.3g} an hour"
        )
    return None
