"""What tells the classes apart without being their sound: a level, a bandwidth, a file format.

A model takes such a shortcut where it can, scores well on recordings of the same making, and fails
on any other (Geirhos et al., Nature Machine Intelligence 2, 2020).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_CHANCE = 0.05  # how often chance may reach what is called chance
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Threshold:
    """The single threshold that tells one class from the others best.

    `balanced_accuracy` is that of "`name` lies above (or below) `value`"; chance alone stays below
    `by_chance` in 19 of 20 datasets with as many groups. `gap` is how far the median of `name` is
    from that of the others.
    """

    name: str
    value: float
    above: bool
    balanced_accuracy: float
    by_chance: float
    gap: float

    def tells(self, least: float, gap: float) -> bool:
        """Whether it is better than `least` and than chance, and the medians `gap` apart."""
        enough = self.balanced_accuracy >= max(least, self.by_chance)
        return enough and self.gap >= gap


def best_threshold(values: Mapping[str, Values], groups: Mapping[str, int]) -> Threshold | None:
    """Find the class that one number sets apart best from all others, and where.

    Parameters
    ----------
    values
        Of each recording, by class.
    groups
        How many groups each class has: recordings of a group resemble each other, so only groups
        count against chance.
    """
    if len(values) < 2:
        return None
    names = list(values)[:1] if len(values) == 2 else list(values)
    found = []
    for name in names:
        others = np.concatenate([of for other, of in values.items() if other != name])
        value, above, share = _best(values[name], others)
        rest = sum(count for other, count in groups.items() if other != name)
        chance = by_chance(groups[name], rest, len(names))
        gap = abs(float(np.median(values[name]) - np.median(others)))
        found.append(Threshold(name, value, above, share, chance, gap))
    return max(found, key=lambda each: each.balanced_accuracy - each.by_chance)


def by_chance(first: int, second: int, tests: int = 1) -> float:
    """Balanced accuracy that the best threshold between two alike samples seldom exceeds.

    Parameters
    ----------
    first, second
        How many values each sample has.
    tests
        Of how many such comparisons the best is taken.
    """
    # The best threshold's excess over 1/2 is half the Kolmogorov-Smirnov statistic, whose
    # distribution is known.
    scale = math.sqrt((first + second) / (first * second))
    statistic = math.sqrt(-math.log(_CHANCE / (2 * tests)) / 2) * scale
    return (1 + min(1.0, statistic)) / 2


def balanced_accuracy_of_names(classes: Sequence[str], names: Sequence[str]) -> float:
    """Balanced accuracy of guessing the class from a name, such as a format, as best one can."""
    shares: dict[str, list[float]] = defaultdict(list)
    size = Counter(classes)
    for (of, name), count in Counter(zip(classes, names, strict=True)).items():
        shares[name].append(count / size[of])
    return sum(max(of) for of in shares.values()) / len(size)


def _best(mine: Values, others: Values) -> tuple[float, bool, float]:
    """Threshold, whether mine lie above it, and the balanced accuracy."""
    at = np.unique(np.concatenate([mine, others]))
    cuts = (at[1:] + at[:-1]) / 2 if len(at) > 1 else at
    below = np.searchsorted(np.sort(mine), cuts) / len(mine)
    others_below = np.searchsorted(np.sort(others), cuts) / len(others)
    excess = others_below - below
    best = int(np.argmax(np.abs(excess)))
    return float(cuts[best]), bool(excess[best] > 0), (1 + float(np.abs(excess[best]))) / 2
