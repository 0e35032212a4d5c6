"""One measured figure, and the goal it is held against."""

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """What something costs, alone or beside an alternative measured in the same run.

    Where there is an alternative the goal is on the ratio, which the machine's speed leaves alone;
    else it is on our own value. A figure without a goal is there to be read.

    Parameters
    ----------
    name
        What was measured.
    ours
        Its cost, in `unit`.
    unit
        Unit of both values; empty for shares and counts.
    alternative
        Cost of the other way.
    against
        What the other way is.
    least, most
        Goal: the smallest or largest value that holds.
    note
        What a reader should know.
    """

    name: str
    ours: float
    unit: str = ""
    alternative: float | None = None
    against: str = ""
    least: float | None = None
    most: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times as much the alternative costs."""
        return None if self.alternative is None else self.alternative / self.ours

    @property
    def goal(self) -> str:
        """The goal in words; empty where there is none."""
        what = "" if self.alternative is None else " x"
        if self.least is not None:
            return f"at least {self.least:g}{what}"
        return "" if self.most is None else f"at most {self.most:g}{what}"

    @property
    def holds(self) -> bool | None:
        """Whether the goal is met; none where there is none."""
        if self.least is None and self.most is None:
            return None
        value = self.ours if self.ratio is None else self.ratio
        return (self.least is None or value >= self.least) and (
            self.most is None or value <= self.most
        )

    def record(self) -> dict[str, Any]:
        """Give what `results.json` keeps."""
        fields = dataclasses.asdict(self)
        kept = {name: fields[name] for name in ("name", "ours", "unit", "alternative", "against")}
        return {**kept, "ratio": self.ratio, "goal": self.goal, "holds": self.holds}
