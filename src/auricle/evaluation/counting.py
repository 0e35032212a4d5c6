"""The counting rule: which cases count, at which length of listening, and whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.bundle import Bundle
from auricle.datasets.window_file import Windows
from auricle.decision import windows_in_context
from auricle.errors import AuricleError
from auricle.following import Recordings
from auricle.metrics import (
    Bootstrap,
    Interval,
    balanced_accuracy,
    in_context,
    over_clips,
    precision_recall_f1,
)

LEVELS = ("window", "second", "clip")
SECOND_S = 1.0

Array = npt.NDArray[np.float32]
Targets = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Cases:
    """What is counted: windows, seconds or clips, in order.

    `probabilities` and `targets` [shape=(n, n_labels)]; `groups` [n] names what each is of.
    """

    probabilities: Array
    targets: Targets
    groups: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def one_label(self) -> npt.NDArray[np.bool_]:
        """Which cases have exactly one label [shape=(n,)]."""
        one: npt.NDArray[np.bool_] = self.targets.sum(axis=1) == 1
        return one

    def of(self, chosen: npt.NDArray[np.bool_]) -> "Cases":
        """Give some of the cases [shape=(n,)]."""
        return Cases(self.probabilities[chosen], self.targets[chosen], self.groups[chosen])

    @property
    def truth(self) -> npt.NDArray[np.int64]:
        """Number of the label each case has; of cases with one label."""
        return self.targets.argmax(axis=1)

    @property
    def answer(self) -> npt.NDArray[np.int64]:
        """Number of the label with the largest probability."""
        return self.probabilities.argmax(axis=1)


class Judged:
    """Test windows with their scores, counted by window, second and clip."""

    def __init__(self, logits: Array, test: Windows, bundle: Bundle, bootstrap: Bootstrap) -> None:
        self.test, self.bundle, self.bootstrap = test, bundle, bootstrap
        self.labels = bundle.labels
        groups = np.asarray(test.groups, dtype=object)[test.stretch]
        self.first = np.flatnonzero(np.diff(test.clip, prepend=-1))
        probabilities = self.probabilities(logits)
        self.cases = {
            "window": Cases(probabilities["window"], test.targets, groups),
            "second": Cases(probabilities["second"], test.targets, groups),
            "clip": Cases(
                bundle.calibration.probabilities(over_clips(logits, test.clip)),
                test.targets[self.first],
                groups[self.first],
            ),
        }
        self.said = self.heard(logits, bundle.decision.context_s or 0)
        if not self.cases["window"].one_label.any():
            raise AuricleError(
                "No test recording has exactly one label, so there is no balanced accuracy: "
                "add recordings of one label alone"
            )

    def probabilities(self, logits: Array) -> dict[str, Array]:
        """Probabilities by window and by second of logits of the test windows."""
        second = in_context(logits, self.test.stretch, self._count(SECOND_S))
        calibrated = self.bundle.calibration.probabilities
        return {"window": calibrated(logits), "second": calibrated(second)}

    def heard(self, logits: Array, context_s: float) -> Cases:
        """Give each window with as much of the past, of logits of the test windows."""
        seen = in_context(logits, self.test.stretch, self._count(context_s))
        probabilities = self.bundle.calibration.probabilities(seen)
        return Cases(probabilities, self.test.targets, self.cases["window"].groups)

    def recordings(self, levels_dbfs: Array) -> Recordings:
        """Give the test recordings for a listener to follow, of the levels [shape=(n,)]."""
        preprocess = self.bundle.preprocess
        return Recordings(
            self.said.probabilities,
            self.test.targets,
            levels_dbfs,
            self.test.stretch,
            preprocess.step_s,
            preprocess.window / preprocess.sample_rate_hz,
        )

    def one_label(self, level: str) -> Cases:
        """Give the cases with exactly one label."""
        cases = self.cases[level]
        return cases.of(cases.one_label)

    def retrieved(
        self, cases: Cases, named: npt.NDArray[np.bool_], label: int
    ) -> dict[str, Interval]:
        """Precision, recall and F1 of a label that was named in some cases [shape=(n,)]."""
        truth = cases.targets[:, label] == 1
        return precision_recall_f1(truth, named, list(cases.groups), self.bootstrap)

    def balanced(self, cases: Cases) -> Interval:
        """Balanced accuracy of cases with one label."""
        return balanced_accuracy(
            cases.truth, cases.answer, list(cases.groups), len(self.labels), self.bootstrap
        )

    @property
    def clips(self) -> Sequence[str]:
        """Path of each recording, in order."""
        return [self.test.clips[i] for i in self.test.stretch[self.first]]

    def _count(self, context_s: float) -> int:
        preprocess = self.bundle.preprocess
        return windows_in_context(context_s, preprocess.window_s, preprocess.hop_s)
