"""The last minute, in steps of a quarter of a second."""

from typing import Any

import numpy as np
import numpy.typing as npt

STEP_S = 0.25
SECONDS = 60
_STEPS = round(SECONDS / STEP_S)


class History:
    """What was heard of each label, and when there was trouble; a ring, so its size is constant."""

    def __init__(self, labels: int) -> None:
        self._probabilities = np.zeros((_STEPS, labels), np.float32)
        self._on = np.zeros((_STEPS, labels), bool)
        self._heard = np.zeros(_STEPS, bool)
        self._troubled = np.zeros(_STEPS, bool)
        self._next = 0  # number of the first step that has not come yet

    def go_on(self, now_s: float) -> None:
        """Let time pass, with nothing heard."""
        ahead = int(np.ceil(now_s / STEP_S - 1e-6))
        new = np.arange(max(self._next, ahead - _STEPS), ahead) % _STEPS
        for of in (self._probabilities, self._on, self._heard, self._troubled):
            of[new] = 0
        self._next = max(self._next, ahead)

    def hear(
        self, start_s: float, end_s: float, probabilities: npt.NDArray[np.float32], on: list[bool]
    ) -> None:
        """Take probabilities [shape=(n_labels,)], and which labels are on, from when to when."""
        steps = self._steps(start_s, end_s)
        self._probabilities[steps] = np.maximum(self._probabilities[steps], probabilities)
        self._on[steps] |= on
        self._heard[steps] = True

    def trouble(self, start_s: float, end_s: float) -> None:
        """Mark when there was trouble, however short."""
        self._troubled[self._steps(start_s, end_s)] = True

    def columns(
        self, most: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Give the minute in at most so many columns, each of a fixed stretch of time.

        Returns
        -------
        probabilities : [shape=(n_labels, columns)]
            The largest in each column; NaN where nothing was heard.
        on : [shape=(n_labels, columns)]
        troubled : [shape=(columns,)]
        """
        each = next((n for n in (1, 2, 4, 8) if _STEPS // n <= most), 16)
        end = -(-self._next // each) * each  # a column keeps its steps as time goes on
        steps = np.arange(end - _STEPS, end)
        known = (steps >= self._next - _STEPS) & (steps < self._next)
        steps %= _STEPS

        def largest(of: npt.NDArray[Any]) -> npt.NDArray[Any]:
            kept = np.where(known if of.ndim == 1 else known[:, None], of[steps], 0)
            return kept.reshape(-1, each, *of.shape[1:]).max(axis=1).T

        heard, troubled = largest(self._heard) > 0, largest(self._troubled) > 0
        probabilities = np.where(heard, largest(self._probabilities), np.nan)
        return probabilities, largest(self._on) > 0, troubled

    def lately(self) -> npt.NDArray[np.float32]:
        """Largest probability of each label within the minute [shape=(n_labels,)]."""
        return self._probabilities.max(axis=0)

    def _steps(self, start_s: float, end_s: float) -> npt.NDArray[np.int64]:
        """Give the ring's steps that lie between two times: at least one, none older than it."""
        self.go_on(end_s)
        last = max(0, int(np.ceil(end_s / STEP_S - 1e-6)) - 1)
        first = min(last, int(start_s / STEP_S + 1e-6))
        return np.arange(max(first, self._next - _STEPS), last + 1) % _STEPS
