"""From logits of windows to what is said: context, calibration, smoothing, thresholds, durations.

Pure functions and one small state machine, used by export, evaluation and the listener alike.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle.config import check

Array = npt.NDArray[np.float32]


# A number for all labels, or for each label that is named one of its own.
Each = Any


@dataclass(frozen=True)
class Decision:
    """When a label counts as sounding. A null is filled in: by the bundle, or from validation.

    `threshold`, `false_events_per_hour`, `hysteresis`, `min_duration_s`, `hold_s` and `cool_down_s`
    are a number for all labels or a mapping of labels to numbers.
    """

    context_s: float | None
    smoothing_s: float | None
    threshold: Each
    false_events_per_hour: Each
    hysteresis: Each
    min_duration_s: Each
    hold_s: Each
    cool_down_s: Each
    uncertain: float | None
    gate_dbfs: float | None
    gate_above_floor_db: float | None
    floor_rise_db_s: float | None
    floor_rise_on_db_s: float | None
    floor_most_on_dbfs: float | None
    pre_roll_s: float | None
    hang_over_s: float | None

    def __post_init__(self) -> None:
        for name in _EACH:
            for label, value in _by_label(getattr(self, name)):
                where = f"{name}={value}" if label is None else f"{name}.{label}={value}"
                check(
                    isinstance(value, int | float) and not isinstance(value, bool),
                    f"{where} must be a number, or {{label: number, ...}}",
                )
        floor = ("gate_above_floor_db", "floor_rise_db_s", "floor_rise_on_db_s")
        for name in (*_EACH, *floor, "context_s", "smoothing_s", "pre_roll_s", "hang_over_s"):
            for _, value in _by_label(getattr(self, name)):
                check(value >= 0, f"{name}={value} must not be negative")
        for name in ("threshold", "uncertain"):
            for _, value in _by_label(getattr(self, name)):
                check(0 < value < 1, f"{name}={value} must lie between 0 and 1")

    def over(self, base: "Decision", labels: Sequence[str]) -> "Decision":
        """Take from `base` what is null here, and what a mapping here leaves out.

        Raises
        ------
        AuricleError
            A mapping names a label that is none of `labels`.
        """
        given: dict[str, Any] = {k: v for k, v in vars(self).items() if v is not None}
        for name in given:
            if isinstance(given[name], Mapping):
                for label in given[name]:
                    known = ", ".join(labels)
                    check(label in labels, f"decision.{name}: {label} is none of {known}")
                below = getattr(base, name)
                merged = {label: _each(given[name], label, _each(below, label)) for label in labels}
                given[name] = {label: v for label, v in merged.items() if v is not None}
        return replace(base, **given)

    def budget(self, label: str) -> float | None:
        """How many false events an hour a label may have; none: its threshold has other reasons."""
        budget: float | None = _each(self.false_events_per_hour, label)
        return None if self.is_set(label) else budget  # what is set wins

    def is_set(self, label: str) -> bool:
        """Whether the threshold of a label is given, so that nothing is chosen."""
        return _each(self.threshold, label) is not None

    def rule(self, label: str, threshold: float) -> "Rule":
        """Give what holds for a label whose own threshold is given."""
        on = _each(self.threshold, label, threshold)
        return Rule(
            on,
            # A hysteresis as large as the threshold would let nothing end, silence not either.
            max(on / 2, on - _each(self.hysteresis, label, 0.0)),
            *(
                float(_each(value, label, 0.0))
                for value in (self.min_duration_s, self.hold_s, self.cool_down_s)
            ),
        )


_EACH = (
    *("threshold", "false_events_per_hour", "hysteresis"),
    *("min_duration_s", "hold_s", "cool_down_s"),
)


@dataclass(frozen=True)
class Rule:
    """When one label begins and ends: probabilities, and seconds."""

    on: float
    off_below: float
    min_duration_s: float
    hold_s: float
    cool_down_s: float


def _each(value: Each, label: str, otherwise: Any = None) -> Any:
    if isinstance(value, Mapping):
        return value.get(label, otherwise)
    return otherwise if value is None else value


def _by_label(value: Each) -> list[tuple[str | None, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    return [] if value is None else [(None, value)]


def windows_in_context(context_s: float, window_s: float, hop_s: float) -> int:
    """How many windows, the newest included, lie within the last `context_s` seconds."""
    return 1 + max(0, math.floor((context_s - window_s) / hop_s + 1e-6))


def mean_over_context(logits: Array, count: int) -> Array:
    """Mean of each window's logits and those of up to `count` - 1 windows before it.

    Parameters
    ----------
    logits : [shape=(n_windows, n_labels)]
        Of consecutive windows; the first has nothing before it.

    Returns
    -------
    [shape=(n_windows, n_labels)], float32
        The sum runs from the newest to the oldest, so that a live listener, which has the last
        `count` rows only, gets the same bits.
    """
    total = logits.astype(np.float32, copy=True)
    for age in range(1, min(count, len(logits))):
        total[age:] += logits[:-age]
    number = np.minimum(np.arange(1, len(logits) + 1), count).astype(np.float32)
    mean: Array = total / number[:, None]
    return mean


@dataclass(frozen=True)
class Calibration:
    """Platt scaling (Platt, 1999): probability = link(scale * logit + offset), a pair a label."""

    scale: list[float]
    offset: list[float]
    exclusive: bool

    def probabilities(self, logits: Array) -> Array:
        """Calibrated probabilities [shape=(..., n_labels)] of logits of the same shape."""
        scale, offset = self._arrays
        z = logits * scale + offset
        if self.exclusive:
            z = np.exp(z - z.max(axis=-1, keepdims=True))
            softmax: Array = z / z.sum(axis=-1, keepdims=True)
            return softmax
        # 1 / (1 + exp(-z)) without overflow
        sigmoid: Array = 0.5 * (1 + np.tanh(0.5 * z))
        return sigmoid

    @cached_property
    def _arrays(self) -> tuple[Array, Array]:
        return np.asarray(self.scale, np.float32), np.asarray(self.offset, np.float32)


@dataclass(frozen=True)
class Change:
    """A label begins to sound, goes on, or ends: `kind` is begin, ongoing or end.

    `start_s` is when it began, `end_s` up to when it is known to sound. `confidence` and `peak` are
    the mean and the largest probability since then, `level_dbfs` the mean power of its windows.
    """

    kind: str
    label: str
    start_s: float
    end_s: float
    confidence: float
    peak: float
    level_dbfs: float


class Gate:
    """Tells sound from the background: louder than a limit, and than the running noise floor.

    The floor follows the level down at once and up by `floor_rise_db_s`. While a label is on it
    rises by `floor_rise_on_db_s`, and no further than `floor_most_on_dbfs`: a continuous sound must
    not become its own background, but the hiss of a quiet room that was taken for one must. It
    starts at the bottom, so that what sounds from the first moment on is heard.
    """

    def __init__(self, decision: Decision) -> None:
        none = decision.gate_dbfs is None
        self._least = -math.inf if none else decision.gate_dbfs or 0.0
        self._above = decision.gate_above_floor_db
        self._rise_db_s = {True: decision.floor_rise_db_s, False: decision.floor_rise_on_db_s}
        most = decision.floor_most_on_dbfs
        self._most_on_dbfs = math.inf if most is None else most
        self._hang_over_s = decision.hang_over_s or 0.0
        self._open_until_s = -math.inf
        self.floor_dbfs = max(_QUIETEST_DBFS, self._least - (self._above or 0.0))

    def push(self, start_s: float, end_s: float, level_dbfs: float, idle: bool) -> bool:
        """Whether the window counts as sound; `idle`: no label is on."""
        limit = self._least
        if self._above is not None:
            limit = max(limit, self.floor_dbfs + self._above)
            risen = self.floor_dbfs + (self._rise_db_s[idle] or 0.0) * (end_s - start_s)
            if not idle:
                risen = max(self.floor_dbfs, min(risen, self._most_on_dbfs))
            self.floor_dbfs = max(_QUIETEST_DBFS, min(level_dbfs, risen))
        if level_dbfs >= limit:
            self._open_until_s = end_s + self._hang_over_s
            return True
        return end_s <= self._open_until_s + 1e-9


_QUIETEST_DBFS = -120.0  # what `audio.level_dbfs` gives for digital silence


@dataclass(frozen=True)
class _Window:
    start_s: float
    end_s: float
    probabilities: npt.NDArray[np.float64]
    level_dbfs: float


class Tracker:
    """Follow probabilities of consecutive windows and say when each label begins and ends.

    A window that the gate shuts out counts as probability 0 for all labels, unless sound begins
    within `pre_roll_s` after it: so long its decision waits. A label is on once its smoothed
    probability has stayed at or above its threshold for `min_duration_s`, and off once it has
    stayed below the threshold less `hysteresis` (but at least half the threshold) for `hold_s`; it
    is not on again within `cool_down_s`. Begin and end are given as they happened, not as they
    were decided.
    """

    def __init__(
        self, labels: Sequence[str], thresholds: Mapping[str, float], decision: Decision
    ) -> None:
        self._labels = [_Label(name, decision.rule(name, thresholds[name])) for name in labels]
        self._decision = decision
        self._gate = Gate(decision)
        self._open = False
        self._waiting: list[_Window] = []
        self._smoothed: npt.NDArray[np.float64] | None = None
        self._end_s = 0.0

    def push(
        self, start_s: float, end_s: float, probabilities: Array, level_dbfs: float
    ) -> Iterator[Change]:
        """Take one window's probabilities [shape=(n_labels,)] and level, give what changed."""
        window = _Window(start_s, end_s, probabilities.astype(np.float64), level_dbfs)
        self._open = self._gate.push(start_s, end_s, level_dbfs, idle=not self.sounding)
        self._waiting.append(window)
        due = end_s - (self._decision.pre_roll_s or 0.0) + 1e-9
        while self._waiting and (self._open or self._waiting[0].end_s <= due):
            yield from self._decide(self._waiting.pop(0), self._open)

    def _decide(self, window: _Window, sounds: bool) -> Iterator[Change]:
        raw = window.probabilities if sounds else np.zeros_like(window.probabilities)
        smoothing_s = self._decision.smoothing_s
        if self._smoothed is None or not smoothing_s:
            self._smoothed = raw
        else:
            keep = math.exp(-(window.end_s - self._end_s) / smoothing_s)
            self._smoothed = keep * self._smoothed + (1 - keep) * raw
        self._end_s = window.end_s
        for label, probability in zip(self._labels, self._smoothed, strict=True):
            yield from label.push(window, float(probability))

    def finish(self) -> Iterator[Change]:
        """End what still sounds: the stream is over, or broke off."""
        while self._waiting:
            yield from self._decide(self._waiting.pop(0), sounds=False)
        self._smoothed = None
        for label in self._labels:
            yield from label.finish()

    @property
    def sounding(self) -> list[str]:
        """Labels that are on now."""
        return [label.name for label in self._labels if label.on]

    @property
    def ongoing(self) -> list[Change]:
        """What is known so far of the labels that are on now."""
        return [label.change("ongoing") for label in self._labels if label.on]

    @property
    def state(self) -> str:
        """What is heard now: `sounding`, `silence`, `uncertain`, or `none` of the labels."""
        if self.sounding:
            return "sounding"
        if not self._open:
            return "silence"
        least = self._decision.uncertain or 0.0
        likely = self._smoothed is not None and self._smoothed.max() >= least
        return "uncertain" if likely else "none"

    @property
    def floor_dbfs(self) -> float:
        """The running noise floor."""
        return self._gate.floor_dbfs


class _Label:
    """State of one label: off, perhaps on, on, perhaps off."""

    def __init__(self, name: str, rule: Rule) -> None:
        self.name, self.on, self._rule = name, False, rule
        self._since_s: float | None = None  # where the stretch that may turn it began
        self._not_before_s = -math.inf
        self._begin_s = self._last_s = 0.0  # of the first and of the last window that held it
        self._clear()

    def _clear(self) -> None:
        self._sum, self._count, self._peak, self._power = 0.0, 0, 0.0, 0.0

    def push(self, window: _Window, probability: float) -> Iterator[Change]:
        rule = self._rule
        if self.on:
            wanted = probability < rule.off_below
        else:
            wanted = probability >= rule.on and window.start_s >= self._not_before_s - 1e-9
        if not wanted:
            if not self.on:
                self._clear()
            self._since_s = None
        elif self._since_s is None:
            self._since_s = window.start_s
        if self.on != wanted:  # it may be on, or it is and stays so
            self._sum, self._count = self._sum + probability, self._count + 1
            self._peak = max(self._peak, probability)
            self._power += 10 ** (window.level_dbfs / 10)
            self._last_s = window.end_s
        if self._since_s is None:
            return
        if not self.on and window.end_s - self._since_s >= rule.min_duration_s - 1e-9:
            self.on, self._begin_s, self._since_s = True, self._since_s, None
            yield self.change("begin")
        elif self.on and window.end_s - self._since_s >= rule.hold_s - 1e-9:
            yield from self.finish()

    def finish(self) -> Iterator[Change]:
        if self.on:
            yield self.change("end")
            self._not_before_s = self._last_s + self._rule.cool_down_s
        self.on, self._since_s = False, None
        self._clear()

    def change(self, kind: str) -> Change:
        count = max(1, self._count)
        level_dbfs = 10 * math.log10(max(1e-12, self._power / count))
        mean = self._sum / count
        return Change(kind, self.name, self._begin_s, self._last_s, mean, self._peak, level_dbfs)


def spans(
    tracker: Tracker, probabilities: Array, levels_dbfs: Array, step_s: float, window_s: float
) -> list[Change]:
    """When each label sounds in a whole recording, by a new tracker: the ends, in their order.

    Parameters
    ----------
    probabilities : [shape=(n_windows, n_labels)]
        Of consecutive windows, the first of which starts at 0.
    levels_dbfs : [shape=(n_windows,)]
    """
    changes: list[Change] = []
    for i, row in enumerate(probabilities):
        start = i * step_s
        changes += tracker.push(start, start + window_s, row, float(levels_dbfs[i]))
    return [change for change in [*changes, *tracker.finish()] if change.kind == "end"]
