"""Windows with none of the labels, or several: what is said of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.evaluation.cases import ScoredTestSet
from auricle.evaluation.metrics import Interval, share
from auricle.evaluation.ranking import ranking
from auricle.inference.offline import STATES, Tracked

# Share of each label's windows that are still named, at the thresholds of the second row.
STILL_NAMED = 0.95


@dataclass(frozen=True)
class Named:
    """How much is named, both numbers in one row.

    `falsely`: share of the windows without any label that are given one; none, where there are no
    such windows. `rightly`: share of the windows with just a label that are given it, by label.
    `thresholds`: from which probability on; none, where a listener's other rules hold as well.
    """

    thresholds: dict[str, float] | None
    falsely: Interval | None
    rightly: dict[str, Interval]


@dataclass(frozen=True)
class OpenSet:
    """What is said of windows that have none of the labels, or several.

    `named` is at the bundle's thresholds, `still_named` at those at which `STILL_NAMED` of each
    label's windows are, and `told` as the listener says it, with the share of each state after a
    window without a label. `all_named` is the share of windows with several that are given just
    these. Average precision and F1 are over both, of each label that some have and some have not.
    """

    none: int
    several: int
    named: Named
    still_named: Named
    told: Named | None
    states: dict[str, Interval]
    all_named: Interval | None
    average_precision: dict[str, Interval]
    f1: dict[str, Interval]


def judge_open_set(test_set: ScoredTestSet, tracked: Tracked | None) -> OpenSet:
    """Judge the windows that balanced accuracy leaves out; `tracked` is what a listener said."""
    bundle, bootstrap, said = test_set.bundle, test_set.bootstrap, test_set.in_context
    thresholds = _array(test_set, bundle.thresholds)
    number = said.targets.sum(axis=1)
    none, several = said.of(number == 0), said.of(number > 1)
    exact = ((several.probabilities >= thresholds) != several.targets).sum(axis=1) == 0
    rest = said.of(number != 1)
    precision, harmonic = {}, {}
    for i, label in enumerate(bundle.labels):
        found = ranking(rest, i, bootstrap) if len(rest) else None
        if found:
            precision[label] = found.average_precision
            named_so = rest.probabilities[:, i] >= thresholds[i]
            harmonic[label] = test_set.retrieved(rest, named_so, i)["f1"]
    states = {}
    if tracked is not None and len(none):
        heard = tracked.state[number == 0]
        for i, name in enumerate(STATES):
            states[name] = share(heard == i, list(none.groups), bootstrap)
    return OpenSet(
        len(none),
        len(several),
        _at(test_set, bundle.thresholds),
        _at(test_set, _still_naming(test_set)),
        _named(test_set, tracked.sounding, None) if tracked is not None else None,
        states,
        share(exact, list(several.groups), bootstrap) if len(several) else None,
        precision,
        harmonic,
    )


def _still_naming(test_set: ScoredTestSet) -> dict[str, float]:
    """Largest threshold at which `STILL_NAMED` of a label's windows are named, chosen on them.

    The bundle's, where no window has the label alone.
    """
    cases = test_set.in_context.of(test_set.in_context.one_label)
    found = dict(test_set.bundle.thresholds)
    for i, label in enumerate(test_set.labels):
        mine = np.sort(cases.probabilities[cases.truth == i, i])
        if len(mine):
            found[label] = float(mine[int((1 - STILL_NAMED) * len(mine) + 1e-9)])
    return found


def _at(test_set: ScoredTestSet, thresholds: Mapping[str, float]) -> Named:
    named = test_set.in_context.probabilities >= _array(test_set, thresholds)
    return _named(test_set, named, dict(thresholds))


def _named(
    test_set: ScoredTestSet, named: npt.NDArray[np.bool_], thresholds: dict[str, float] | None
) -> Named:
    said, bootstrap = test_set.in_context, test_set.bootstrap
    none = said.targets.sum(axis=1) == 0
    rightly = {}
    for i, label in enumerate(test_set.labels):
        mine = said.one_label & (said.targets[:, i] == 1)
        if mine.any():
            rightly[label] = share(named[mine, i], list(said.groups[mine]), bootstrap)
    falsely = None
    if none.any():
        falsely = share(named[none].any(axis=1), list(said.groups[none]), bootstrap)
    return Named(thresholds, falsely, rightly)


def _array(test_set: ScoredTestSet, thresholds: Mapping[str, float]) -> npt.NDArray[np.float64]:
    return np.array([thresholds[label] for label in test_set.labels])
