"""When a label counts as sounding: the settings of a decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from auricle.core.schema import check

# A number for all labels, or for each label that is named one of its own.
Each = Any


@dataclass(frozen=True)
class Decision:
    """When a label counts as sounding. A null is filled in: by the bundle, or from validation.

    `conf/decision/default.yaml` explains the keys. An `Each` is a number for all labels, or a
    mapping of labels to numbers.
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
        for name in ("threshold", "uncertain"):
            for _, value in _by_label(getattr(self, name)):
                check(0 < value < 1, f"{name}={value} must lie between 0 and 1")
        for field in fields(self):
            for _, value in _by_label(getattr(self, field.name)):
                where = f"{field.name}={value}"
                check(field.name.endswith("_dbfs") or value >= 0, f"{where} must not be negative")

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

    def rules(self, labels: Sequence[str], thresholds: Mapping[str, float]) -> "dict[str, Rule]":
        """Return what holds for each label, whose own thresholds are given."""
        return {label: self.rule(label, thresholds[label]) for label in labels}

    def rule(self, label: str, threshold: float) -> "Rule":
        """Return what holds for a label whose own threshold is given."""
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


# Keys that may have a number for each label.
_EACH = [field.name for field in fields(Decision) if field.type is Each]


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
