"""How right the answers are by how much of the past they are made from."""

from collections.abc import Sequence
from dataclasses import dataclass

from auricle.evaluation.cases import ScoredTestSet
from auricle.evaluation.metrics import Interval


@dataclass(frozen=True)
class ContextLength:
    """Balanced accuracy of windows with one label, each heard with up to `context_s` in all."""

    context_s: float
    balanced: Interval


def by_context_length(test_set: ScoredTestSet, contexts_s: Sequence[float]) -> list[ContextLength]:
    """Judge the test windows at each length, the shortest first.

    Parameters
    ----------
    contexts_s
        Seconds of sound, the window itself included; what the window alone has is the least.
    """
    found = []
    for context_s in sorted(contexts_s):
        cases = test_set.cases_in_context(test_set.logits, context_s)
        found.append(ContextLength(context_s, test_set.balanced(cases.of(cases.one_label))))
    return found
