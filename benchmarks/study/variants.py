"""What the study tries, by name: each a change of `BASE` in one respect."""

import dataclasses
from typing import Any

from benchmarks.study.trial import Trial

_NO_CHANGES = ("train/changes=none",)


def _minutes(each: float) -> tuple[tuple[str, float], ...]:
    """Give all kinds of generated sound, so many minutes of each."""
    return tuple((kind, each) for kind in ("speech", "music", "both", "neither"))


_ALL_KINDS, _TWICE = _minutes(10), _minutes(20)
BASE = Trial(
    (
        "features=two_resolutions",
        "features.emphasis=0.97",
        "features.floor_db=40",
        "network=two_branches",
        "network.filters=[16,32,48,64,96]",
        "network.strides=[2,2,2,1,1]",
        "train.epochs=20",
        "train.batch_size=192",
        "train.learning_rate=3e-3",
    ),
    made=_ALL_KINDS,
)


def _with(*overrides: str, **changes: Any) -> Trial:
    return dataclasses.replace(BASE, overrides=(*BASE.overrides, *overrides), **changes)


def _instead(*overrides: str, **changes: Any) -> Trial:
    """Give the base with other features and network."""
    kept = [text for text in BASE.overrides if not text.startswith(("features", "network"))]
    return dataclasses.replace(BASE, overrides=(*kept, *overrides), **changes)


VARIANTS = {
    "base": BASE,
    # what the study came to: BASE with smaller steps, wider layers and more generated sound
    "final": Trial(("experiment=music_speech",), made=_TWICE),
    "final, free licences": Trial(("experiment=music_speech",), made=_TWICE, free_only=True),
    # changes of the spectra
    "no changes": _with(*_NO_CHANGES),
    "no changes, 10 epochs": _with("train.epochs=10", *_NO_CHANGES),
    "milder changes, 10 epochs": _with(
        "train.epochs=10",
        "train.changes.equalise=0.25",
        "train.changes.band_limit=0.2",
        "train.changes.noise=0.2",
        "train.changes.together=0.2",
        "train.changes.rounding=0.1",
    ),
    "no equaliser": _with("train.changes.equalise=0"),
    "no two together": _with("train.changes.together=0"),
    "more noise, 10 epochs": _with(
        "train.epochs=10", "train.changes.noise=0.7", "train.changes.noise_snr_db=[-10,20]"
    ),
    "less noise": _with("train.changes.noise=0.3", "train.changes.noise_snr_db=[5,30]"),
    "fewer band limits": _with("train.changes.band_limit=0.1"),
    "no comparison": _with("train.comparison=0"),
    "masks": _with(
        "train.spec_augment.time_masks=1",
        "train.spec_augment.frequency_masks=1",
        "train.spec_augment.max_coefficients=10",
    ),
    "mixup": _with("train.mixup_alpha=0.3"),
    # what is trained on
    "a channel copy": _with(copies=1),
    "no generated speech or music": _with(made=(("both", 10.0), ("neither", 10.0))),
    "no generated sound": _with(made=()),
    "20 minutes generated": _with(made=_TWICE),
    "generated neither alone": _with(made=(("neither", 10.0),)),
    "30 minutes of neither": _with(made=(*_ALL_KINDS[:3], ("neither", 30.0))),
    "generated alone": _with(recordings=False),
    "generated alone, no changes": _with(*_NO_CHANGES, recordings=False),
    "free licences": _with(free_only=True),
    # how
    "groups weigh alike": _with("train.group_power=0.5"),
    "pauses weigh less": _with("train.pause_weight=0.2"),
    "pauses weigh more": _with("train.pause_weight=3"),
    "no averaging": _with("train.averaging=0"),
    "10 epochs": _with("train.epochs=10"),
    "40 epochs": _with("train.epochs=40"),
    "more together": _with("train.changes.together=0.5", "train.changes.together_db=[-15,15]"),
    "label smoothing 0.1": _with("train.label_smoothing=0.1"),
    # features and networks
    "bands only": _instead("features=log_mel", "features.n_mels=64", "network=two_branches"),
    "bands only, 40": _instead("features=log_mel", "network=two_branches"),
    "absolute level": _instead(
        "features=log_mel", "features.n_mels=64", "features.level=absolute", "network=two_branches"
    ),
    "mfcc, plain network": _instead("features=mfcc", "network=cnn"),
    "mfcc, plain network, generated alone": _instead(
        "features=mfcc", "network=cnn", recordings=False
    ),
    # plain `auricle repro` and `experiment=starter_full`, judged on recordings
    "mfcc, plain network, default corpus": _instead(
        "features=mfcc", "network=cnn", recordings=False, made=_minutes(5)
    ),
    "mfcc, plain network, full corpus": _instead(
        "features=mfcc", "network=cnn", "train.epochs=10", recordings=False, made=_minutes(120)
    ),
    "full corpus": _with("train.epochs=10", recordings=False, made=_minutes(120)),
    "mfcc, plain network, generated alone, no changes": _instead(
        "features=mfcc", "network=cnn", *_NO_CHANGES, recordings=False
    ),
    "no pre-emphasis": _with("features.emphasis=0"),
    "nothing below 120 Hz": _with("features.fmin_hz=120"),
    "floor at 60 dB": _with("features.floor_db=60"),
    "floor at 30 dB": _with("features.floor_db=30"),
    "whole convolutions": _with(
        "network.separable=false", "network.filters=[16,32,48,64]", "network.strides=[2,2,2,1]"
    ),
    "smaller steps": _with("network.strides=[2,1,2,2,1]"),
    "smaller steps, wider": _with(
        "network.strides=[2,1,2,2,1]", "network.filters=[24,40,56,64,96]"
    ),
    "more dropout": _with("network.dropout=0.5"),
}
