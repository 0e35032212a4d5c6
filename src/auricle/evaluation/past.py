"""How right the answers are by how much of the past they are made from."""

from collections.abc import Sequence
from dataclasses import dataclass

from auricle.bundle import Array
from auricle.evaluation.counting import Judged
from auricle.metrics import Interval


@dataclass(frozen=True)
class Past:
    """Balanced accuracy of windows with one label, each heard with up to `context_s` in all."""

    context_s: float
    balanced: Interval


def past(judged: Judged, logits: Array, contexts_s: Sequence[float]) -> list[Past]:
    """Judge the test windows at each length, the shortest first.

    Parameters
    ----------
    logits : [shape=(n_windows, n_labels)]
    contexts_s
        Seconds of sound, the window itself included; what the window alone has is the least.
    """
    found = []
    for context_s in sorted(contexts_s):
        cases = judged.heard(logits, context_s)
        found.append(Past(context_s, judged.balanced(cases.of(cases.one_label))))
    return found
