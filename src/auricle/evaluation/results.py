"""The answers to all questions that are asked of a bundle on its test recordings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auricle.evaluation.cases import LEVELS, Cases, ScoredTestSet
from auricle.evaluation.context_length import ContextLength, by_context_length
from auricle.evaluation.event_level import EventLevel, judge_events
from auricle.evaluation.false_events import FalseEvents, false_events
from auricle.evaluation.hardest_clips import HardClip, hardest_clips
from auricle.evaluation.leakage import LeakagePair
from auricle.evaluation.metrics import Interval
from auricle.evaluation.mixtures import Mixture, judge_mixture
from auricle.evaluation.open_set import OpenSet, judge_open_set
from auricle.evaluation.ranking import Ranking, ranking
from auricle.evaluation.reliability import Reliability, judge_reliability
from auricle.evaluation.robustness import Condition, ConditionScores
from auricle.evaluation.selective_prediction import RiskCoverage, risk_coverage
from auricle.evaluation.subgroups import Subgroup, by_class, by_group, by_source
from auricle.evaluation.threshold_curve import ThresholdCurve, threshold_curves


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


@dataclass(frozen=True)
class Results:
    """Every answer. What needs the recordings as sound is empty, or none, where there was none.

    `pair` is the careless evaluation beside an honest one, or the reason why there is none.
    `balanced`, `rankings` and `risk` are by level (and label), `reliability`, `at_threshold` and
    `threshold_curves` by label.
    """

    test_set: ScoredTestSet
    leaks: Leaks
    pair: LeakagePair | str
    balanced: dict[str, Interval]
    rankings: dict[str, dict[str, Ranking]]
    risk: dict[str, RiskCoverage]
    reliability: dict[str, Reliability]
    at_threshold: dict[str, dict[str, Interval]]
    context_lengths: list[ContextLength]
    classes: list[Subgroup]
    sources: list[Subgroup]
    groups: list[Subgroup]
    hardest: list[HardClip]
    swept: list[Swept]
    mixtures: list[Mixture]
    events: EventLevel | None
    open_set: OpenSet
    false_events: list[FalseEvents]
    threshold_curves: dict[str, ThresholdCurve]

    def sweep(self, kind: str) -> list[Swept]:
        """Return the conditions of one kind, in the order of their values."""
        mine = [swept for swept in self.swept if swept.condition.kind == kind]
        return sorted(mine, key=lambda swept: swept.condition.value)


def judge(
    test_set: ScoredTestSet,
    sound: ConditionScores | None,
    pair: LeakagePair | str,
    source: Mapping[str, str],
    *,
    worst: int,
    contexts_s: Sequence[float] = (),
    made: Sequence[FalseEvents] = (),
) -> Results:
    """Return the answer to every question.

    Parameters
    ----------
    sound
        Scores of the test recordings as sound, or none where they cannot be had as a whole.
    pair
        The careless evaluation beside an honest one, or the reason why there is none.
    source
        Source of each recording, by its path.
    worst
        How many of the hardest recordings are kept.
    contexts_s
        Seconds that windows are judged with, in context.
    made
        False events in silence and in noise that was made.
    """
    about, bootstrap, labels = test_set.test.header.dataset, test_set.bootstrap, test_set.labels
    recordings = test_set.recordings(sound.levels_dbfs) if sound else None
    events = judge_events(test_set, recordings) if recordings else None
    tracked = events.tracked if events else None
    in_context, thresholds = test_set.in_context, test_set.bundle.thresholds
    return Results(
        test_set=test_set,
        leaks=Leaks(str(about.get("split", "")), int(about.get("leaks", 0))),
        pair=pair,
        balanced={level: test_set.balanced(test_set.one_label(level)) for level in LEVELS},
        rankings={
            level: {
                label: found
                for i, label in enumerate(labels)
                if (found := ranking(cases, i, bootstrap))
            }
            for level, cases in test_set.cases.items()
        },
        risk={
            level: risk_coverage(test_set.one_label(level), bootstrap)
            for level in ("window", "second")
        },
        reliability={
            label: judge_reliability(in_context, i, bootstrap) for i, label in enumerate(labels)
        },
        at_threshold={
            label: test_set.retrieved(
                in_context, in_context.probabilities[:, i] >= thresholds[label], i
            )
            for i, label in enumerate(labels)
        },
        context_lengths=by_context_length(test_set, contexts_s),
        classes=by_class(test_set),
        sources=by_source(test_set, source),
        groups=by_group(test_set),
        hardest=hardest_clips(test_set, worst),
        swept=[
            Swept(condition, _balanced(test_set, logits))
            for condition, logits in (sound.by_condition() if sound else ())
            if condition.kind != "both_db"
        ],
        mixtures=[
            judge_mixture(test_set, logits, sound.other, condition.value)
            for condition, logits in (sound.by_condition() if sound else ())
            if sound and condition.kind == "both_db"
        ],
        events=events,
        open_set=judge_open_set(test_set, tracked),
        false_events=[
            *(
                false_events(test_set, recordings, tracked, source)
                if recordings and tracked
                else ()
            ),
            *made,
        ],
        threshold_curves=(
            threshold_curves(test_set, recordings, tracked) if recordings and tracked else {}
        ),
    )


def _balanced(test_set: ScoredTestSet, logits: Any) -> dict[str, Interval]:
    """Balanced accuracy by window and second, of the test windows scored otherwise."""
    windows = test_set.cases["window"]
    return {
        level: test_set.balanced(
            Cases(probabilities, windows.targets, windows.groups).of(windows.one_label)
        )
        for level, probabilities in test_set.probabilities(logits).items()
    }
