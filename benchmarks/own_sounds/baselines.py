"""The fixed baselines: textbook features and classifiers, with their libraries' own defaults."""

import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import librosa
import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from auricle.audio.io import load
from auricle.inference import Array
from benchmarks.own_sounds.sets import Split

_RATE_HZ, _COEFFICIENTS, _SEGMENTS, _BANDS = 16000, 20, 5, 64

# Of each: number of its features in what `features` returns, and the classifier for a seed.
BASELINES: dict[str, tuple[int, Callable[[int], Any]]] = {
    "svm": (
        0,
        lambda seed: make_pipeline(StandardScaler(), SVC(C=10, kernel="rbf", gamma="scale")),
    ),
    "logistic": (
        1,
        lambda seed: make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)),
    ),
    "forest": (0, lambda seed: RandomForestClassifier(500, random_state=seed)),
    "commonest": (0, lambda seed: DummyClassifier(strategy="most_frequent")),
}


def accuracies(split: Split, seed: int) -> dict[str, float]:
    """Return the balanced accuracy of each baseline on the test recordings.

    They choose nothing, so they learn from what validates, too.
    """
    learned = [*split.train, *split.validation]
    found = {}
    for name, (kind, classifier) in BASELINES.items():
        known = np.stack([features(one.path)[kind] for one in learned])
        asked = np.stack([features(one.path)[kind] for one in split.test])
        fitted = classifier(seed).fit(known, [one.label for one in learned])
        truth = [one.label for one in split.test]
        found[name] = float(balanced_accuracy_score(truth, fitted.predict(asked)))
    return found


@cache
def features(path: Path) -> tuple[Array, Array]:
    """Return what the baselines see of a recording.

    Returns
    -------
    segments : [shape=(200,)]
        Mean and standard deviation of 20 MFCCs over each of five equal segments.
    mean : [shape=(64,)]
        Mean of the log-mel spectrum.
    """
    sound = load(path, _RATE_HZ)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "n_fft")  # a segment may be shorter than a frame
        mfccs = [
            librosa.feature.mfcc(y=part, sr=_RATE_HZ, n_mfcc=_COEFFICIENTS)
            for part in np.array_split(sound, _SEGMENTS)
        ]
        power = librosa.feature.melspectrogram(y=sound, sr=_RATE_HZ, n_mels=_BANDS)
    segments = [number for part in mfccs for number in (part.mean(axis=1), part.std(axis=1))]
    return np.concatenate(segments), librosa.power_to_db(power).mean(axis=1)
