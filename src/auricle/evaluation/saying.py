"""The second row: what a listener says, through gate, smoothing, thresholds and durations."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.decision import Tracker, spans
from auricle.evaluation.counting import Judged
from auricle.metrics import Interval, recall_means


@dataclass(frozen=True)
class Said:
    """What was said of the test windows, held against the truth.

    `exact`: mean over classes of the share of windows, of those with one label, in which just
    that one is said; `silent` and `wrong`: mean over classes of the share in which nothing, and
    in which another label, is said. `sounding` [shape=(n, n_labels)] is what was said;
    `label` has precision, recall and F1 of each.
    """

    sounding: npt.NDArray[np.bool_]
    exact: Interval
    silent: Interval
    wrong: Interval
    label: list[dict[str, Interval]]


def said(judged: Judged, levels_dbfs: npt.NDArray[np.float32]) -> Said:
    """Follow each test recording as a listener would.

    Parameters
    ----------
    levels_dbfs : [shape=(n,)]
        Level of each test window.
    """
    sounding = _sounding(judged, levels_dbfs)
    cases, bootstrap = judged.said, judged.bootstrap
    one = cases.one_label
    right = (sounding != cases.targets).sum(axis=1) == 0
    silent = sounding.sum(axis=1) == 0
    extra = (sounding & (cases.targets == 0)).sum(axis=1) > 0
    mine = cases.of(one)

    def balanced(chosen: npt.NDArray[np.bool_]) -> Interval:
        return bootstrap.interval(
            *recall_means(mine.truth, chosen[one], list(mine.groups), len(judged.labels), bootstrap)
        )

    return Said(
        sounding,
        balanced(right),
        balanced(silent),
        balanced(extra),
        [judged.retrieved(cases, sounding[:, i], i) for i in range(len(judged.labels))],
    )


def _sounding(judged: Judged, levels_dbfs: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Whether each label is said of each window [shape=(n, n_labels)]: a span holds it whole."""
    bundle, test = judged.bundle, judged.test
    preprocess = bundle.preprocess
    step_s, window_s = preprocess.step_s, preprocess.window / preprocess.sample_rate_hz
    sounding = np.zeros(test.targets.shape, bool)
    for rows in np.split(np.arange(len(test)), np.flatnonzero(np.diff(test.stretch)) + 1):
        tracker = Tracker(bundle.labels, bundle.thresholds, bundle.decision)
        start_s = step_s * np.arange(len(rows))
        for span in spans(
            tracker, judged.said.probabilities[rows], levels_dbfs[rows], step_s, window_s
        ):
            inside = (start_s >= span.start_s - 1e-6) & (start_s + window_s <= span.end_s + 1e-6)
            sounding[rows[inside], bundle.labels.index(span.label)] = True
    return sounding
