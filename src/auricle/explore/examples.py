"""A few recordings of each class to hear and see: waveform, mel spectrogram, MFCCs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle.audio import Samples
from auricle.audio.io import load
from auricle.core.errors import AuricleError
from auricle.core.parallel import Cluster
from auricle.explore.survey import Recording, Survey
from auricle.features import Features, extract, mfcc
from auricle.features.spectrum import Spectrum, mel_spectrogram_db
from auricle.report.audio_player import audio_uri
from auricle.report.charts import SERIES, panels, svg
from auricle.report.page import Chart

_RANGE_DB = 80  # of the colours of a mel spectrogram, down from its loudest cell
_POINTS = 1200  # of a waveform that is drawn; of more, the envelope
_DOTS_PER_INCH = 110  # of the spectrograms, which are pictures within the drawing
Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """One excerpt: its picture with a sentence, and its sound."""

    recording: Recording
    chart: Chart
    uri: str
    start_s: float
    end_s: float


def examples(survey: Survey, cluster: Cluster) -> dict[str, list[Example]]:
    """Draw and encode the examples of each class."""
    picked = [each for of in choose(survey).values() for each in of]
    features, rate = spectrum_of(survey.features), survey.preprocess.sample_rate_hz
    work = partial(_example, features=features, rate=rate, excerpt_s=survey.explore.excerpt_s)
    drawn = list(cluster.map(work, list(enumerate(picked, 1)), "Drawing"))
    names = dict.fromkeys(each.name for each in picked)
    return {name: [one for one in drawn if one.recording.name == name] for name in names}


def choose(survey: Survey) -> dict[str, list[Recording]]:
    """Pick recordings of each class by their hash, so that none is preferred; groups take turns."""
    count, most = survey.explore.examples_per_class, survey.explore.most_examples
    classes = list(survey.classes)[:most]
    count = min(count, most // max(1, len(classes)))
    return {name: _spread(survey.classes[name])[:count] for name in classes}


def _spread(recordings: Sequence[Recording]) -> list[Recording]:
    taken: dict[str, int] = {}
    turn: list[tuple[int, int, Recording]] = []
    for each in sorted(recordings, key=lambda each: (each.clip.sha256, each.clip.path)):
        taken[each.clip.group] = taken.get(each.clip.group, 0) + 1
        turn.append((taken[each.clip.group], len(turn), each))
    return [each for *_, each in sorted(turn, key=lambda item: item[:2])]


def spectrum_of(features: Features) -> Spectrum:
    """Give the settings of the spectrogram that features are made of.

    Raises
    ------
    AuricleError
        They are made of something else.
    """
    if not isinstance(features, Spectrum):
        raise AuricleError(
            f"features.kind={features.kind} has no mel spectrogram to draw: explore the dataset "
            "with features=mfcc or features=log_mel"
        )
    return features


def draw(samples: Samples, sample_rate_hz: int, features: Spectrum) -> Any:
    """Waveform, mel spectrogram and MFCCs of an excerpt [shape=(n,)], below each other.

    They are computed with the settings of `features`, as of one long window.
    """
    import librosa.display

    figure, (wave, mel, cepstrum) = panels((1.0, 1.7, 1.5))
    figure.set_dpi(_DOTS_PER_INCH)
    librosa.display.waveshow(
        samples, sr=sample_rate_hz, max_points=_POINTS, axis=None, ax=wave, color=SERIES[0]
    )
    wave.set_ylabel("amplitude")
    show_mel(mel, samples, sample_rate_hz, features)
    show_mfcc(cepstrum, samples, sample_rate_hz, features)
    for axis in (wave, mel):
        axis.tick_params(axis="x", labelbottom=False)
        axis.set_xlabel("")
    cepstrum.set_xlim(0, len(samples) / sample_rate_hz)
    return figure


def show_mel(axis: Any, samples: Samples, sample_rate_hz: int, features: Spectrum) -> None:
    """Draw the log-mel spectrogram of samples [shape=(n,)] in Hz over s."""
    import librosa.display

    decibels = mel_spectrogram_db(samples[None], sample_rate_hz, features)[0]
    librosa.display.specshow(
        decibels.T, sr=sample_rate_hz, x_coords=_times(decibels, sample_rate_hz, features),
        x_axis="time", y_axis="mel", fmin=features.fmin_hz,
        fmax=features.fmax_hz or sample_rate_hz / 2, ax=axis, cmap="magma",
        vmin=decibels.max() - _RANGE_DB, vmax=decibels.max(), rasterized=True,
    )  # fmt: skip
    axis.set_ylabel("frequency, Hz")
    axis.set_xlabel("time, s")


def show_mfcc(axis: Any, samples: Samples, sample_rate_hz: int, features: Spectrum) -> None:
    """Draw the MFCCs of samples [shape=(n,)] over s; of log-mel features, all there are."""
    import librosa.display

    count = features.n_mfcc if isinstance(features, mfcc.Config) else features.n_mels
    config = mfcc.Config(**{**vars(features), "kind": "mfcc", "n_mfcc": count})
    coefficients = extract(samples[None], sample_rate_hz, config)[0]
    # The first coefficients are many times larger: each is shown against its own mean and spread,
    # as a network's normalisation does it.
    spread = coefficients.std(axis=0)
    coefficients = (coefficients - coefficients.mean(axis=0)) / np.where(spread > 0, spread, 1)
    librosa.display.specshow(
        coefficients.T, sr=sample_rate_hz, x_coords=_times(coefficients, sample_rate_hz, features),
        x_axis="time", ax=axis, cmap="RdBu_r", vmin=-3, vmax=3, rasterized=True,
    )  # fmt: skip
    axis.set_ylabel("MFCC")
    axis.set_yticks(range(0, count, 10))
    axis.set_xlabel("time, s")


def _times(frames: Array, sample_rate_hz: int, features: Spectrum) -> npt.NDArray[np.float64]:
    """Middle of each frame, s; librosa would take them to be centred on their start."""
    middle = 0 if features.center else features.n_fft / 2
    times: npt.NDArray[np.float64] = (
        np.arange(len(frames)) * features.hop_length + middle
    ) / sample_rate_hz
    return times


def _example(
    item: tuple[int, Recording], features: Spectrum, rate: int, excerpt_s: float
) -> Example:
    number, recording = item
    start_s = recording.found.loudest_s
    first = round(start_s * rate)
    samples = load(Path(recording.clip.path), rate)[first : first + round(excerpt_s * rate)]
    end_s = start_s + len(samples) / rate
    shown = np.pad(samples, (0, max(0, features.n_fft - len(samples))))
    figure = draw(shown, rate, features)
    chart = Chart(
        f"example-{number}",
        recording.name,
        sentence(samples, rate),
        svg(figure, f"example-{number}"),
    )
    return Example(recording, chart, audio_uri(samples, rate), start_s, end_s)


def sentence(samples: Samples, sample_rate_hz: int) -> str:
    """Say where the energy of an excerpt [shape=(n,)] lies."""
    power = np.square(np.abs(np.fft.rfft(samples)))
    if not power.sum():
        return "Nothing sounds here: all samples are zero."
    hz = np.fft.rfftfreq(len(samples), 1 / sample_rate_hz)
    half, most = hz[np.searchsorted(np.cumsum(power) / power.sum(), [0.5, 0.95])]
    return f"Half of the energy lies below {_hz(half)}, 95 % below {_hz(most)}."


def _hz(frequency: float) -> str:
    return f"{frequency:.0f} Hz" if frequency < 1000 else f"{frequency / 1000:.1f} kHz"
