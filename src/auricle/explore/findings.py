"""What would mislead a model or its test, worst first, each with what to do about it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from auricle.datasets.duplicates import Duplicate
from auricle.explore.shortcuts import balanced_accuracy_of_names
from auricle.explore.survey import Survey, bandwidth_hz
from auricle.explore.tells import (
    bandwidth_tells,
    bandwidth_threshold,
    keeps_level,
    kind,
    level_tells,
    level_threshold,
)
from auricle.report.wording import counted, joined, percent

_NAMED = 4  # recordings or classes in a finding
_MANY = 0.05  # share of recordings from which a flaw is no exception
_UNEQUAL = 3  # times as many minutes in the largest class as in the smallest
_OFFSET = 0.01  # of full scale: more than dither or a hum leaves
_SIDES = 3  # train, validation, test


@dataclass(frozen=True)
class Finding:
    """One thing to know before training; `paths` are recordings it is seen in."""

    title: str
    sentence: str
    remedy: str
    paths: list[str] = field(default_factory=list)


def findings(survey: Survey) -> list[Finding]:
    """Give all findings, what matters most first."""
    return [found for look in _LOOKS for found in look(survey)]


def _mislabelled(survey: Survey) -> Iterator[Finding]:
    if survey.mislabelled:
        pair, labels = survey.mislabelled[0], {r.clip.path: r.name for r in survey.recordings}
        first, second = (f"{survey.short(p)} is {labels[p]}" for p in (pair.first, pair.second))
        yield Finding(
            "The same sound has different labels",
            f"{counted(len(survey.mislabelled), 'pair')} of recordings hold the same sound under "
            f"different labels: {first}, {second} ({pair.why}). At least one label is wrong.",
            "Listen to each pair, keep one recording and its right label; a recording of both "
            "labels goes into one folder that `dataset.labels` gives both.",
            _paths(survey.mislabelled),
        )


def _one_class(survey: Survey) -> Iterator[Finding]:
    if len(survey.classes) == 1:
        yield Finding(
            "There is only one class",
            f"All recordings are {next(iter(survey.classes))}, so there is nothing to tell apart.",
            "Add a folder of something else, for example `other`.",
        )


def _unreadable(survey: Survey) -> Iterator[Finding]:
    if survey.unreadable:
        yield Finding(
            f"{counted(len(survey.unreadable), 'recording')} cannot be read",
            f"{percent(len(survey.unreadable) / len(survey.recordings))} of the recordings cannot "
            f"be used, the first because {survey.unreadable[0].found.inspected.problem}.",
            "Mend or remove them; preparation leaves them out, up to "
            "`dataset.max_unreadable_share`.",
            [each.clip.path for each in survey.unreadable[:_NAMED]],
        )
    cut = [each for each in survey.used if each.found.inspected.cut_off]
    if cut:
        yield Finding(
            f"{counted(len(cut), 'recording')} broke off",
            f"Of {survey.short(cut[0].clip.path)}: {cut[0].found.inspected.cut_off}.",
            "Copy or download them anew.",
            [each.clip.path for each in cut[:_NAMED]],
        )


def _few_groups(survey: Survey) -> Iterator[Finding]:
    few = {n: c for n, c in survey.groups.items() if c < max(_SIDES, survey.explore.few_groups)}
    if not few:
        return
    order = sorted(few, key=lambda name: (few[name], name))
    named = joined([f"{name} ({few[name]})" for name in order[:_NAMED]])
    more = f" and {len(few) - _NAMED} more" if len(few) > _NAMED else ""
    if few[order[0]] < _SIDES:
        title = "A class cannot be split"
        what = f"Training, validation and test need {_SIDES} groups of each class"
    else:
        title = "A class has few groups"
        what = "A test hears only a fifth of them, so its score hangs on one or two"
    yield Finding(
        title,
        f"Groups (speakers, sites, sessions): {named}{more}. {what}.",
        "Add recordings of other speakers or sites; until then, trust `auricle cross_validate` "
        "more than one split.",
    )


def _format(survey: Survey) -> Iterator[Finding]:
    classes = [each.name for each in survey.used]
    kinds = [kind(each) for each in survey.used]
    share = balanced_accuracy_of_names(classes, kinds)
    if len(survey.classes) > 1 and len(set(kinds)) > 1 and share >= survey.explore.shortcut:
        yield Finding(
            "The file format tells the class",
            f"Whoever sees only format, rate and channels names the class with a balanced "
            f"accuracy of {percent(share)}. A codec leaves traces that a model hears too.",
            "Bring all recordings through the same steps (rate, codec), or record each class with "
            "each device; `augment.chains.channel.codec` blurs what is left.",
        )


def _source(survey: Survey) -> Iterator[Finding]:
    sources = [each.clip.source for each in survey.used]
    if not all(sources) or len(set(sources)) > sum(survey.groups.values()) / 2:
        return
    classes = [each.name for each in survey.used]
    share = balanced_accuracy_of_names(classes, sources)
    if len(survey.classes) > 1 and share >= survey.explore.shortcut:
        pure = sum(len(of) == 1 for of in _classes_of_sources(survey).values())
        yield Finding(
            "Where a recording comes from tells its class",
            f"{pure} of {counted(len(set(sources)), 'source')} hold one class only: the source "
            f"alone names the class with a balanced accuracy of {percent(share)}, so a model may "
            "learn rooms, microphones and codecs instead.",
            "Test on sources of which nothing was trained: give each source as one group "
            "(`dataset.columns.group`), or add recordings of several classes from one source.",
        )


def _classes_of_sources(survey: Survey) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in survey.used:
        found.setdefault(each.clip.source, set()).add(each.name)
    return found


def _bandwidth(survey: Survey) -> Iterator[Finding]:
    best = bandwidth_threshold(survey)
    if best and bandwidth_tells(survey):
        lowest = min(float(np.median(of)) for of in survey.of(bandwidth_hz).values())
        yield Finding(
            "Bandwidth alone tells a class",
            f"{best.name} reaches {'above' if best.above else 'no higher than'} "
            f"{best.value / 1000:.2g} kHz, the others {'less' if best.above else 'more'} often: a "
            f"balanced accuracy of {percent(best.balanced_accuracy)} from one number.",
            f"Where that is how it was stored and not how it sounds, let `features.fmax_hz="
            f"{lowest // 100 * 100:.0f}` take away what only some have.",
        )


def _level(survey: Survey) -> Iterator[Finding]:
    best = level_threshold(survey)
    if best and level_tells(survey) and keeps_level(survey):
        yield Finding(
            "Loudness alone tells a class",
            f"{best.name} lies {'above' if best.above else 'below'} {best.value:.1f} dBFS, the "
            f"others seldom: a balanced accuracy of {percent(best.balanced_accuracy)} from one "
            "number.",
            "Take level out of the features with `features.level=window`.",
        )


def _apart(survey: Survey) -> Iterator[Finding]:
    if survey.apart:
        first = survey.apart[0]
        yield Finding(
            "The same sound stands in different groups",
            f"{counted(len(survey.apart), 'pair')} of recordings hold the same sound but count as "
            f"different groups, as {survey.short(first.first)} and {survey.short(first.second)} "
            f"({first.why}): one may be trained on, the other tested.",
            "Give both the same group in `dataset.table` (`dataset.columns.group`), or remove one.",
            _paths(survey.apart),
        )


def _clipping(survey: Survey) -> Iterator[Finding]:
    clipped = [each for each in survey.used if each.found.clipped_runs]
    if len(clipped) > _MANY * len(survey.used):
        worst = max(clipped, key=lambda each: each.found.clipped)
        yield Finding(
            f"{counted(len(clipped), 'recording')} are clipped",
            f"{percent(len(clipped) / len(survey.used))} have {survey.explore.clipped_run} samples "
            f"or more at full scale in a row; the worst spends "
            f"{percent(worst.found.clipped)} of its samples there.",
            "Record with less gain. If only one class is clipped, a model may learn the "
            "distortion: `augment.chains.channel.gain` clips copies of all.",
            [each.clip.path for each in sorted(clipped, key=lambda e: -e.found.clipped)[:_NAMED]],
        )


def _silence(survey: Survey) -> Iterator[Finding]:
    lengths = np.array([each.found.seconds for each in survey.used])
    shares = np.array([[each.found.silent, each.found.digital] for each in survey.used])
    silent, digital = (lengths @ shares) / lengths.sum()
    if digital > _MANY:
        worst = max(survey.classes, key=lambda name: _mean(survey, name, lambda f: f.digital))
        yield Finding(
            "Some recordings are filled up with digital silence",
            f"{percent(digital)} of all windows hold nothing at all, most in {worst} "
            f"({percent(_mean(survey, worst, lambda f: f.digital))} of a recording on average), "
            "yet they carry its label.",
            "Cut the padding off; `preprocess.tails` pads what is shorter than a window.",
        )
    elif silent > 0.25:
        worst = max(survey.classes, key=lambda name: _mean(survey, name, lambda f: f.silent))
        yield Finding(
            "Much of it is silence",
            f"{percent(silent)} of all windows lie {survey.explore.silence_db:g} dB or more below "
            f"the loudest of their recording, most in {worst} "
            f"({percent(_mean(survey, worst, lambda f: f.silent))}), yet they carry its label.",
            "Cut long pauses out, or let the decision wait for more than one window "
            "(`decision.context_s`).",
        )


def _offset(survey: Survey) -> Iterator[Finding]:
    off = [each for each in survey.used if abs(each.found.offset) > _OFFSET]
    if off:
        name, count = Counter(each.name for each in off).most_common(1)[0]
        yield Finding(
            f"{counted(len(off), 'recording')} have a DC offset",
            f"Their mean lies more than {percent(_OFFSET)} of full scale from zero, as a faulty "
            f"converter leaves it; {count} of them are {name}.",
            "Remove it (a high-pass at 20 Hz), or set `features.fmin_hz=50`.",
            [each.clip.path for each in sorted(off, key=lambda e: -abs(e.found.offset))[:_NAMED]],
        )


def _balance(survey: Survey) -> Iterator[Finding]:
    least = min(survey.minutes, key=lambda name: survey.minutes[name])
    most = max(survey.minutes, key=lambda name: survey.minutes[name])
    if survey.minutes[most] > _UNEQUAL * survey.minutes[least]:
        yield Finding(
            "The classes are of unequal size",
            f"{most} has {survey.minutes[most] / survey.minutes[least]:.1f} times as many minutes "
            f"as {least}.",
            "`train.balance=true` (the default) weighs them alike; more recordings are better than "
            "weights.",
        )


def _mean(survey: Survey, name: str, quantity: Callable[..., float]) -> float:
    return float(np.mean([quantity(each.found) for each in survey.classes[name]]))


def _paths(pairs: Sequence[Duplicate]) -> list[str]:
    return list(dict.fromkeys(p for pair in pairs for p in (pair.first, pair.second)))[:_NAMED]


_LOOKS: tuple[Callable[[Survey], Iterator[Finding]], ...] = (
    *(_mislabelled, _one_class, _unreadable, _few_groups, _format, _bandwidth, _level, _apart),
    *(_silence, _source, _clipping, _offset, _balance),
)
