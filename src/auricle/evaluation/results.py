"""All that was found of a bundle, and the numbers of it that `metrics.json` keeps."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from auricle.evaluation.abstention import RiskCoverage, risk_coverage
from auricle.evaluation.both import Both, both
from auricle.evaluation.calibration import Calibrated, calibrated
from auricle.evaluation.counting import LEVELS, Cases, Judged
from auricle.evaluation.false_events import FalseEvents, false_events
from auricle.evaluation.hearing import Condition, Heard
from auricle.evaluation.naive import Pair
from auricle.evaluation.others import Others, others
from auricle.evaluation.parts import Part, by_class, by_group, by_source
from auricle.evaluation.past import Past
from auricle.evaluation.ranking import Ranking, ranking
from auricle.evaluation.saying import Said, said
from auricle.evaluation.trading import Traded, traded
from auricle.evaluation.worst import Worst, worst_clips
from auricle.metrics import Interval


@dataclass(frozen=True)
class Swept:
    """Balanced accuracy of the test recordings under one change of their sound."""

    condition: Condition
    balanced: dict[str, Interval]


@dataclass(frozen=True)
class Leaks:
    """What is known of test recordings that training knew."""

    split: str
    pairs: int

    @property
    def any(self) -> bool:
        """Whether the test says little about new recordings."""
        return self.pairs > 0 or self.split == "random_windows"

    def __str__(self) -> str:
        if self.split == "random_windows":
            return "windows of each test recording were trained on (dataset.split=random_windows)"
        return f"{self.pairs} pairs of the same or of one group stand on two sides of the split"

    @property
    def remedy(self) -> str:
        """What gives a test that holds."""
        if self.split == "random_windows":
            return "set dataset.split=group"
        return "give both of a pair one group, or remove one, and set dataset.allow_leaks=false"


class Results:
    """Every question, answered when it is first asked.

    Parameters
    ----------
    heard
        The test recordings' sound, or none where they cannot be heard as a whole.
    pair
        The naive pair, or the reason why there is none.
    source
        Source of each recording, by its path.
    nothing
        What was told of silence and of noise that was made.
    past
        How right the windows are with more of the past, the shortest first.
    """

    def __init__(
        self,
        judged: Judged,
        conditions: Sequence[Condition],
        heard: Heard | None,
        pair: Pair | str,
        source: Mapping[str, str],
        worst: int,
        nothing: Sequence[FalseEvents] = (),
        past: Sequence[Past] = (),
    ) -> None:
        self.judged, self.pair = judged, pair
        about = judged.test.header.dataset
        self.leaks = Leaks(str(about.get("split", "")), int(about.get("leaks", 0)))
        self._recordings = judged.recordings(heard.levels_dbfs) if heard else None
        self._source, self.nothing, self.past = source, list(nothing), list(past)
        self.said: Said | None = said(judged, self._recordings) if self._recordings else None
        self.swept = [
            Swept(condition, _balanced(judged, heard.logits[i]))
            for i, condition in enumerate(conditions)
            if heard and condition.kind != "both_db"
        ]
        self.both: list[Both] = [
            both(judged, heard.logits[i], heard.other, condition.value)
            for i, condition in enumerate(conditions)
            if heard and condition.kind == "both_db"
        ]
        self.sources: list[Part] = by_source(judged, source)
        self.worst: list[Worst] = worst_clips(judged, worst)

    @cached_property
    def balanced(self) -> dict[str, Interval]:
        """Balanced accuracy of each level."""
        return {level: self.judged.balanced(self.judged.one_label(level)) for level in LEVELS}

    @cached_property
    def rankings(self) -> dict[str, dict[str, Ranking]]:
        """Average precision and area of each level and label that can be ranked."""
        bootstrap = self.judged.bootstrap
        return {
            level: {
                label: found
                for i, label in enumerate(self.judged.labels)
                if (found := ranking(cases, i, bootstrap))
            }
            for level, cases in self.judged.cases.items()
        }

    @cached_property
    def calibrated(self) -> dict[str, Calibrated]:
        """Calibration of each label's probabilities as a listener shows them."""
        return {
            label: calibrated(self.judged.said, i, self.judged.bootstrap)
            for i, label in enumerate(self.judged.labels)
        }

    @cached_property
    def risk(self) -> dict[str, RiskCoverage]:
        """Risk against coverage by window and by second."""
        return {
            level: risk_coverage(self.judged.one_label(level), self.judged.bootstrap)
            for level in ("window", "second")
        }

    @cached_property
    def others(self) -> Others:
        """Windows with none of the labels, or several."""
        return others(self.judged, self.said.followed if self.said else None)

    @cached_property
    def false_events(self) -> list[FalseEvents]:
        """False events an hour by what sounds: in recordings, then in sound that was made."""
        if not (self._recordings and self.said):
            return self.nothing
        found = false_events(self.judged, self._recordings, self.said.followed, self._source)
        return [*found, *self.nothing]

    @cached_property
    def traded(self) -> dict[str, Traded]:
        """Give what thresholds cost and find, by label."""
        if not (self._recordings and self.said):
            return {}
        return traded(self.judged, self._recordings, self.said.followed)

    @cached_property
    def classes(self) -> list[Part]:
        """Share right of each class."""
        return by_class(self.judged)

    @cached_property
    def groups(self) -> list[Part]:
        """Share right of each group, the worst first."""
        return by_group(self.judged)

    @cached_property
    def at_threshold(self) -> dict[str, dict[str, Interval]]:
        """Precision, recall and F1 of each label over every window, at the bundle's thresholds."""
        cases, thresholds = self.judged.said, self.judged.bundle.thresholds
        return {
            label: self.judged.retrieved(cases, cases.probabilities[:, i] >= thresholds[label], i)
            for i, label in enumerate(self.judged.labels)
        }

    def sweep(self, kind: str) -> list[Swept]:
        """Give the conditions of one kind, in the order of their values."""
        mine = [swept for swept in self.swept if swept.condition.kind == kind]
        return sorted(mine, key=lambda swept: swept.condition.value)

    def metrics(self) -> dict[str, Any]:
        """Give what `metrics.json` holds; what is long stands in the tables beside it."""
        judged = self.judged
        found: dict[str, Any] = {}
        for level in LEVELS:
            cases = judged.one_label(level)
            found[level] = {
                "balanced_accuracy": _plain(self.balanced[level]),
                "cases": len(cases),
                "groups": len(set(cases.groups)),
            }
        if isinstance(self.pair, Pair):
            for name in ("honest", "random_windows", "claimed_too_much"):
                found.setdefault("naive", {})[name] = _plain(getattr(self.pair, name))
        if self.said:
            found["said"] = {"exact": _plain(self.said.exact)}
        found["label"] = {label: self._of_label(label) for label in judged.labels}
        found["risk"] = {
            level: {
                "area": _plain(curve.area),
                **{f"coverage_{c:.0%}".rstrip("%"): _plain(curve.at(c)) for c in (0.9, 0.8, 0.5)},
            }
            for level, curve in self.risk.items()
        }
        for swept in self.swept:
            kind = found.setdefault("sweep", {}).setdefault(swept.condition.kind, {})
            kind[f"{swept.condition.value:g}"] = swept.balanced["second"].value
        for mixed in self.both:
            ratios = found.setdefault("sweep", {}).setdefault("both_db", {})
            ratios[f"{mixed.ratio_db:g}"] = {
                "named": mixed.named.value,
                "recall": mixed.recall.value,
            }
        for seen in self.past:
            found.setdefault("context", {})[f"{seen.context_s:g}"] = _plain(seen.balanced)
        found["none"] = self._of_none()
        found["several"] = {"cases": self.others.several}
        if self.others.all_named:
            found["several"]["all_named"] = _plain(self.others.all_named)
        found["test"] = {
            "clips": judged.test.header.clips,
            "windows": len(judged.test),
            "leaks": int(self.leaks.any),
            "dataset": judged.test.header.dataset,
        }
        return found

    def _of_none(self) -> dict[str, Any]:
        """Windows without any label, beside what is still named of those with one."""
        rest = self.others
        row: dict[str, Any] = {"cases": rest.none}
        if rest.named.falsely and rest.still_named.falsely:
            row["falsely_named"] = _plain(rest.named.falsely)
            row["named"] = {label: share.value for label, share in rest.named.rightly.items()}
            row["falsely_named_at_95"] = _plain(rest.still_named.falsely)
        if rest.states:
            row["uncertain"] = _plain(rest.states["uncertain"])
        for found in self.false_events:
            if found.labels == "none" and not found.source:
                row["hours"] = found.hours
                row["false_events_per_hour"] = {
                    label: _plain(per_hour) for label, per_hour in found.per_hour.items()
                }
        return row

    def _of_label(self, label: str) -> dict[str, Any]:
        row = {name: _plain(found) for name, found in self.at_threshold[label].items()}
        if label in self.rankings["second"]:
            ranked = self.rankings["second"][label]
            row["average_precision"] = _plain(ranked.average_precision)
            row["roc_auc"] = _plain(ranked.roc_auc)
        row["expected_calibration_error"] = _plain(
            self.calibrated[label].expected_calibration_error
        )
        row["brier"] = _plain(self.calibrated[label].brier)
        if label in self.traded:
            row["false_events_per_hour"] = _plain(self.traded[label].per_hour)
        return row


def _plain(interval: Interval) -> dict[str, float]:
    return dataclasses.asdict(interval)


def _balanced(judged: Judged, logits: Any) -> dict[str, Interval]:
    """Balanced accuracy by window and second, of the test windows scored otherwise."""
    one = judged.cases["window"].one_label
    return {
        level: judged.balanced(
            Cases(probabilities, judged.test.targets, judged.cases["window"].groups).of(one)
        )
        for level, probabilities in judged.probabilities(logits).items()
    }
