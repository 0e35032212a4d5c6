"""Groups whose recordings are of several classes, dealt to the sides of a split or to folds."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from auricle.core.errors import AuricleError
from auricle.core.text import listed

_ORDERS = 50  # orders of the groups that are tried; the best is kept
_NAMED = 5  # classes in a message
_SIZE_GAP = 0.02  # of the optimum: sizes need not be met more closely

Counts = npt.NDArray[np.int64]


def deal(
    counts: Mapping[str, Mapping[str, int]], shares: Sequence[float], seed: int, wanted: str
) -> dict[str, int]:
    """Return the part that each group goes to, so that each part has its share of each class.

    Groups go one by one, in random order and those with the largest part of a class first, to the
    part whose sizes come nearest to what is wanted, as in scikit-learn's `StratifiedGroupKFold`,
    but to parts of any size. Where no order that is tried leaves every part with every class, a
    mixed-integer program (`scipy.optimize.milp`) finds a way that does, if there is one.

    Parameters
    ----------
    counts
        Number of recordings of each class in each group.
    shares
        Of the recordings, for each part; their sum is 1.
    seed
        Of the order of the groups.
    wanted
        What each class needs a group for, for the error.

    Raises
    ------
    AuricleError
        No way of dealing the groups leaves each part with a recording of each class.
    """
    names = sorted(counts)
    classes = sorted({label for of in counts.values() for label in of})
    table = np.array([[counts[name].get(label, 0) for label in classes] for name in names])
    having = {label: [name for name in names if counts[name].get(label)] for label in classes}
    refuse_few(having, len(shares), wanted)
    rng = np.random.default_rng(seed)
    dealt = [_one_by_one(table, shares, rng) for _ in range(_ORDERS)]
    whole = [parts for parts in dealt if _covered(table, parts, len(shares))]
    if whole:
        best = min(whole, key=lambda parts: _unevenness(table, parts, shares))
    else:
        best = _solved(table, shares, classes, wanted)
    return dict(zip(names, best.tolist(), strict=True))


def refuse_few(groups: Mapping[str, Sequence[str]], least: int, wanted: str) -> None:
    """Refuse classes of fewer groups than are needed, all of them at once.

    Parameters
    ----------
    groups
        Names of the groups that have recordings of each class.
    least
        How many a class must have.
    wanted
        What each class needs a group for.

    Raises
    ------
    AuricleError
        Some have fewer: they are named, with their groups.
    """
    few = [
        f"{label or 'background'} has {len(names)} group(s) ({', '.join(names)})"
        for label, names in groups.items()
        if len(names) < least
    ]
    if few:
        raise AuricleError(
            f"{listed(few, _NAMED, '; ')}, but {wanted} need one each: add recordings of other "
            "speakers, devices or sessions (without dataset.table, each recording is a group), "
            "name smaller groups in the table, or leave the class out"
        )


def _one_by_one(table: Counts, shares: Sequence[float], rng: np.random.Generator) -> Counts:
    """Part of each group [shape=(n_groups,)]."""
    relative = table / table.sum(axis=0)  # each class weighs the same
    wanted = np.asarray(shares)[:, None] * np.ones(table.shape[1])
    have = np.zeros_like(wanted)
    parts = np.zeros(len(table), np.int64)
    shuffled = rng.permutation(len(table))
    for group in shuffled[np.argsort(-relative[shuffled].max(axis=1), kind="stable")]:
        # Growth of the squared distance from what is wanted, relative to the part's size.
        growth = (relative[group] * (2 * (have - wanted) + relative[group]) / wanted).sum(axis=1)
        parts[group] = int(growth.argmin())
        have[parts[group]] += relative[group]
    return parts


def _covered(table: Counts, parts: Counts, count: int) -> bool:
    return all((table[parts == part].sum(axis=0) > 0).all() for part in range(count))


def _unevenness(table: Counts, parts: Counts, shares: Sequence[float]) -> float:
    """Sum of the deviations of each part's share of each class from what is wanted."""
    relative = table / table.sum(axis=0)
    have = [relative[parts == part].sum(axis=0) for part in range(len(shares))]
    return float(np.abs(np.asarray(have) - np.asarray(shares)[:, None]).sum())


def _solved(table: Counts, shares: Sequence[float], classes: Sequence[str], wanted: str) -> Counts:
    """Part of each group [shape=(n_groups,)], where chance did not find one for each class."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import block_diag, hstack, identity, kron

    groups, labels, parts = *table.shape, len(shares)
    # Unknowns: whether a group is in a part (part by part), then how far each part's share of
    # each class is from what is wanted.
    chosen, off = groups * parts, labels * parts
    relative = block_diag([(table / table.sum(axis=0)).T] * parts)
    target = np.repeat(shares, labels)
    once = hstack([kron(np.ones((1, parts)), identity(groups)), np.zeros((groups, off))])
    every = hstack([block_diag([(table > 0).T.astype(float)] * parts), np.zeros((off, off))])
    found = milp(
        np.concatenate([np.zeros(chosen), np.ones(off)]),
        integrality=np.concatenate([np.ones(chosen), np.zeros(off)]),
        bounds=Bounds(0, np.concatenate([np.ones(chosen), np.full(off, np.inf)])),
        constraints=[
            LinearConstraint(once, 1, 1),
            LinearConstraint(every, 1),
            LinearConstraint(hstack([relative, -identity(off)]), -np.inf, target),
            LinearConstraint(hstack([relative, identity(off)]), target),
        ],
        options={"mip_rel_gap": _SIZE_GAP, "node_limit": 20000},
    )
    if found.x is None:
        raise AuricleError(
            f"The groups cannot be dealt so that {wanted} each have a recording of each class: "
            f"each of {', '.join(label or 'none' for label in classes[:8])} has enough groups, but "
            "these say several classes at once, and no way of dealing them gives each side all: "
            "add recordings of others, or name smaller groups in dataset.table"
        )
    return found.x[:chosen].reshape(parts, groups).round().argmax(axis=0)
