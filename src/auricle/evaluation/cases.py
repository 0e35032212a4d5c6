"""The counting rule: which cases count, at which length of listening, and whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle.core.errors import AuricleError
from auricle.datasets.window_file import Windows
from auricle.evaluation.metrics import (
    Bootstrap,
    Interval,
    balanced_accuracy,
    over_clips,
    precision_recall_f1,
)
from auricle.inference import Array
from auricle.inference.bundle import Bundle
from auricle.inference.offline import ScoredWindows

LEVELS = ("window", "second", "clip")
SECOND_S = 1.0

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
        """Which cases have exactly one label [shape=(n,)]; of a single label, it or none of it."""
        alone = self.targets.shape[1] == 1
        one: npt.NDArray[np.bool_] = (self.targets.sum(axis=1) == 1) | alone
        return one

    def of(self, chosen: npt.NDArray[np.bool_]) -> "Cases":
        """Give some of the cases [shape=(n,)]."""
        return Cases(self.probabilities[chosen], self.targets[chosen], self.groups[chosen])

    @property
    def truth(self) -> npt.NDArray[np.int64]:
        """Number of the class each case has; of cases with one label."""
        return with_none(self.targets).argmax(axis=1)

    @property
    def answer(self) -> npt.NDArray[np.int64]:
        """Number of the class with the largest probability."""
        return with_none(self.probabilities).argmax(axis=1)


def with_none(of_labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a single label [shape=(n, 1)] with what it leaves for none of it [shape=(n, 2)]."""
    if of_labels.shape[1] > 1:
        return of_labels
    return np.concatenate([of_labels, 1 - of_labels], axis=1)


class ScoredTestSet:
    """Test windows with their scores, counted by window, second and clip.

    `in_context` are the windows as a listener scores them, with what was before them.
    """

    def __init__(self, logits: Array, test: Windows, bundle: Bundle, bootstrap: Bootstrap) -> None:
        self.logits, self.test, self.bundle, self.bootstrap = logits, test, bundle, bootstrap
        self.labels = bundle.labels
        # What balanced accuracy tells apart.
        self.classes = [*self.labels, "none"] if len(self.labels) == 1 else self.labels
        groups = np.asarray(test.groups, dtype=object)[test.segment]
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
        self.in_context = self.cases_in_context(logits, bundle.decision.context_s)
        if not self.cases["window"].one_label.any():
            raise AuricleError(
                "No test recording has exactly one label, so there is no balanced accuracy: "
                "add recordings of one label alone"
            )

    def probabilities(self, logits: Array) -> dict[str, Array]:
        """Probabilities by window and by second of logits of the test windows."""
        probabilities = self.bundle.probabilities
        return {
            "window": probabilities(logits, None, self.test.segment),
            "second": probabilities(logits, SECOND_S, self.test.segment),
        }

    def cases_in_context(self, logits: Array, context_s: float | None) -> Cases:
        """Give each window with as much of the past, of logits of the test windows."""
        probabilities = self.bundle.probabilities(logits, context_s, self.test.segment)
        return Cases(probabilities, self.test.targets, self.cases["window"].groups)

    def recordings(self, levels_dbfs: Array) -> ScoredWindows:
        """Give the test recordings for a listener to follow, of the levels [shape=(n,)]."""
        return ScoredWindows(
            self.in_context.probabilities,
            self.test.targets,
            levels_dbfs,
            self.test.segment,
            self.bundle.preprocess,
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
            cases.truth, cases.answer, list(cases.groups), len(self.classes), self.bootstrap
        )

    @property
    def clips(self) -> Sequence[str]:
        """Path of each recording, in order."""
        return [self.test.clips[i] for i in self.test.segment[self.first]]
