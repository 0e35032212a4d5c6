"""What `metrics.json` holds; what is long stands in the tables beside it."""

import dataclasses
from typing import Any

from auricle.evaluation.cases import LEVELS
from auricle.evaluation.leakage import LeakagePair
from auricle.evaluation.metrics import Interval
from auricle.evaluation.results import Results


def metrics_of(results: Results) -> dict[str, Any]:
    """Return the figures of an evaluation under the names that `metrics.json` has."""
    test_set = results.test_set
    found: dict[str, Any] = {}
    for level in LEVELS:
        cases = test_set.one_label(level)
        found[level] = {
            "balanced_accuracy": _plain(results.balanced[level]),
            "cases": len(cases),
            "groups": len(set(cases.groups)),
        }
    if isinstance(results.pair, LeakagePair):
        for name in ("honest", "random_windows", "claimed_too_much"):
            found.setdefault("naive", {})[name] = _plain(getattr(results.pair, name))
    if results.events:
        found["said"] = {"exact": _plain(results.events.exact)}
    found["label"] = {label: _of_label(results, label) for label in test_set.labels}
    found["risk"] = {
        level: {
            "area": _plain(curve.area),
            **{f"coverage_{c:.0%}".rstrip("%"): _plain(curve.at(c)) for c in (0.9, 0.8, 0.5)},
        }
        for level, curve in results.risk.items()
    }
    for swept in results.swept:
        kind = found.setdefault("sweep", {}).setdefault(swept.condition.kind, {})
        kind[f"{swept.condition.value:g}"] = swept.balanced["second"].value
    for mixed in results.mixtures:
        ratios = found.setdefault("sweep", {}).setdefault("both_db", {})
        ratios[f"{mixed.ratio_db:g}"] = {
            "named": mixed.named.value,
            "recall": mixed.recall.value,
        }
    for seen in results.context_lengths:
        found.setdefault("context", {})[f"{seen.context_s:g}"] = _plain(seen.balanced)
    found["none"] = _of_none(results)
    found["several"] = {"cases": results.open_set.several}
    if results.open_set.all_named:
        found["several"]["all_named"] = _plain(results.open_set.all_named)
    found["test"] = {
        "clips": test_set.test.header.clips,
        "windows": len(test_set.test),
        "leaks": int(results.leaks.any),
        "dataset": test_set.test.header.dataset,
    }
    return found


def _of_none(results: Results) -> dict[str, Any]:
    """Windows without any label, beside what is still named of those with one."""
    rest = results.open_set
    row: dict[str, Any] = {"cases": rest.none}
    if rest.named.falsely and rest.still_named.falsely:
        row["falsely_named"] = _plain(rest.named.falsely)
        row["named"] = {label: share.value for label, share in rest.named.rightly.items()}
        row["falsely_named_at_95"] = _plain(rest.still_named.falsely)
    if rest.states:
        row["uncertain"] = _plain(rest.states["uncertain"])
    for found in results.false_events:
        if found.labels == "none" and not found.source:
            row["hours"] = found.hours
            row["false_events_per_hour"] = {
                label: _plain(per_hour) for label, per_hour in found.per_hour.items()
            }
    return row


def _of_label(results: Results, label: str) -> dict[str, Any]:
    row = {name: _plain(found) for name, found in results.at_threshold[label].items()}
    if label in results.rankings["second"]:
        ranked = results.rankings["second"][label]
        row["average_precision"] = _plain(ranked.average_precision)
        row["roc_auc"] = _plain(ranked.roc_auc)
    row["expected_calibration_error"] = _plain(
        results.reliability[label].expected_calibration_error
    )
    row["brier"] = _plain(results.reliability[label].brier)
    if label in results.threshold_curves:
        row["false_events_per_hour"] = _plain(results.threshold_curves[label].per_hour)
    return row


def _plain(interval: Interval) -> dict[str, float]:
    return dataclasses.asdict(interval)
