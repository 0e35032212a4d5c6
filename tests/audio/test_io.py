"""Sound comes out of files the same, whatever their format and however it is cut into blocks."""

import shutil
import subprocess

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.audio.io import SUFFIXES, Resampler, load, pcm16_to_float, read_blocks
from auricle.audio.level import level_dbfs
from auricle.audio.windows import Windower, sliding_windows
from auricle.core.errors import AuricleError
from helpers import ROOT

RECORDINGS = ROOT.parent / "shared" / "data" / "music_speech"

needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None,
    reason="ffmpeg is not installed",
)
needs_recordings = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="the recordings of ../shared/data are not here"
)


def tone(rate, seconds, frequency_hz=440.0, amplitude=0.5):
    time_s = np.arange(round(rate * seconds)) / rate
    return (amplitude * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)


def chirp(rate, seconds):
    time_s = np.arange(round(rate * seconds)) / rate
    return (0.4 * np.sin(2 * np.pi * (200 + 900 * time_s) * time_s)).astype(np.float32)


def cut(samples, sizes):
    """Cut samples into blocks of the sizes given, the rest in one."""
    edges = np.minimum(np.cumsum(sizes), len(samples)) if sizes else []
    return np.split(samples, edges)


def plain_windows(samples, window, hop):
    """Windows by a loop over their starts."""
    starts = range(0, len(samples) - window + 1, hop)
    return [samples[start : start + window] for start in starts]


def pitch_hz(samples, rate):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return np.argmax(spectrum) * rate / len(samples)


def test_16_bit_samples_are_scaled_by_32768_exactly():
    pcm = np.array([-32768, -16384, -1, 0, 1, 8192, 32767], np.int16)
    samples = pcm16_to_float(pcm)
    assert samples.dtype == np.float32
    assert samples.tolist() == [-1.0, -0.5, -1 / 32768, 0.0, 1 / 32768, 0.25, 32767 / 32768]


def test_16_bit_samples_read_from_a_file_are_those_of_the_converter(tmp_path):
    pcm = np.arange(-32768, 32768, 7, dtype=np.int16)
    soundfile.write(tmp_path / "a.wav", pcm, 16000, subtype="PCM_16")
    assert np.array_equal(load(tmp_path / "a.wav", 16000), pcm16_to_float(pcm))


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_lossless_files_at_the_wanted_rate_come_out_as_they_went_in(tmp_path, name):
    samples = np.round(chirp(16000, 1.3) * 32768) / 32768
    soundfile.write(tmp_path / name, samples, 16000, subtype="PCM_16")
    loaded = load(tmp_path / name, 16000)
    assert loaded.dtype == np.float32
    assert np.array_equal(loaded, samples.astype(np.float32))


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.ogg", {"format": "OGG", "subtype": "VORBIS"}),
        ("a.opus", {"format": "OGG", "subtype": "OPUS"}),
        ("a.mp3", {"format": "MP3", "subtype": "MPEG_LAYER_III"}),
    ],
)
def test_lossy_files_keep_length_pitch_and_level(tmp_path, name, form):
    samples = tone(48000, 2.0, 880.0)
    soundfile.write(tmp_path / name, samples, 48000, **form)
    loaded = load(tmp_path / name, 16000)
    assert len(loaded) == pytest.approx(32000, abs=2500)
    middle = loaded[8000:24000]
    assert pitch_hz(middle, 16000) == pytest.approx(880, abs=2)
    assert level_dbfs(middle) == pytest.approx(20 * np.log10(0.5) - 3.01, abs=0.5)


def test_channels_are_averaged(tmp_path):
    left, right = tone(16000, 0.5, 300.0), tone(16000, 0.5, 700.0)
    both = np.stack([left, right], axis=1)
    soundfile.write(tmp_path / "a.wav", both, 16000, subtype="FLOAT")
    assert np.allclose(load(tmp_path / "a.wav", 16000), (left + right) / 2, atol=1e-7)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_other_rates_are_resampled_as_soxr_resamples_the_whole(tmp_path, rate):
    samples = chirp(rate, 1.7)
    soundfile.write(tmp_path / "a.wav", samples, rate, subtype="FLOAT")
    wanted = soxr.resample(samples, rate, 16000)
    loaded = load(tmp_path / "a.wav", 16000)
    assert len(loaded) == len(wanted)
    assert np.abs(loaded - wanted).max() < 1e-6


@settings(deadline=None, max_examples=30)
@given(block_s=st.floats(0.0005, 3.0), rate=st.sampled_from([16000, 22050, 44100]))
def test_the_size_of_blocks_never_changes_the_samples(tmp_path_factory, block_s, rate):
    path = tmp_path_factory.getbasetemp() / f"blocks_{rate}.wav"
    if not path.exists():
        soundfile.write(path, chirp(rate, 0.9), rate, subtype="FLOAT")
    blocks = np.concatenate(list(read_blocks(path, 16000, block_s)))
    assert np.array_equal(blocks, load(path, 16000))


@settings(deadline=None, max_examples=30)
@given(sizes=st.lists(st.integers(0, 5000), max_size=12))
def test_a_resampled_stream_is_the_same_however_it_is_pushed(sizes):
    samples = chirp(44100, 0.5)
    whole = Resampler(44100, 16000).push(samples, last=True)
    stream = Resampler(44100, 16000)
    pushed = [stream.push(block) for block in cut(samples, sizes)]
    pushed.append(stream.push(np.zeros(0, np.float32), last=True))
    assert np.array_equal(np.concatenate(pushed), whole)


def test_blocks_are_bounded_however_long_the_file(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(160000, np.float32), 16000)
    sizes = [len(block) for block in read_blocks(tmp_path / "a.wav", 16000, 0.5)]
    assert max(sizes) == 8000
    assert sum(sizes) == 160000


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AuricleError, match=r"no file .*absent\.wav: check its name"):
        load(tmp_path / "absent.wav", 16000)


def test_what_is_no_sound_is_named_with_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    (tmp_path / "words.wav").write_bytes(b"these are words, not sound\n" * 50)
    with pytest.raises(AuricleError, match=r"words\.wav cannot be decoded .*install ffmpeg"):
        load(tmp_path / "words.wav", 16000)


def test_a_file_that_breaks_off_is_refused_and_not_begun_anew(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "a.flac", chirp(16000, 20), 16000)
    whole = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "half.flac").write_bytes(whole[: len(whole) // 2])
    # Any program stands for ffmpeg: what was given already must not be decoded once more.
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("decoded a second time"))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("decoded a second time"))
    with pytest.raises(AuricleError, match=r"half\.flac.*damaged"):
        list(read_blocks(tmp_path / "half.flac", 16000, 1.0))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_finite_are_refused(tmp_path, value):
    samples = tone(16000, 0.5)
    samples[5000] = value
    soundfile.write(tmp_path / "a.wav", samples, 16000, subtype="FLOAT")
    with pytest.raises(AuricleError, match=r"a\.wav holds samples that are not finite"):
        load(tmp_path / "a.wav", 16000)


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.m4a", "a.webm"])
def test_ffmpeg_decodes_what_libsndfile_does_not(tmp_path, name):
    stereo = np.stack([tone(48000, 2.0, 500.0)] * 2, axis=1)
    soundfile.write(tmp_path / "a.wav", stereo, 48000)
    command = ["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", tmp_path / name]
    subprocess.run(command, check=True)
    loaded = load(tmp_path / name, 16000)
    assert len(loaded) == pytest.approx(32000, abs=2500)
    assert pitch_hz(loaded[8000:24000], 16000) == pytest.approx(500, abs=2)


@needs_ffmpeg
def test_ffmpeg_does_not_take_words_for_sound(tmp_path):
    (tmp_path / "words.m4a").write_bytes(b"these are words, not sound\n" * 50)
    with pytest.raises(AuricleError, match=r"words\.m4a cannot be decoded, by ffmpeg either"):
        load(tmp_path / "words.m4a", 16000)


@needs_recordings
@pytest.mark.parametrize("folder", ["music", "speech"])
def test_real_recordings_are_decoded_whole(folder):
    path = min((RECORDINGS / folder).iterdir())
    assert path.suffix in SUFFIXES
    samples = load(path, 16000)
    assert len(samples) == pytest.approx(soundfile.info(path).duration * 16000, abs=2)
    assert -60 < level_dbfs(samples) < 0


@settings(deadline=None, max_examples=60)
@given(length=st.integers(0, 200), window=st.integers(1, 40), hop=st.integers(1, 90))
def test_sliding_windows_are_those_of_a_plain_loop(length, window, hop):
    samples = np.arange(length, dtype=np.float32)
    windows = sliding_windows(samples, window, hop)
    wanted = plain_windows(samples, window, hop)
    assert windows.shape == (len(wanted), window)
    assert all(np.array_equal(a, b) for a, b in zip(windows, wanted, strict=True))


@settings(deadline=None, max_examples=60)
@given(
    length=st.integers(0, 300),
    window=st.integers(1, 40),
    hop=st.integers(1, 90),
    sizes=st.lists(st.integers(0, 70), max_size=30),
)
def test_windows_of_a_stream_are_those_of_the_whole(length, window, hop, sizes):
    samples = np.arange(length, dtype=np.float32)
    windower = Windower(window, hop)
    pushed = [windower.push(block) for block in cut(samples, sizes)]
    assert np.array_equal(np.concatenate(pushed), sliding_windows(samples, window, hop))


def test_the_level_of_a_full_scale_sine_is_minus_3_db():
    # 441 periods in a second: the mean square of a sine over whole periods is 1/2.
    assert level_dbfs(tone(16000, 1.0, 441.0, 1.0)) == pytest.approx(10 * np.log10(0.5), abs=1e-3)


def test_levels_are_of_each_window():
    windows = np.stack([np.ones(100), np.full(100, 0.1), np.zeros(100)]).astype(np.float32)
    assert level_dbfs(windows) == pytest.approx([0.0, -20.0, -120.0], abs=1e-4)
