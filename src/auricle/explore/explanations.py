"""Plain sentences about the figures of this very dataset."""

from collections.abc import Callable

import numpy as np

from auricle.explore.shortcuts import Threshold
from auricle.explore.survey import Recording, Survey, bandwidth_hz, level_dbfs, seconds, silent
from auricle.explore.tells import (
    bandwidth_tells,
    bandwidth_threshold,
    keeps_level,
    level_tells,
    level_threshold,
)
from auricle.report.wording import counted, joined, percent


def headline(survey: Survey) -> str:
    """How much there is, in a line."""
    return (
        f"{counted(len(survey.used), 'recording')}, {length(sum(survey.minutes.values()))}, "
        f"{counted(len(survey.classes), 'class', 'classes')}"
    )


def length(minutes: float) -> str:
    """41 s, 12.5 minutes, 4.1 hours."""
    if minutes < 1.5:
        return f"{60 * minutes:.0f} s"
    return f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.1f} hours"


def balance(survey: Survey) -> str:
    """Name the smallest class, by groups and by minutes."""
    few = min(survey.groups, key=lambda name: (survey.groups[name], name))
    short = min(survey.minutes, key=lambda name: (survey.minutes[name], name))
    if len(survey.classes) == 1:
        return f"There is one class, {few}."
    said = f"Of the classes, {few} has the fewest groups ({survey.groups[few]})"
    if len(set(survey.groups.values())) == 1:
        said = f"Each class has {counted(survey.groups[few], 'group')}"
    if np.isclose(survey.minutes[short], max(survey.minutes.values()), rtol=0.01):
        return f"{said} and as many minutes as the others."
    share = survey.minutes[short] / sum(survey.minutes.values())
    return f"{said}, {short} the fewest minutes ({percent(share)} of all)."


def durations(survey: Survey) -> str:
    """Shortest, usual and longest recording, and what is shorter than a window."""
    values = np.array([seconds(each) for each in survey.used])
    window_s = survey.preprocess.window_s
    short = int((values < window_s).sum())
    said = (
        f"Half of the recordings are longer than {np.median(values):.1f} s, the shortest lasts "
        f"{values.min():.2g} s, the longest {values.max():.0f} s"
        if values.min() < values.max() - 0.05
        else f"All recordings last {np.median(values):.1f} s"
    )
    why = f"Windows of {window_s:g} s, each {survey.preprocess.hop_s:g} s, fit: {survey.fitted}."
    if not short:
        return f"{said}; none is shorter than a window of {window_s:g} s. {why}"
    done = "padded with zeros" if survey.preprocess.tails == "pad" else "skipped"
    return f"{said}; {short} are shorter than a window of {window_s:g} s and are {done}. {why}"


def level(survey: Survey) -> str:
    """Whether level alone tells the classes apart."""
    values = np.array([level_dbfs(each) for each in survey.used])
    low, high = np.percentile(values, [5, 95])
    said = f"Nine of ten recordings lie between {low:.0f} and {high:.0f} dBFS."
    best = level_threshold(survey)
    if best is None:
        return said
    if not level_tells(survey):
        return f"{said} Level alone is no shortcut: {_at_best(best, 'dB')}."
    known = (
        "and the features keep it (features.level=absolute)"
        if keeps_level(survey)
        else "but the features take it out (features.level=window), so no model can learn it"
    )
    return f"{said} Level alone tells {best.name}: {_at_best(best, 'dB')}, {known}."


def bandwidth(survey: Survey) -> str:
    """Whether bandwidth alone tells the classes apart."""
    lowest = _median(survey, bandwidth_hz, min)
    highest = _median(survey, bandwidth_hz, max)
    said = (
        f"Half of the recordings of {lowest[0]} reach {lowest[1] / 1000:.1f} kHz, half of those "
        f"of {highest[0]} {highest[1] / 1000:.1f} kHz."
        if lowest[0] != highest[0]
        else f"Half of the recordings reach {lowest[1] / 1000:.1f} kHz."
    )
    best = bandwidth_threshold(survey)
    if best is None:
        return said
    half = f"{survey.preprocess.sample_rate_hz / 2000:g} kHz"
    tells = f"tells {best.name}" if bandwidth_tells(survey) else "is no shortcut"
    known = f"Up to {half}, which is all the features hear, bandwidth alone {tells}"
    return f"{said} {known}: {_at_best(best, 'Hz')}."


def silence(survey: Survey) -> str:
    """How much of it is silent."""
    lengths = np.array([seconds(each) for each in survey.used])
    shares = np.array([[each.found.silent, each.found.digital] for each in survey.used])
    all_silent, digital = (lengths @ shares) / lengths.sum()
    most = _median(survey, silent, max)
    said = (
        f"{percent(all_silent)} of all windows lie {survey.explore.silence_db:g} dB or more below "
        f"the loudest of their recording, {percent(digital)} hold nothing at all"
    )
    if len(survey.classes) == 1 or not most[1]:
        return f"{said}."
    return f"{said}; {most[0]} has most, {percent(most[1])} of a usual recording."


def clipping(survey: Survey) -> str:
    """How many recordings are clipped, and how many are off zero."""
    clipped = [each for each in survey.used if each.found.clipped_runs]
    off = max(survey.used, key=lambda each: abs(each.found.offset))
    run = survey.explore.clipped_run
    said = (
        f"{counted(len(clipped), 'recording')} of {len(survey.used)} have {run} or more samples at "
        "full scale in a row"
        if clipped
        else f"No recording has {run} samples at full scale in a row"
    )
    return (
        f"{said}. The largest DC offset is {percent(abs(off.found.offset))} of full scale"
        f"{f' ({survey.short(off.clip.path)})' if abs(off.found.offset) >= 0.001 else ''}."
    )


def duplicates(survey: Survey) -> str:
    """How many pairs hold the same sound."""
    if not survey.same:
        return "No two recordings hold the same sound."
    identical = sum(pair.why == "identical" for pair in survey.same)
    inside = len(survey.same) - len(survey.mislabelled) - len(survey.apart)
    parts = [
        f"{number} {what}"
        for number, what in (
            (len(survey.mislabelled), "under different labels"),
            (len(survey.apart), "in different groups of one class"),
            (inside, "within a group, where they do no harm"),
        )
        if number
    ]
    exact = f" ({identical} to the byte)" if identical else ""
    said = f"{counted(len(survey.same), 'pair')} of recordings hold the same sound{exact}"
    if len(parts) == 1:
        return f"{said}, all {parts[0].partition(' ')[2]}."
    return f"{said}: {joined(parts)}."


def _at_best(best: Threshold, unit: str) -> str:
    digits = ".1f" if unit == "dB" else ".0f"
    return (
        f"the best single threshold ({best.name} {'above' if best.above else 'below'} "
        f"{best.value:{digits}}) has a balanced accuracy of {percent(best.balanced_accuracy)}, "
        f"chance {percent(best.by_chance)}, and the medians differ by {best.gap:{digits}} {unit}"
    )


def _median(
    survey: Survey, quantity: Callable[[Recording], float], choose: Callable[..., str]
) -> tuple[str, float]:
    """Class with the smallest or largest median of a number, and that median."""
    medians = {name: float(np.median(of)) for name, of in survey.of(quantity).items()}
    name = choose(medians, key=lambda name: (medians[name], name))
    return name, medians[name]
