"""Plain sentences about the figures of this very bundle."""

from auricle.evaluation.cases import ScoredTestSet
from auricle.evaluation.leakage import LeakagePair
from auricle.evaluation.metrics import Interval
from auricle.evaluation.results import Results, Swept
from auricle.evaluation.threshold_curve import ThresholdCurve
from auricle.report.wording import counted, joined, percent

TITLES = {
    "roc": "Finding a label without false alarms",
    "precision_recall": "Precision against recall",
    "reliability": "Do probabilities keep their word?",
    "risk_coverage": "What abstaining would gain",
    "level_db": "Louder and quieter",
    "snr_db": "In noise",
    "bandwidth_hz": "Through a narrow channel",
    "past": "With more of the past",
    "both_db": "Two labels at once",
    "trade_off": "What a threshold costs and finds",
}


def between(interval: Interval) -> str:
    """Bounds of an interval, in percent."""
    return f"{percent(interval.low)} to {percent(interval.high)}"


def points(value: float) -> str:
    """Give the difference of two shares: 0.012 -> 1.2 percentage points."""
    return f"{abs(100 * value):.1f} percentage points"


def signed(value: float, decimals: int = 0) -> str:
    """Give a number its sign: +3, and a minus that is one."""
    text = f"{value:+.{decimals}f}" if decimals else f"{value:+g}"
    return text.replace("-", "\N{MINUS SIGN}")


def rate(interval: Interval) -> str:
    """Give a number per hour, with its interval if it has one."""
    if interval.low == interval.high:
        return f"{interval.value:.3g}"
    return f"{interval.value:.3g} [{interval.low:.3g}, {interval.high:.3g}]"


def asked_for(found: ThresholdCurve) -> str:
    """Say what a threshold was chosen by."""
    if found.is_set:
        return "as set"
    return "best F1" if found.budget is None else f"at most {found.budget:g}"


def promised(found: ThresholdCurve) -> str:
    """Say what validation had of false events at the threshold; below 1 / hours it cannot tell."""
    if found.promised is None:
        return "unknown"
    per_hour, hours = found.promised[1], found.validation_hours
    return f"{per_hour:.3g} in {hours:.2g} h" if per_hour else f"none in {hours:.2g} h"


def headline(results: Results) -> str:
    """How often it is right, in a line."""
    labels = results.test_set.labels
    asked = joined(labels, "or") if len(labels) <= 4 else f"one of {len(labels)} labels"
    if len(labels) == 1:
        asked = f"{labels[0]} or not"
    value = results.balanced["second"].value
    right = f"{round(100 * value)}" if value <= 0.99 or value == 1 else "more than 99"
    return f"{asked[:1].upper()}{asked[1:]}: right {right} times in 100"


def tested_on(test_set: ScoredTestSet) -> str:
    """Name what was tested on."""
    cases = test_set.one_label("clip")
    return (
        f"{counted(len(cases), 'recording')} with exactly one label, of "
        f"{counted(len(set(cases.groups)), 'group')}"
    )


def confused(results: Results, level: str) -> str:
    """Name the most frequent confusion of a level."""
    cases, labels = results.test_set.one_label(level), results.test_set.classes
    worst, share = None, 0.0
    for t in range(len(labels)):
        mine = cases.truth == t
        for a in range(len(labels)):
            part = float((cases.answer[mine] == a).mean()) if mine.any() and a != t else 0.0
            if part > share:
                worst, share = (labels[t], labels[a]), part
    if worst is None:
        return "No case is taken for another class."
    return f"Most often {worst[0]} is taken for {worst[1]}: {percent(share)} of its cases."


def claimed(pair: LeakagePair) -> str:
    """Say what the careless test of the naive pair claims beyond the honest one."""
    much = pair.claimed_too_much
    if much.low > 0:
        return (
            f"The careless test claims {points(much.value)} too much "
            f"({100 * much.low:.1f} to {100 * much.high:.1f})."
        )
    return (
        f"Here the careless test claims {points(much.value)} {'more' if much.value > 0 else 'less'}"
        f", which chance alone could give ({signed(100 * much.low, 1)} to "
        f"{signed(100 * much.high, 1)}): "
        "the sounds are easy, the recordings many, or the test is small."
    )


def of_chart(results: Results, name: str) -> tuple[str, str]:
    """Title of a chart, and what it shows."""
    sentence = {
        "roc": _roc,
        "precision_recall": _precision_recall,
        "reliability": _reliability,
        "risk_coverage": _risk,
        "both_db": _both,
        "past": _past,
        "trade_off": _trade_off,
    }.get(name)
    return TITLES[name], sentence(results) if sentence else _sweep(results, name)


def _roc(results: Results) -> str:
    ranked = {k: v.roc_auc for k, v in results.rankings["second"].items()}
    if not ranked:
        return "No label occurs in some windows and is missing from others."
    worst = min(ranked, key=lambda label: ranked[label].value)
    return (
        f"A second that has {worst} ranks above one that has not in "
        f"{percent(ranked[worst].value)} of pairs ({between(ranked[worst])})"
        + (", the least of the labels." if len(ranked) > 1 else ".")
    )


def _precision_recall(results: Results) -> str:
    ranked = {k: v.average_precision for k, v in results.rankings["second"].items()}
    if not ranked:
        return "No label occurs in some windows and is missing from others."
    best = max(ranked, key=lambda label: ranked[label].value)
    worst = min(ranked, key=lambda label: ranked[label].value)
    if best == worst:
        return f"Average precision of {worst}: {ranked[worst]}."
    return (
        f"Average precision is lowest for {worst}, {ranked[worst]}, and highest for {best}, "
        f"{ranked[best]}."
    )


def _reliability(results: Results) -> str:
    found = results.reliability
    worst = max(found, key=lambda label: found[label].expected_calibration_error.value)
    mine = found[worst]
    filled = mine.cases > 0
    lean = float(((mine.mean - mine.frequency) * mine.cases)[filled].sum() / mine.cases.sum())
    way = "too high" if lean > 0 else "too low"
    off = points(mine.expected_calibration_error.value)
    return (
        f"Probabilities of {worst} miss the truth by {off} on average"
        + (f", mostly {way}" if abs(lean) > mine.expected_calibration_error.value / 2 else "")
        + ". On the dashed line they would be right; a larger point is more windows."
    )


def _risk(results: Results) -> str:
    curve = results.risk["second"]
    all_of, less = curve.at(1.0), curve.at(0.8)
    if all_of.value == 0:
        return "By second, no answer is wrong, so there is nothing to gain."
    way = "lowers" if less.value < all_of.value else "does not lower: it goes"
    return (
        f"Leaving the least certain fifth of the seconds unanswered {way} the share that is wrong "
        f"from {percent(all_of.value)} to {percent(less.value)}."
    )


def _both(results: Results) -> str:
    lowest = min(results.mixtures, key=lambda each: each.named.value)
    highest = max(results.mixtures, key=lambda each: each.named.value)
    if lowest is highest:
        return f"Both are named in {percent(lowest.named.value)} ({between(lowest.named)})."
    return (
        f"Both are named in {percent(lowest.named.value)} ({between(lowest.named)}) of the windows "
        f"where a recording is {_loud(lowest.ratio_db)} what it is mixed with, and in "
        f"{percent(highest.named.value)} where it is {_loud(highest.ratio_db)} it."
    )


def _loud(ratio_db: float) -> str:
    way = "above" if ratio_db > 0 else "below"
    return f"{abs(ratio_db):g} dB {way}" if ratio_db else "as loud as"


def _trade_off(results: Results) -> str:
    label = max(
        results.threshold_curves, key=lambda name: results.threshold_curves[name].per_hour.value
    )
    found = results.threshold_curves[label]
    return (
        f"At its threshold of {found.threshold:.2f}, {label} has {found.per_hour.value:.3g} false "
        f"events an hour, and {percent(found.named.value)} of its own time is named. Points are "
        "the bundle's thresholds; dotted lines are what validation had."
    )


def _past(results: Results) -> str:
    first, best = (
        results.context_lengths[0],
        max(results.context_lengths, key=lambda each: each.balanced.value),
    )
    return (
        f"A window is right in {percent(first.balanced.value)} of cases with {first.context_s:g} s "
        f"of sound, in {percent(best.balanced.value)} with {best.context_s:g} s. The past costs no "
        "delay: an answer comes with each window."
    )


def _sweep(results: Results, kind: str) -> str:
    swept, base = results.sweep(kind), results.balanced["second"]
    worst = min(swept, key=lambda each: each.balanced["second"].value)
    fallen = base.value - worst.balanced["second"].value
    where = _condition(worst)
    if fallen < 0.005:
        best = max(swept, key=lambda each: each.balanced["second"].value)
        risen = best.balanced["second"].value - base.value
        more = f", and gains {points(risen)} {_condition(best)}" if risen >= 0.005 else ""
        return f"By second it never loses more than half a percentage point{more}."
    clear = [each for each in swept if each.balanced["second"].high < base.low]
    return (
        f"By second it falls from {percent(base.value)} to "
        f"{percent(worst.balanced['second'].value)} {where}"
        + (
            "; the intervals part " + _onset(clear, kind) + "."
            if clear
            else ", which the intervals do not tell apart."
        )
    )


def _condition(swept: Swept) -> str:
    value = swept.condition.value
    return {
        "level_db": f"at {signed(value)} dB",
        "snr_db": f"with noise {abs(value):g} dB {'below' if value >= 0 else 'above'} the sound",
        "bandwidth_hz": f"with nothing above {value:g} Hz",
    }[swept.condition.kind]


def _onset(clear: list[Swept], kind: str) -> str:
    """Name the mildest condition that is clearly worse."""
    mildest = (
        min(clear, key=lambda each: abs(each.condition.value))
        if kind == "level_db"
        else max(clear, key=lambda each: each.condition.value)
    )
    return {
        "level_db": f"from {signed(mildest.condition.value)} dB on",
        "snr_db": f"from {signed(mildest.condition.value)} dB down",
        "bandwidth_hz": f"from {mildest.condition.value:g} Hz down",
    }[kind]
