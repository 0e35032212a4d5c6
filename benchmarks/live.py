"""One live window: features, LiteRT and calibration against librosa and Keras."""

import librosa
import numpy as np
import numpy.typing as npt

from auricle.audio import Samples
from auricle.audio.io import load
from auricle.audio.windows import sliding_windows
from auricle.features import Features, extract
from auricle.features.mfcc import Config as Mfcc
from auricle.features.spectrum import Spectrum
from auricle.inference.scorer import Scorer
from benchmarks.figure import Figure
from benchmarks.measure import ROOT, bundle_with, cpu_s

Array = npt.NDArray[np.float32]
_OURS, _THEIRS = 300, 20  # windows a repeat: about as long each way


def run() -> list[Figure]:
    """CPU time of a decision, and how often both ways decide the same."""
    # Importing Keras takes seconds, which listing the benchmarks should not.
    from auricle.training.saving import load_keras

    folder = bundle_with("model.keras")
    scorer, model = Scorer(folder), load_keras(folder / "model.keras")
    bundle = scorer.bundle
    rate, features = bundle.preprocess.sample_rate_hz, bundle.features
    sound = load(ROOT / "references" / "demo.flac", rate)
    # Overlapping by half: more windows to compare, each as the listener could meet it.
    windows = sliding_windows(sound, bundle.preprocess.window, bundle.preprocess.window // 2)

    def ours(window: Samples) -> Array:
        return bundle.calibration.probabilities(scorer.logits(window[None]))[0]

    def theirs(window: Samples) -> Array:
        rows = librosa_features(window, rate, features)[None]
        return bundle.calibration.probabilities(model.predict(rows, verbose=0))[0]

    ours_s, theirs_s = cpu_s(
        lambda: [ours(window) for window in windows[:_OURS]],
        lambda: [theirs(window) for window in windows[:_THEIRS]],
    )
    heard = np.array([ours(window) for window in windows])
    rows = np.array([librosa_features(window, rate, features) for window in windows])
    expected = bundle.calibration.probabilities(model.predict(rows, verbose=0))
    return [
        Figure(
            "a live decision on one window",
            1e3 * ours_s / len(windows[:_OURS]),
            "ms",
            1e3 * theirs_s / _THEIRS,
            "librosa and keras.Model.predict",
            least=300,
            note=_parts(scorer, windows[:_OURS], ours_s),
        ),
        Figure(
            f"share of {len(windows)} windows decided the same",
            float(np.mean(heard.argmax(axis=1) == expected.argmax(axis=1))),
            least=1,
            note=f"probabilities differ by {np.abs(heard - expected).max():.1g} at most",
        ),
    ]


def librosa_features(window: Samples, rate: int, features: Features) -> Array:
    """Give what `features.extract` gives for one window, computed by librosa."""
    assert isinstance(features, Spectrum)  # every kind there is
    power = librosa.feature.melspectrogram(
        y=window,
        sr=rate,
        n_fft=features.n_fft,
        hop_length=features.hop_length,
        center=features.center,
        n_mels=features.n_mels,
        fmin=features.fmin_hz,
        fmax=features.fmax_hz,
    )
    decibels = librosa.power_to_db(power, top_db=features.top_db)
    if features.level == "window":
        decibels = decibels - decibels.mean()
    if isinstance(features, Mfcc):
        decibels = librosa.feature.mfcc(S=decibels, n_mfcc=features.n_mfcc)
    transposed: Array = decibels.T
    return transposed


def _parts(scorer: Scorer, windows: Samples, whole_s: float) -> str:
    """Say how much of a decision is features."""
    preprocess, features = scorer.bundle.preprocess, scorer.bundle.features
    (extract_s,) = cpu_s(
        lambda: [extract(w[None], preprocess.sample_rate_hz, features) for w in windows]
    )
    return f"{extract_s / whole_s:.0%} of it in features.extract"
