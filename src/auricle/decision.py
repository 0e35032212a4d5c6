"""From logits of windows to what is said: context, calibration, smoothing, thresholds, durations.

Pure functions and one small state machine, used by export, evaluation and the listener alike.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from auricle.config import check

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Decision:
    """When a label counts as sounding. A null is filled in: by the bundle, or from validation.

    `threshold` is one probability for all labels, or null for the bundle's own of each label.
    """

    context_s: float | None
    smoothing_s: float | None
    threshold: float | None
    hysteresis: float | None
    min_duration_s: float | None
    hold_s: float | None
    gate_dbfs: float | None

    def __post_init__(self) -> None:
        for name in ("context_s", "smoothing_s", "hysteresis", "min_duration_s", "hold_s"):
            value = getattr(self, name)
            check(value is None or value >= 0, f"{name}={value} must not be negative")
        check(
            self.threshold is None or 0 < self.threshold < 1,
            f"threshold={self.threshold} must lie between 0 and 1",
        )

    def over(self, base: "Decision") -> "Decision":
        """Take from `base` what is null here."""
        given = {name: value for name, value in vars(self).items() if value is not None}
        return replace(base, **given)


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
    """A label begins or ends to sound at `time_s`, with its mean probability so far."""

    kind: str
    label: str
    time_s: float
    confidence: float


class Tracker:
    """Follow probabilities of consecutive windows and say when each label begins and ends.

    A label is on once its smoothed probability has stayed at or above its threshold for
    `min_duration_s`, and off once it has stayed below the threshold less `hysteresis` (but at
    least half the threshold) for `hold_s`. Begin and end are given as they happened, not as they
    were decided.
    """

    def __init__(
        self, labels: Sequence[str], thresholds: Mapping[str, float], decision: Decision
    ) -> None:
        self._labels = [_Label(name, thresholds[name], decision) for name in labels]
        self._decision = decision
        self._smoothed: npt.NDArray[np.float64] | None = None
        self._end_s = 0.0

    def push(
        self, start_s: float, end_s: float, probabilities: Array, level_dbfs: float
    ) -> Iterator[Change]:
        """Take one window's probabilities [shape=(n_labels,)] and level, give what changed."""
        d = self._decision
        raw = probabilities.astype(np.float64)
        if d.gate_dbfs is not None and level_dbfs < d.gate_dbfs:
            raw = np.zeros_like(raw)
        if self._smoothed is None or not d.smoothing_s:
            self._smoothed = raw
        else:
            keep = math.exp(-(end_s - self._end_s) / d.smoothing_s)
            self._smoothed = keep * self._smoothed + (1 - keep) * raw
        self._end_s = end_s
        for label, probability in zip(self._labels, self._smoothed, strict=True):
            yield from label.push(start_s, end_s, float(probability))

    def finish(self) -> Iterator[Change]:
        """End what still sounds: the stream is over, or broke off."""
        self._smoothed = None
        for label in self._labels:
            yield from label.finish()

    @property
    def sounding(self) -> list[str]:
        """Labels that are on now."""
        return [label.name for label in self._labels if label.on]


class _Label:
    """State of one label: off, perhaps on, on, perhaps off."""

    def __init__(self, name: str, threshold: float, decision: Decision) -> None:
        self.name, self.on = name, False
        self._on_at = threshold
        # A hysteresis as large as the threshold would let nothing end, silence not either.
        self._off_below = max(threshold / 2, threshold - (decision.hysteresis or 0))
        self._min_duration_s = decision.min_duration_s or 0.0
        self._hold_s = decision.hold_s or 0.0
        self._since_s: float | None = None  # where the stretch that may turn it began
        self._last_s = 0.0  # end of the last window that held it
        self._sum, self._count = 0.0, 0

    def push(self, start_s: float, end_s: float, probability: float) -> Iterator[Change]:
        wanted = probability < self._off_below if self.on else probability >= self._on_at
        if not wanted:
            if not self.on:
                self._sum, self._count = 0.0, 0
            self._since_s = None
        elif self._since_s is None:
            self._since_s = start_s
        if (not self.on and wanted) or (self.on and not wanted):
            self._sum, self._count = self._sum + probability, self._count + 1
            self._last_s = end_s
        if self._since_s is None:
            return
        if not self.on and end_s - self._since_s >= self._min_duration_s - 1e-9:
            self.on = True
            yield Change("begin", self.name, self._since_s, self._confidence)
            self._since_s = None
        elif self.on and end_s - self._since_s >= self._hold_s - 1e-9:
            yield from self.finish()

    def finish(self) -> Iterator[Change]:
        if self.on:
            yield Change("end", self.name, self._last_s, self._confidence)
        self.on, self._since_s = False, None
        self._sum, self._count = 0.0, 0

    @property
    def _confidence(self) -> float:
        return self._sum / max(1, self._count)


@dataclass(frozen=True)
class Span:
    """A label sounds from `start_s` to `end_s`, with this mean probability."""

    label: str
    start_s: float
    end_s: float
    confidence: float


def spans(
    tracker: Tracker, probabilities: Array, levels_dbfs: Array, step_s: float, window_s: float
) -> list[Span]:
    """When each label sounds in a whole recording, by a new tracker.

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
    began: dict[str, float] = {}
    found = []
    for change in [*changes, *tracker.finish()]:
        if change.kind == "begin":
            began[change.label] = change.time_s
        else:
            start = began.pop(change.label)
            found.append(Span(change.label, start, change.time_s, change.confidence))
    return found
