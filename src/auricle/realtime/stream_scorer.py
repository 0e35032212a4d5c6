"""From samples at the bundle's rate to what is heard in each window of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.audio import Samples
from auricle.audio.level import level_dbfs
from auricle.core.schema import check
from auricle.inference.context import mean_over_context
from auricle.inference.decision import Decision
from auricle.inference.scorer import Scorer
from auricle.inference.tracker import Change, Tracker


@dataclass(frozen=True)
class ScoredWindow:
    """What is heard in a window that starts `start_s` seconds into the stream."""

    start_s: float
    end_s: float
    level_dbfs: float
    probabilities: npt.NDArray[np.float32]
    changes: list[Change]


class StreamScorer:
    """Cut a stream into windows, score them, and decide what begins and ends.

    The numbers are those that `classify` gives for the same samples, whatever the blocks.
    """

    def __init__(self, scorer: Scorer, decision: Decision) -> None:
        bundle = scorer.bundle
        check(
            not bundle.preprocess.why_not_live,
            f"The bundle {bundle.name} ({scorer.folder}) cannot listen as sound comes: its "
            f"{bundle.preprocess.why_not_live}. Use `auricle classify`, or name another bundle "
            "with bundle=FOLDER",
        )
        self._scorer, self._preprocess = scorer, bundle.preprocess
        self.tracker = Tracker(
            decision.rules(bundle.labels, bundle.thresholds_for(decision)), decision
        )
        self._context = bundle.preprocess.windows_in(decision.context_s)
        self.restart(0)

    def restart(self, position: int) -> None:
        """Begin anew at a sample: nothing before it belongs to what follows."""
        self._start = position
        self._windower = self._preprocess.windower()
        self._history = np.zeros((0, len(self._scorer.bundle.labels)), np.float32)

    @property
    def lacks_s(self) -> float:
        """Seconds of sound that the next window waits for."""
        return self._windower.lacks / self._preprocess.sample_rate_hz

    def push(self, samples: Samples) -> Iterator[ScoredWindow]:
        """Take samples [shape=(n,)], give what is heard in each window that they complete."""
        yield from self._scored(self._windower.push(samples))

    def finish(self) -> Iterator[ScoredWindow]:
        """End the stream: give what is heard in what no window has held so far."""
        yield from self._scored(self._preprocess.end(self._windower))

    def _scored(self, windows: Samples) -> Iterator[ScoredWindow]:
        if not len(windows):
            return
        rate, calibration = self._preprocess.sample_rate_hz, self._scorer.bundle.calibration
        scores = self._scorer.logits(windows)
        for logits, level in zip(scores, level_dbfs(windows), strict=True):
            self._history = np.concatenate([self._history, logits[None]])[-self._context :]
            row = mean_over_context(self._history, self._context)[-1]
            probabilities = calibration.probabilities(row)
            start_s = self._start / rate
            end_s = (self._start + self._preprocess.window) / rate
            changes = list(self.tracker.push(start_s, end_s, probabilities, float(level)))
            self._start += self._preprocess.hop
            yield ScoredWindow(start_s, end_s, float(level), probabilities, changes)
