"""The figures of a replay, with intervals over groups of recordings."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from auricle.evaluation.metrics import Bootstrap, Interval, quantile, ratio
from auricle.replay.listener import Event, Replayed
from auricle.replay.matching import Matched, match, truths
from auricle.replay.replay_settings import Replay
from auricle.replay.states import States, Times, agreement_s

_QUANTILES = {"median": 0.5, "p95": 0.95}


class ReplayMetrics:
    """How soon and how rightly a playlist was told.

    A recording and the gap after it are one part of the playlist, and what is told in it counts
    for the recording's group. `live` is what was said at each moment, `told` what the events say,
    which are told later than they are dated.
    """

    def __init__(self, replayed: Replayed, labels: Sequence[str], settings: Replay) -> None:
        self.replayed, self.labels = replayed, list(labels)
        played, events = replayed.played, replayed.events
        sounds = truths(played)
        self.matching = match(sounds, events, settings.overlap_s)
        self.truth = States.of(labels, ((s.label, s.start_s, s.end_s) for s in sounds))
        self.live = States.of(labels, ((e.label, e.told_s, e.ended_s) for e in events))
        self.told = States.of(labels, ((e.label, e.start_s, e.end_s) for e in events))
        self._bootstrap = Bootstrap(settings.bootstrap, settings.confidence, settings.seed)
        self._groups = [one.recording.group for one in played]
        self._starts_s = np.array([one.start_s for one in played])
        self._ends_s = np.array([one.end_s for one in played])
        self._until_s = np.array([one.until_s for one in played])
        self._bounds_s = np.append(self._starts_s, replayed.seconds)
        self._right_s = {
            name: agreement_s(self.truth, said, self._bounds_s)
            for name, said in (("live", self.live), ("told", self.told))
        }

    def metrics(self) -> dict[str, Any]:
        """Give what `replay.json` holds; a figure of nothing is left out."""
        replayed = self.replayed
        programme = {
            "hours": replayed.seconds / 3600,
            "hours_of_gaps": float((self._until_s - self._ends_s).sum()) / 3600,
            "recordings": len(replayed.played),
            "recordings_left_out": replayed.left_out,
            "windows": replayed.windows,
        }
        if not replayed.played:
            return {"programme": programme}
        return {
            "programme": programme,
            **self._of(self.labels, -1),
            "label": {name: self._of([name], i) for i, name in enumerate(self.labels)},
        }

    def _of(self, labels: list[str], column: int) -> dict[str, Any]:
        """Figures of some labels taken together; `column` is theirs of `agreement_s`."""
        sounds = [one for one in self.matching.sounds if one.truth.label in labels]
        false = [event for event in self.matching.false if event.label in labels]
        heard = [one for one in sounds if one.events]
        there = self._count(one.truth.recording for one in sounds)
        found = self._count(one.truth.recording for one in heard)
        pieces = self._count(one.truth.recording for one in heard for _ in one.events)
        whole_s, gaps_s = np.diff(self._bounds_s), self._until_s - self._ends_s
        part, in_gap = self._where(false)
        return _defined(
            {
                "sounds": len(sounds),
                "right": {
                    name: self._ratio(right_s[:, column], whole_s)
                    for name, right_s in self._right_s.items()
                },
                "begin_delay_s": self._delays(sounds, "begin_delay_s"),
                "end_delay_s": self._delays(sounds, "end_delay_s"),
                "missed": {
                    "share": self._ratio(there - found, there),
                    "per_hour": self._ratio(3600 * (there - found), whole_s),
                },
                "false": {
                    "per_hour": self._ratio(3600 * self._count(part), whole_s),
                    "per_hour_of_gaps": self._ratio(3600 * self._count(part[in_gap]), gaps_s),
                },
                "pieces": self._ratio(pieces, found),
            }
        )

    def _where(self, events: Sequence[Event]) -> tuple[Any, Any]:
        """Part that each event lies in, and whether in its gap: where its middle is."""
        middle_s = np.array([(event.start_s + event.end_s) / 2 for event in events])
        part = np.searchsorted(self._starts_s, middle_s, "right") - 1
        return part, middle_s >= self._ends_s[part]

    def _count(self, parts: Iterable[int]) -> Times:
        return np.bincount(np.fromiter(parts, int), minlength=len(self._groups)).astype(float)

    def _ratio(self, above: Times, below: Times) -> Interval:
        return self._bootstrap.of_sums(self._groups, (above, below), ratio)

    def _delays(self, sounds: Sequence[Matched], name: str) -> dict[str, Any]:
        heard = [one for one in sounds if one.events]
        known = [one for one in heard if getattr(one, name) is not None]
        found: dict[str, Any] = {"joined": len(heard) - len(known)}
        if known:
            values = np.array([getattr(one, name) for one in known])
            groups = [self._groups[one.truth.recording] for one in known]
            for key, q in _QUANTILES.items():
                found[key] = quantile(values, q, groups, self._bootstrap)
        return found


def _defined(found: dict[str, Any]) -> dict[str, Any]:
    """Plain values, without the figures that there are none of."""
    plain: dict[str, Any] = {}
    for key, value in found.items():
        if isinstance(value, dict):
            plain[key] = _defined(value)
        elif not isinstance(value, Interval):
            plain[key] = value
        elif not np.isnan(value.value):
            plain[key] = dataclasses.asdict(value)
    return plain
