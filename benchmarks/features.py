"""Features of many windows: `features.extract` against a loop over librosa."""

import warnings

import librosa
import numpy as np
from threadpoolctl import threadpool_limits

from auricle.audio import Samples
from auricle.features import extract
from auricle.features.mfcc import Config
from benchmarks.figure import Figure
from benchmarks.measure import cpu_s

_WINDOWS = 240  # a minute at 0.25 s


def run() -> list[Figure]:
    """CPU time a window, at the settings of the reference system and at ours.

    Those two have a goal. Each is also shown with the other's number of mel bands: librosa's cost
    goes with it, ours hardly does.
    """
    noise = np.random.default_rng(0).normal(0, 0.1, (_WINDOWS, 5512)).astype(np.float32)
    figures = []
    for n_mels in (128, 40):
        reference = _config(n_fft=2048, hop_length=512, center=True, n_mels=n_mels, n_mfcc=13)
        figures.append(_figure(noise, 22050, reference, stretch=20 if n_mels == 128 else None))
        ours = _config(n_fft=512, hop_length=160, center=False, n_mels=n_mels, n_mfcc=40)
        figures.append(_figure(noise[:, :4000], 16000, ours, stretch=30 if n_mels == 40 else None))
    return figures


def _config(n_fft: int, hop_length: int, center: bool, n_mels: int, n_mfcc: int) -> Config:
    # librosa.feature.mfcc cuts at 80 dB below the loudest and keeps the level.
    return Config(
        kind="mfcc",
        n_fft=n_fft,
        hop_length=hop_length,
        center=center,
        n_mels=n_mels,
        fmin_hz=0.0,
        fmax_hz=None,
        top_db=80.0,
        level="absolute",
        n_mfcc=n_mfcc,
    )


def _figure(windows: Samples, rate: int, config: Config, stretch: float | None) -> Figure:
    def ours() -> Samples:
        return extract(windows, rate, config)

    def loop() -> list[Samples]:
        return [
            librosa.feature.mfcc(
                y=window,
                sr=rate,
                n_mfcc=config.n_mfcc,
                n_fft=config.n_fft,
                hop_length=config.hop_length,
                center=config.center,
                n_mels=config.n_mels,
            )
            for window in windows
        ]

    # On a busy machine, threads of BLAS that wait for each other spin: librosa's products, larger
    # than ours, then take several times their CPU seconds, which would flatter us.
    with warnings.catch_warnings(), threadpool_limits(1):
        # 128 bands of 257 bins: some hold no bin, which librosa tells each time.
        warnings.simplefilter("ignore", UserWarning)
        np.testing.assert_allclose(ours(), np.swapaxes(loop(), 1, 2), atol=0.01)
        ours_s, loop_s = cpu_s(ours, loop)
    return Figure(
        f"features of a window, n_fft {config.n_fft}, n_mels {config.n_mels}",
        1e3 * ours_s / len(windows),
        "ms",
        1e3 * loop_s / len(windows),
        "a loop over librosa.feature.mfcc",
        least=None if stretch is None else 10,
        note=f"{rate} Hz, {windows.shape[1]} samples"
        + ("" if stretch is None else f"; stretch goal {stretch:g} x"),
    )
