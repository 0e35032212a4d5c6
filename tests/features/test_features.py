"""Features are librosa's, the same for one window as for many, and blind to level."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from auricle.audio.windows import sliding_windows
from auricle.core.errors import AuricleError
from auricle.core.schema import parse_group
from auricle.features import Features, extract, shape
from auricle.features.log_mel import Config as LogMel
from auricle.features.mfcc import Config as Mfcc
from auricle.features.spectrum import mel_filters

DEFAULT = {
    "n_fft": 512,
    "hop_length": 160,
    "center": False,
    "n_mels": 40,
    "fmin_hz": 0.0,
    "fmax_hz": None,
    "top_db": None,
    "level": "window",
}
ABSOLUTE = {"level": "absolute"}

SETTINGS = {
    "default": {},
    "reference": {"n_fft": 2048, "hop_length": 512, "center": True, "top_db": 80.0, "n_mels": 128},
    "long frames": {"n_fft": 2048, "n_mels": 128},
    "centred": {"center": True},
    "top 80 dB": {"top_db": 80.0},
    "many bands": {"n_mels": 128},
    "band limits": {"fmin_hz": 50.0, "fmax_hz": 7000.0},
    "odd frames": {"n_fft": 400, "hop_length": 77, "fmin_hz": 20.0},
}


def log_mel(**changes):
    return LogMel(kind="log_mel", **{**DEFAULT, **changes})


def mfcc(n_mfcc=40, **changes):
    return Mfcc(kind="mfcc", **{**DEFAULT, **changes}, n_mfcc=n_mfcc)


def noise():
    return (0.1 * np.random.default_rng(1).standard_normal(4000)).astype(np.float32)


def chirp():
    """Three gliding harmonics over a little noise: a voice of sorts."""
    time_s = np.arange(4000) / 16000
    phase = 2 * np.pi * (180 + 200 * time_s) * time_s
    voice = sum(0.3 / k * np.sin(k * phase) for k in (1, 2, 3))
    return (voice + 0.02 * noise()).astype(np.float32)


SOUNDS = {
    "noise": noise,
    "chirp": chirp,
    "silence": lambda: np.zeros(4000, np.float32),
    "very quiet": lambda: np.float32(1e-5) * noise(),
}


def librosa_log_mel(samples, config, rate=16000):
    """Mel spectrogram in dB [shape=(frames, n_mels)] of one window by librosa."""
    mel = librosa.feature.melspectrogram(
        y=samples,
        sr=rate,
        n_fft=config.n_fft,
        hop_length=config.hop_length,
        center=config.center,
        n_mels=config.n_mels,
        fmin=config.fmin_hz,
        fmax=config.fmax_hz,
    )
    return librosa.power_to_db(mel, ref=1.0, top_db=config.top_db).T


@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize("changes", SETTINGS.values(), ids=SETTINGS)
def test_log_mel_is_that_of_librosa(changes, sound):
    config, samples = log_mel(**changes, **ABSOLUTE), SOUNDS[sound]()
    ours = extract(samples[None], 16000, config)[0]
    theirs = librosa_log_mel(samples, config)
    assert ours.dtype == np.float32
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 1e-3


@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize("n_mfcc", [13, 40])
@pytest.mark.parametrize("changes", SETTINGS.values(), ids=SETTINGS)
def test_mfcc_is_that_of_librosa(changes, n_mfcc, sound):
    config, samples = mfcc(n_mfcc, **changes, **ABSOLUTE), SOUNDS[sound]()
    ours = extract(samples[None], 16000, config)[0]
    theirs = librosa.feature.mfcc(S=librosa_log_mel(samples, config).T, n_mfcc=n_mfcc).T
    assert ours.shape == theirs.shape
    # The first coefficient of silence is -1131: float32 sums hold it to a few millionths.
    assert np.allclose(ours, theirs, rtol=2e-6, atol=1e-3)


@pytest.mark.parametrize("rate", [8000, 22050, 44100])
def test_mel_filters_are_those_of_librosa_at_other_rates(rate):
    for fmin, fmax in ((0.0, None), (300.0, 3400.0)):
        theirs = librosa.filters.mel(sr=rate, n_fft=1024, n_mels=64, fmin=fmin, fmax=fmax)
        assert np.abs(mel_filters(rate, 1024, 64, fmin, fmax) - theirs.T).max() < 1e-7


@pytest.mark.parametrize("sound", ["noise", "chirp", "silence"])
@pytest.mark.parametrize("changes", SETTINGS.values(), ids=SETTINGS)
def test_level_window_takes_the_mean_level_out(changes, sound):
    config, samples = log_mel(**changes), SOUNDS[sound]()
    theirs = librosa_log_mel(samples, config)
    ours = extract(samples[None], 16000, config)[0]
    assert np.abs(ours - (theirs - theirs.mean())).max() < 1e-3


@pytest.mark.parametrize("config", [log_mel(), mfcc()], ids=["log_mel", "mfcc"])
@pytest.mark.parametrize("gain_db", [-30, -10, 12])
def test_loudness_does_not_change_the_features(config, gain_db):
    quieter = np.float32(10 ** (gain_db / 20)) * noise()
    loud, quiet = (extract(s[None], 16000, config) for s in (noise(), quieter))
    assert np.abs(loud - quiet).max() < 1e-3


def test_absolute_level_keeps_loudness():
    config = log_mel(**ABSOLUTE)
    loud, quiet = (extract(s[None], 16000, config) for s in (noise(), noise() / 10))
    assert loud - quiet == pytest.approx(np.full(loud.shape, 20.0), abs=1e-3)


@settings(deadline=None, max_examples=25)
@given(
    count=st.integers(1, 140),
    config=st.sampled_from(
        [mfcc(), log_mel(), mfcc(13, n_fft=400, hop_length=200, center=True, top_db=80.0)]
    ),
    pick=st.randoms(use_true_random=False),
)
def test_a_window_has_the_same_features_alone_and_among_others(count, config, pick):
    samples = np.random.default_rng(count).standard_normal(4000 + 800 * (count - 1))
    windows = sliding_windows((0.1 * samples).astype(np.float32), 4000, 800)
    together = extract(windows, 16000, config)
    assert len(together) == count
    for i in {0, count - 1, pick.randrange(count)}:
        assert np.array_equal(extract(windows[i : i + 1], 16000, config)[0], together[i])


def test_the_default_gives_22_frames_of_40_coefficients():
    assert shape(4000, 16000, mfcc()) == (22, 40)
    assert shape(4000, 16000, log_mel()) == (22, 40)


def test_the_settings_of_the_reference_system_give_11_frames_of_13_coefficients():
    config = mfcc(13, n_fft=2048, hop_length=512, center=True, top_db=80.0, n_mels=128)
    assert shape(5512, 22050, config) == (11, 13)


@pytest.mark.parametrize("config", [log_mel(), mfcc(13)], ids=["log_mel", "mfcc"])
def test_no_windows_have_no_features(config):
    frames_and_coefficients = shape(4000, 16000, config)
    none = extract(np.zeros((0, 4000), np.float32), 16000, config)
    assert none.shape == (0, *frames_and_coefficients)
    assert none.dtype == np.float32


@pytest.mark.parametrize("sound", SOUNDS)
def test_features_are_finite(sound):
    for config in (mfcc(), log_mel(), mfcc(top_db=80.0, **ABSOLUTE)):
        assert np.isfinite(extract(SOUNDS[sound]()[None], 16000, config)).all()


def test_a_window_shorter_than_a_frame_is_refused_with_both_remedies():
    with pytest.raises(
        AuricleError, match=r"400 samples.*n_fft=512.*preprocess\.window_s.*features\.n_fft"
    ):
        extract(np.zeros((1, 400), np.float32), 16000, mfcc())


def test_bands_above_half_the_sampling_rate_are_refused():
    with pytest.raises(AuricleError, match=r"fmax_hz=9000\.0 lies above 8000\.0 Hz"):
        extract(np.zeros((1, 4000), np.float32), 16000, log_mel(fmax_hz=9000.0))


@pytest.mark.parametrize("kind", ["spectogram", "spectrum", "os", None])
def test_a_kind_that_is_no_feature_is_refused_with_those_that_are(kind):
    with pytest.raises(AuricleError, match=rf"features\.kind={kind} is none of log_mel, mfcc"):
        parse_group(OmegaConf.create({"kind": kind, **DEFAULT}), Features, "features")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"n_fft": 1}, "n_fft=1"),
        ({"hop_length": 0}, "hop_length=0"),
        ({"n_mels": 0}, "n_mels=0"),
        ({"fmin_hz": -1.0}, "fmin_hz=-1.0"),
        ({"fmin_hz": 500.0, "fmax_hz": 400.0}, "fmax_hz=400.0 must lie above fmin_hz=500.0"),
        ({"top_db": 0.0}, "top_db=0.0"),
        ({"level": "loud"}, "level=loud is none of window, absolute"),
    ],
)
def test_settings_that_make_no_spectrum_are_named(changes, named):
    with pytest.raises(AuricleError, match=named):
        log_mel(**changes)


@pytest.mark.parametrize("n_mfcc", [0, 41])
def test_more_coefficients_than_bands_are_refused(n_mfcc):
    with pytest.raises(AuricleError, match=f"n_mfcc={n_mfcc} must lie between 1 and n_mels=40"):
        mfcc(n_mfcc)
