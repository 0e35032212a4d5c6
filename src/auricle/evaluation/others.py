"""Windows with none of the labels, or several: what is said of them at the bundle's thresholds."""

from dataclasses import dataclass

import numpy as np

from auricle.evaluation.counting import Judged
from auricle.evaluation.ranking import ranking
from auricle.metrics import Interval, share


@dataclass(frozen=True)
class Others:
    """What is said of windows that have none of the labels, or several.

    `falsely_named` is the share of those without a label that are given one, `all_named` that of
    those with several that are given just these. Average precision and F1 are over both, of each
    label that some have and some have not.
    """

    none: int
    several: int
    falsely_named: Interval | None
    all_named: Interval | None
    average_precision: dict[str, Interval]
    f1: dict[str, Interval]


def others(judged: Judged) -> Others:
    """Judge the windows that balanced accuracy leaves out."""
    bundle, bootstrap = judged.bundle, judged.bootstrap
    thresholds = np.array([bundle.thresholds[label] for label in bundle.labels])
    number = judged.said.targets.sum(axis=1)
    none, several = judged.said.of(number == 0), judged.said.of(number > 1)
    named = (none.probabilities >= thresholds).sum(axis=1) > 0
    exact = ((several.probabilities >= thresholds) != several.targets).sum(axis=1) == 0
    rest = judged.said.of(number != 1)
    precision, harmonic = {}, {}
    for i, label in enumerate(bundle.labels):
        found = ranking(rest, i, bootstrap) if len(rest) else None
        if found:
            precision[label] = found.average_precision
            named_so = rest.probabilities[:, i] >= thresholds[i]
            harmonic[label] = judged.retrieved(rest, named_so, i)["f1"]
    return Others(
        len(none),
        len(several),
        share(named, list(none.groups), bootstrap) if len(none) else None,
        share(exact, list(several.groups), bootstrap) if len(several) else None,
        precision,
        harmonic,
    )
