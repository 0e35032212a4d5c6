"""The test recordings whose truth the bundle believes least, with the seconds to hear."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from auricle.audio import Samples
from auricle.audio.io import load
from auricle.evaluation.cases import ScoredTestSet
from auricle.evaluation.subgroups import labels_of

EXCERPT_S = 4.0


@dataclass(frozen=True)
class HardClip:
    """One recording and its worst seconds.

    `belief` is the mean over windows of the probability that its least believed label is as it
    is; `excerpt_belief` is that of the excerpt, `heard` the mean probability of each label in it.
    `answer` is the label that wins over the whole recording; it is `wrong` where just one other
    is true.
    """

    path: str
    group: str
    labels: str
    true: list[str]
    answer: str
    belief: float
    excerpt_belief: float
    heard: dict[str, float]
    start_s: float
    end_s: float

    @property
    def wrong(self) -> bool:
        """Whether it has one label, and another wins."""
        return len(self.true) == 1 and self.answer not in self.true


def hardest_clips(test_set: ScoredTestSet, count: int) -> list[HardClip]:
    """Find the recordings of least belief; those on a par in the order of their paths."""
    believed = belief(test_set.in_context.probabilities, test_set.in_context.targets)
    clip = test_set.test.clip
    means = np.bincount(clip, believed) / np.bincount(clip)
    order = sorted(range(len(means)), key=lambda i: (means[i], test_set.clips[i]))
    return [_worst(test_set, i, believed, means[i]) for i in order[:count]]


def belief(
    probabilities: npt.NDArray[np.float32], targets: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64]:
    """Probability that the least believed label is as it is [shape=(n,)]."""
    believed: npt.NDArray[np.float64] = (
        np.where(targets == 1, probabilities, 1 - probabilities).min(axis=1).astype(np.float64)
    )
    return believed


def excerpt(worst: HardClip, sample_rate_hz: int) -> Samples:
    """Sound of the worst seconds."""
    samples = load(Path(worst.path), sample_rate_hz)
    return samples[round(worst.start_s * sample_rate_hz) : round(worst.end_s * sample_rate_hz)]


def _worst(
    test_set: ScoredTestSet, number: int, believed: npt.NDArray[np.float64], mean: float
) -> HardClip:
    test, preprocess = test_set.test, test_set.bundle.preprocess
    rows = np.flatnonzero(test.clip == number)
    start_s, window_s = test.start_s[rows], preprocess.length_s
    length_s = max(EXCERPT_S, window_s)
    # Windows that lie within `length_s` of each start; some may have been left out of the file.
    ends = np.searchsorted(start_s, start_s + length_s - window_s + 1e-6, side="right")
    sums = np.concatenate([[0.0], np.cumsum(believed[rows])])
    means = (sums[ends] - sums[:-1]) / (ends - np.arange(len(rows)))
    # Where the recording ends sooner, an excerpt of the whole length before it is as good.
    whole = start_s + length_s <= start_s[-1] + window_s + 1e-6
    first = int(np.argmin(np.where(whole, means, np.inf))) if whole.any() else 0
    inside = rows[first : ends[first]]
    heard = test_set.in_context.probabilities[inside].mean(axis=0)
    clip = test_set.cases["clip"]
    return HardClip(
        test_set.clips[number],
        str(clip.groups[number]),
        labels_of(test_set, clip.targets[number]),
        [test_set.labels[i] for i in np.flatnonzero(clip.targets[number])],
        test_set.classes[int(clip.answer[number])],
        float(mean),
        float(means[first]),
        dict(zip(test_set.labels, map(float, heard), strict=True)),
        float(start_s[first]),
        float(test.start_s[inside[-1]] + window_s),
    )
