"""Whether there is any sound: the level against the running noise floor."""

import math

from auricle.inference.decision import Decision

_QUIETEST_DBFS = -120.0  # what `level_dbfs` gives for digital silence


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
