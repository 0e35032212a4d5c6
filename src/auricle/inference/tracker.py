"""When each label begins and ends: gate, smoothing, thresholds and durations, window by window."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.inference import Array
from auricle.inference.decision import Decision, Rule
from auricle.inference.gate import Gate


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

    def __init__(self, rules: Mapping[str, Rule], decision: Decision) -> None:
        self._labels = [_Label(name, rule) for name, rule in rules.items()]
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
        self._since_s: float | None = None  # where the run of windows that may turn it began
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
