"""What is done to whole recordings is what the field's libraries do, and keeps a listener away."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.audio.preprocess import Preprocess
from auricle.audio.transforms import Step
from auricle.core.errors import AuricleError
from auricle.core.schema import parse_group

RATE = 16000


def step(**settings):
    return parse_group(settings, Step, "preprocess.steps[0]")


def burst(before_s=0.5, sound_s=1.0, after_s=0.75):
    """Noise between silence that is not quite digital."""
    rng = np.random.default_rng(0)
    parts = [1e-4, 0.2, 1e-4]
    return np.concatenate(
        [
            level * rng.standard_normal(round(length * RATE))
            for level, length in zip(parts, (before_s, sound_s, after_s), strict=True)
        ]
    ).astype(np.float32)


@pytest.mark.parametrize("below_db", [20.0, 60.0, 80.0])
def test_trimming_is_librosas(below_db):
    found = step(kind="trim", below_db=below_db, frame_s=512 / RATE, hop_s=64 / RATE)
    trimmed, _ = librosa.effects.trim(burst(), top_db=below_db, frame_length=512, hop_length=64)
    assert np.array_equal(found.apply(burst(), RATE), trimmed)


@given(st.integers(0, 3000), st.floats(1.0, 90.0), st.integers(0, 99))
@settings(max_examples=50, deadline=None)
def test_trimming_keeps_the_loudest_sample_and_adds_none(length, below_db, seed):
    samples = np.random.default_rng(seed).normal(0, 0.1, length).astype(np.float32)
    found = step(kind="trim", below_db=below_db, frame_s=0.032, hop_s=0.004).apply(samples, RATE)
    assert len(found) <= length
    assert found.tobytes() in samples.tobytes()


def test_silence_is_not_trimmed_away():
    silence = np.zeros(RATE, np.float32)
    assert len(step(kind="trim", below_db=20, frame_s=0.032, hop_s=0.004).apply(silence, RATE))


def test_gating_takes_noise_down_and_leaves_what_is_louder():
    pytest.importorskip("noisereduce", reason="noisereduce is not installed")
    rng = np.random.default_rng(0)
    level = np.where(np.arange(3 * RATE) < 2 * RATE, 0.01, 0.3)
    noisy = (level * rng.standard_normal(3 * RATE)).astype(np.float32)
    gated = step(kind="gate", noise_s=1.5, share=1.0).apply(noisy, RATE)
    assert gated.dtype == np.float32
    assert len(gated) == len(noisy)
    before, during = slice(RATE // 2, RATE), slice(2 * RATE + 4000, 3 * RATE - 4000)
    assert np.std(gated[before]) < 0.2 * np.std(noisy[before])
    assert np.std(gated[during]) == pytest.approx(np.std(noisy[during]), rel=0.1)


def test_gating_without_its_library_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "noisereduce", None)
    with pytest.raises(AuricleError, match=r"install `auricle\[gate\]`"):
        step(kind="gate", noise_s=None, share=1.0).apply(burst(), RATE)


@pytest.mark.parametrize("fill", ["zeros", "repeat"])
@given(length=st.integers(1, 400), wanted=st.integers(1, 400))
@settings(max_examples=50, deadline=None)
def test_a_recording_is_fitted_to_a_length(fill, length, wanted):
    samples = np.arange(1, length + 1, dtype=np.float32)
    found = step(kind="fit", seconds=wanted / 100, fill=fill).apply(samples, 100)
    assert len(found) == wanted
    assert np.array_equal(found[:length], samples[:wanted])
    if wanted > length:
        rest = found[length:]
        assert not rest.any() if fill == "zeros" else rest[0] == samples[0]


@pytest.mark.parametrize(("measure", "of"), [("peak", np.max), ("rms", None)])
@pytest.mark.parametrize("dbfs", [0.0, -20.0])
def test_recordings_have_the_level_that_is_asked_for(measure, of, dbfs):
    found = step(kind="level", measure=measure, dbfs=dbfs).apply(burst(), RATE)
    level = np.max(np.abs(found)) if of else np.sqrt(np.mean(np.square(found, dtype=np.float64)))
    assert level == pytest.approx(10 ** (dbfs / 20), rel=1e-5)


def test_silence_has_no_level_to_give_it():
    silence = np.zeros(100, np.float32)
    assert np.array_equal(step(kind="level", measure="rms", dbfs=-20).apply(silence, RATE), silence)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"kind": "echo"}, r"kind=echo is none of trim, gate, fit, level"),
        ({"kind": "fit", "seconds": 5}, r"preprocess\.steps\[0\]\.fill` is missing"),
        ({"kind": "fit", "seconds": 0, "fill": "zeros"}, "seconds=0"),
        ({"kind": "fit", "seconds": 5, "fill": "noise"}, "fill=noise is none of zeros, repeat"),
        ({"kind": "level", "measure": "peak", "dbfs": 3}, "dbfs=3"),
        ({"kind": "level", "measure": "lufs", "dbfs": -23}, "measure=lufs is none of peak, rms"),
        ({"kind": "gate", "noise_s": None, "share": 0}, "share=0"),
        ({"kind": "trim", "below_db": -1, "frame_s": 0.1, "hop_s": 0.1}, "below_db=-1"),
    ],
)
def test_settings_without_sense_are_refused(settings, told):
    with pytest.raises(AuricleError, match=told):
        step(**settings)


FIT = {"kind": "fit", "seconds": 1.0, "fill": "zeros"}
TRIM = {"kind": "trim", "below_db": 20.0, "frame_s": 0.032, "hop_s": 0.004}


def test_windows_are_of_what_the_steps_leave():
    preprocess = Preprocess(RATE, 1.0, 1.0, "pad", [TRIM, FIT])
    windows = preprocess.windows(burst())
    assert windows.shape == (1, RATE)
    assert np.std(windows[0, :4000]) > 0.1  # the silence before it is gone
    assert preprocess.why_not_live == "preprocess.steps (trim, fit) need the whole recording"
    assert Preprocess(RATE, 1.0, 1.0, "pad", []).why_not_live == ""


def test_a_trim_without_a_length_after_it_is_refused():
    with pytest.raises(AuricleError, match=r"add \{kind: fit\} after it"):
        Preprocess(RATE, 1.0, 1.0, "pad", [FIT, TRIM])
