"""One trial: a network trained on some folds, judged on another under several conditions."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from auricle.audio import Samples
from auricle.audio.preprocess import Preprocess, PreprocessSettings
from auricle.core.compose import compose
from auricle.core.schema import build, parse_group
from auricle.datasets.window_file import Windows, picked
from auricle.evaluation.robustness import at_level, in_noise, narrowed
from auricle.features import Features
from auricle.inference.context import in_context
from auricle.networks import build_network
from auricle.training.fit import fit_to_the_end, fitted, logits, reproducible, statistics
from auricle.training.hyperparameters import Train
from benchmarks.study.recordings import (
    LABELS,
    MUSIC_LIKE,
    RATE_HZ,
    VOICE_LIKE,
    Recording,
    channel,
    environment,
    generated,
    music_speech,
    weighted_mean,
    windows,
)

SEEN = {"0.25 s": 1, "0.5 s": 2, "1 s": 4, "2 s": 8}  # windows
CONDITIONS = ("clean", "-40 dB", "+10 dB", "4 kHz", "0 dB SNR", "0 dB SNR of other noises")
_NOISE_FOLD = 3  # of ESC-50: never trained on, but choices went by it
# Recordings of neither, as columns name them: of that fold, and those by which nothing is chosen.
_NOISES = _TUNED, _UNTOUCHED = "", " of others"


@dataclass(frozen=True)
class Trial:
    """What is tried: overrides of the configuration, and what it is trained on."""

    overrides: tuple[str, ...]
    made: tuple[tuple[str, float], ...]  # minutes of each kind of generated sound
    copies: int = 0  # of each recording through the channel of conf/augment
    recordings: bool = True
    free_only: bool = False  # recordings whose licences let a model be given on


def run(trial: Trial, held_out: int | None, seed: int, folds: Sequence[int]) -> dict[str, Any]:
    """Train on `folds` without `held_out`, judge on that (none: on all); give a row of figures."""
    begun = time.perf_counter()
    config = compose("config", [*trial.overrides, f"train.seed={seed}"])
    features = parse_group(config.features, Features, "features")
    preprocess = parse_group(config.preprocess, PreprocessSettings, "preprocess").fitted(0.25, 0.25)
    train = parse_group(config.train, Train, "train")
    learned = _learned(trial, tuple(f for f in folds if f != held_out), features, preprocess)
    prepared_s = time.perf_counter() - begun
    train, learned = fitted(train, learned)
    reproducible(seed)
    given = statistics(learned)
    model = build_network(build(config.network, "network"), given, len(LABELS))
    fit_to_the_end(model, train, given.mean, learned)
    row = {"parameters": model.count_params(), "windows": len(learned)}
    row |= judged(model, held_out, features, preprocess)
    row["prepare_s"], row["seconds"] = round(prepared_s), round(time.perf_counter() - begun)
    return row


def _learned(
    trial: Trial, folds: tuple[int, ...], features: Features, preprocess: Preprocess
) -> Windows:
    recordings = [
        one
        for one in (_music_speech() if trial.recordings else [])
        if one.fold in folds and (one.free or not trial.free_only)
    ]
    noises = [
        one
        for one in (_environment() if trial.recordings else [])
        if one.fold != _NOISE_FOLD and one.free
    ]
    for kind, minutes in trial.made:
        recordings += generated([kind], minutes)
    parts = [windows(recordings + noises, features, preprocess)]
    parts += [
        windows(recordings, features, preprocess, channel(copy=copy))
        for copy in range(trial.copies)
    ]
    return picked(parts, [np.arange(len(part)) for part in parts])


_music_speech, _environment = cache(music_speech), cache(environment)


def judged(
    model: Any, fold: int | None, features: Features, preprocess: Preprocess
) -> dict[str, float]:
    """Balanced accuracies of a fold (none: of all) under each condition, and what is named."""
    row: dict[str, float] = {}
    for condition in CONDITIONS:
        test = _test(fold, condition, features, preprocess)
        scores = _scores(model, test)
        for name, count in SEEN.items():
            if condition == "clean" or name in ("0.25 s", "1 s"):
                seen = in_context(scores, test.segment, count)
                row[f"{condition}, {name}"] = _balanced(seen, test)
        if condition == "clean":
            weighted = weighted_mean(scores, test.levels_dbfs, test.segment, SEEN["1 s"], 0.5)
            row["clean, 1 s weighted"] = _balanced(weighted, test)
            for label, share in zip(LABELS, _right(scores, test), strict=True):
                row[f"clean, {label}"] = round(share, 4)
            for name in _NOISES:
                row |= _named(name, model, scores, test, features, preprocess)
    for ratio_db in (-10, 0, 10):
        mixed = _mixed(fold, ratio_db, features, preprocess)
        seen = in_context(_scores(model, mixed), mixed.segment, SEEN["1 s"])
        row[f"both named, speech {ratio_db:+d} dB"] = round(float((seen > 0).all(1).mean()), 4)
    return row


def _scores(model: Any, of: Windows) -> Any:
    return np.concatenate(list(logits(model, of.features)))


def _balanced(scores: Any, test: Windows) -> float:
    return round(float(np.mean(_right(scores, test))), 4)


def _right(scores: Any, test: Windows) -> list[float]:
    """Share of each label's windows that are taken for it."""
    truth = test.targets.argmax(axis=1)
    right = scores.argmax(axis=1) == truth
    return [float(right[truth == label].mean()) for label in range(len(LABELS))]


def _named(
    of: str, model: Any, scores: Any, test: Windows, features: Features, preprocess: Preprocess
) -> dict[str, float]:
    """Share of neither's windows that are named where 95 % of each label's are, with 1 s."""
    none = _neither(of, features, preprocess)
    theirs = in_context(_scores(model, none), none.segment, SEEN["1 s"])
    ours = in_context(scores, test.segment, SEEN["1 s"])
    named = np.zeros(len(theirs), bool)
    for i in range(len(LABELS)):
        named |= theirs[:, i] >= np.quantile(ours[test.targets[:, i] == 1, i], 0.05)
    kinds = np.array([one.kind for one in _unheard(of)])[none.segment]
    apart = np.isin(kinds, (*VOICE_LIKE, *MUSIC_LIKE))
    return {
        f"neither{of} named": round(float(named[~apart].mean()), 4),
        f"voice- and music-like{of} named": round(float(named[apart].mean()), 4),
    }


@cache
def _mixed(
    fold: int | None, ratio_db: float, features: Features, preprocess: Preprocess
) -> Windows:
    """Each recording of speech over one of music, at a ratio of their mean powers."""
    chosen = _of_fold(fold)
    speech = [one for one in chosen if one.kind == "speech"]
    music = [one.sound for one in chosen if one.kind == "music"]
    rng = np.random.default_rng(0)

    def change(sound: Samples, recording: Recording) -> Samples:
        return in_noise(sound, np.resize(music[rng.integers(len(music))], len(sound)), ratio_db)

    return windows(speech, features, preprocess, change)


def _of_fold(fold: int | None) -> list[Recording]:
    return [one for one in _music_speech() if fold is None or one.fold == fold]


@cache
def _neither(of: str, features: Features, preprocess: Preprocess) -> Windows:
    return windows(_unheard(of), features, preprocess)


def _unheard(of: str) -> list[Recording]:
    """Give recordings of neither that no network heard: a fold, or what else is not free."""
    if of == _TUNED:
        return [one for one in _environment() if one.fold == _NOISE_FOLD]
    return [one for one in _environment() if one.fold != _NOISE_FOLD and not one.free]


@cache
def _test(fold: int | None, condition: str, features: Features, preprocess: Preprocess) -> Windows:
    chosen = _of_fold(fold)
    value = float(condition.split()[0]) if condition != "clean" else 0.0
    of = _UNTOUCHED if condition.endswith("other noises") else _TUNED
    noises = [one.sound for one in _unheard(of) if one.kind not in (*VOICE_LIKE, *MUSIC_LIKE)]
    rng = np.random.default_rng(0 if fold is None else fold)

    def change(sound: Samples, recording: Recording) -> Samples:
        if "SNR" in condition:
            noise = noises[rng.integers(len(noises))]
            noise = noise if noise.any() else noises[0]
            return in_noise(sound, np.resize(noise, len(sound)), value)
        if condition.endswith("kHz"):
            return narrowed(sound, RATE_HZ, 1000 * value)
        return at_level(sound, value)

    return windows(chosen, features, preprocess, None if condition == "clean" else change)
