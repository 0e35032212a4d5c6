"""What each threshold costs in false events, and what it finds: kept in the bundle."""

from dataclasses import dataclass

import numpy as np

from auricle.core.schema import check


@dataclass(frozen=True)
class TradeOff:
    """What each of `thresholds` costs and finds, all labels having the same one.

    By label: `hours` of sound without it, the `false_events` in them, and the share `named` of the
    windows that have it (none where no recording has it). Nothing is known where it is empty.
    """

    thresholds: list[float]
    hours: dict[str, float]
    false_events: dict[str, list[int]]
    named: dict[str, list[float]]

    def __post_init__(self) -> None:
        check(self.thresholds == sorted(self.thresholds), "thresholds must rise")
        sizes = [len(events) for events in self.false_events.values()]
        sizes += [len(shares) for shares in self.named.values() if shares]
        check(
            set(sizes) <= {len(self.thresholds)}
            and set(self.hours) == set(self.false_events) == set(self.named),
            "false_events and named must have a number a threshold, for the labels of hours",
        )

    def within(self, label: str, per_hour: float) -> float | None:
        """Give the smallest threshold from which on the false events of a label keep a budget.

        The largest, where none keeps it; none, where there was no sound without the label. It is
        not the first that keeps it by chance: a label that is on throughout is one event only.
        """
        if not self.hours.get(label):
            return None
        kept = np.array(self.false_events[label]) <= most_events(per_hour, self.hours[label])
        broken = np.flatnonzero(~kept)
        first = broken[-1] + 1 if len(broken) else 0
        return self.thresholds[min(int(first), len(kept) - 1)]

    def per_hour(self, label: str) -> list[float]:
        """Give the false events of a label per hour of sound without it, at each threshold."""
        hours = self.hours.get(label, 0.0)
        return [events / hours for events in self.false_events[label]] if hours else []


def most_events(per_hour: float, hours: float) -> float:
    """How many events a budget allows in so many hours; 30 in 2 minutes is one, not 0.999..."""
    return per_hour * hours * (1 + 1e-6)
