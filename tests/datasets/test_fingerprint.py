"""The same recording is found under another name, and nothing else is."""

import csv
import io
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import firwin2, lfilter

from auricle.audio import Samples
from auricle.audio.io import load
from auricle.datasets.fingerprint import Fingerprint, Match, fingerprint, near_identical
from auricle.synthesis import render_clip
from helpers import ROOT

DATA = ROOT.parent / "shared" / "data"
RATE = 16000
KINDS = ("speech", "music")
RECORDINGS = (
    "music_speech/music/edgar-battle.ogg",
    "music_speech/speech/librispeech-248-130644-0000.ogg",
    "esc50/audio/1-23222-A-19.ogg",  # thunder and rain
)

Change = Callable[[Samples, int], tuple[Samples, int]]

with_recordings = pytest.mark.skipif(
    not (DATA / "SOURCES.csv").is_file(), reason="the recordings of ../shared/data are not here"
)


@cache
def made(kind: str, index: int = 0, seconds: float = 6.0) -> Samples:
    """Generate a clip that is not faint, of a seed that no threshold was chosen by."""
    clip = np.asarray(render_clip(kind, 4711, index, seconds, espeak=False), np.float32)
    return clip * np.float32(0.5 / np.abs(clip).max())


def resampled(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    return np.asarray(soxr.resample(samples, from_hz, to_hz), np.float32)


def coded(container: str, subtype: str, rate_hz: int, compression: float | None = None) -> Change:
    def change(samples: Samples, sample_rate_hz: int) -> tuple[Samples, int]:
        memory = io.BytesIO()
        with soundfile.SoundFile(
            memory, "w", rate_hz, 1, subtype, format=container, compression_level=compression
        ) as file:
            # libsndfile 1.2 crashes on Vorbis when minutes are written at once.
            for block in np.array_split(resampled(samples, sample_rate_hz, rate_hz), 10):
                file.write(block)
        memory.seek(0)
        return soundfile.read(memory, dtype="float32")

    return change


def at_rate(rate_hz: int) -> Change:
    return lambda samples, from_hz: (resampled(samples, from_hz, rate_hz), rate_hz)


def back_from(rate_hz: int) -> Change:
    def change(samples: Samples, from_hz: int) -> tuple[Samples, int]:
        return resampled(resampled(samples, from_hz, rate_hz), rate_hz, from_hz), from_hz

    return change


def cut(start: float, length_s: float) -> Change:
    def change(samples: Samples, rate_hz: int) -> tuple[Samples, int]:
        first = int(start * (len(samples) - length_s * rate_hz))
        return samples[first : first + int(length_s * rate_hz)], rate_hz

    return change


def trimmed(samples: Samples, rate_hz: int) -> tuple[Samples, int]:
    return samples[len(samples) // 7 : -len(samples) // 5], rate_hz


def padded(samples: Samples, rate_hz: int) -> tuple[Samples, int]:
    return np.pad(samples, (12345, 777)), rate_hz


def too_loud(samples: Samples, rate_hz: int) -> tuple[Samples, int]:
    return np.clip(4 * samples / np.abs(samples).max(), -1, 1), rate_hz


def very_quiet(samples: Samples, rate_hz: int) -> tuple[Samples, int]:
    pcm = np.round(samples * 10 ** (-30 / 20) * 32768)
    return (pcm / 32768).astype(np.float32), rate_hz


def offset(samples: Samples, rate_hz: int) -> tuple[Samples, int]:
    return samples + np.float32(0.1), rate_hz


def inverted(samples: Samples, rate_hz: int) -> tuple[Samples, int]:
    return -samples, rate_hz


def noisy(samples: Samples, rate_hz: int) -> tuple[Samples, int]:
    noise = np.random.default_rng(5).standard_normal(len(samples))
    loudness = np.sqrt(np.mean(np.square(samples, dtype=np.float64)))
    return (samples + noise * loudness * 10 ** (-30 / 20)).astype(np.float32), rate_hz


def equalised(samples: Samples, rate_hz: int) -> tuple[Samples, int]:
    response = firwin2(257, np.linspace(0, 1, 6), 10 ** (np.array([6, -4, 3, -5, 4, -6]) / 20))
    return lfilter(response, 1, samples).astype(np.float32), rate_hz


MP3 = coded("MP3", "MPEG_LAYER_III", 48000, 0.9999)
VORBIS = coded("OGG", "VORBIS", RATE, 1.0)
OPUS = coded("OGG", "OPUS", 48000, 0.95)  # 18 kbit/s
TELEPHONE = coded("WAV", "ULAW", 8000)

CHANGES: dict[str, list[Change]] = {
    "mp3": [MP3],
    "vorbis": [VORBIS],
    "opus": [OPUS],
    "telephone": [TELEPHONE],
    "8 bits": [coded("WAV", "PCM_U8", RATE)],
    "12 dB too loud": [too_loud],
    "30 dB quieter": [very_quiet],
    "8 kHz": [at_rate(8000)],
    "11.025 kHz": [at_rate(11025)],
    "48 kHz": [at_rate(48000)],
    "back from 8 kHz": [back_from(8000)],
    "back from 44.1 kHz": [back_from(44100)],
    "DC offset": [offset],
    "inverted": [inverted],
    "noise": [noisy],
    "equalised": [equalised],
    "padded": [padded],
    "trimmed": [trimmed],
    "2.5 s of it": [cut(0.37, 2.5)],
    "2.5 s of it, mp3": [cut(0.21, 2.5), MP3],
    "quiet and coded": [equalised, very_quiet, VORBIS],
    "trimmed, telephone, padded": [trimmed, TELEPHONE, padded],
    "3 s of it, coded, another rate": [cut(0.6, 3), OPUS, at_rate(22050)],
}


def changed(samples: Samples, rate_hz: int, steps: list[Change]) -> tuple[Samples, int]:
    for step in steps:
        samples, rate_hz = step(samples, rate_hz)
    return samples, rate_hz


def pairs(sounds: list[Samples]) -> list[tuple[int, int]]:
    return [(m.first, m.second) for m in near_identical([fingerprint(s, RATE) for s in sounds])]


@cache
def others() -> list[Fingerprint]:
    return [fingerprint(made(kind, 1), RATE) for kind in KINDS]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_and_nothing_else(change: str) -> None:
    kind = KINDS[list(CHANGES).index(change) % 2]
    copy, rate_hz = changed(made(kind), RATE, CHANGES[change])
    one, another = others()
    (match,) = near_identical(
        [one, fingerprint(copy, rate_hz), another, fingerprint(made(kind), RATE)]
    )
    assert (match.first, match.second) == (1, 3)
    assert 0.25 <= match.similarity <= 1


@with_recordings
@pytest.mark.parametrize("name", RECORDINGS)
def test_changed_copies_of_real_recordings_are_found(name: str) -> None:
    rate_hz = 22050
    original = load(DATA / name, rate_hz)[: 6 * rate_hz]
    found = fingerprint(original, rate_hz)
    missed = [
        change
        for change, steps in CHANGES.items()
        if not near_identical([found, fingerprint(*changed(original, rate_hz, steps))])
    ]
    assert missed == []


@with_recordings
def test_real_recordings_of_one_kind_are_told_apart() -> None:
    """Steady, repeating and padded ones: each of the kinds that could be taken for another."""
    with (DATA / "SOURCES.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["fold"] == "1"]
    kinds = {"rain", "siren", "clock_alarm", "clock_tick", "engine", "mouse_click", "crickets"}
    groups = {row["group_id"]: row["file"] for row in rows if row["class"] in kinds}
    assert len(groups) > 30
    assert pairs([load(DATA / file, RATE) for file in groups.values()]) == []


def test_a_plain_copy_is_wholly_similar() -> None:
    plain = fingerprint(made("speech"), RATE)
    assert near_identical([plain, plain]) == [Match(0, 1, 1.0)]


# Not every word of a second is found; the clearer ones are.
@pytest.mark.parametrize("start", [0.5, 1.5, 3.0])
def test_a_whole_word_of_a_second_is_found(start: float) -> None:
    word = made("speech")[int(start * RATE) :][: int(1.2 * RATE)]
    coded_word, rate_hz = MP3(word, RATE)
    assert len(near_identical([fingerprint(word, RATE), fingerprint(coded_word, rate_hz)])) == 1


@settings(deadline=None, max_examples=10)
@given(gain_db=st.floats(-25, 20), invert=st.booleans())
def test_level_and_polarity_do_not_matter(gain_db: float, invert: bool) -> None:
    plain = fingerprint(made("music"), RATE)
    gain = np.float32((-1 if invert else 1) * 10 ** (gain_db / 20))
    scaled = fingerprint(made("music") * gain, RATE)
    # Rounding may move a peak that ties with another; no more.
    assert len(np.setxor1d(plain, scaled)) <= 0.03 * len(plain)


@settings(deadline=None, max_examples=10)
@given(start=st.integers(0, 3 * RATE), length=st.integers(5 * RATE // 2, 3 * RATE))
def test_an_excerpt_is_found_wherever_it_begins(start: int, length: int) -> None:
    whole = made("speech")
    assert pairs([whole, whole[start : start + length]]) == [(0, 1)]


def test_blocks_of_a_long_recording_do_not_show() -> None:
    """The same peaks as in a clip that begins a whole number of frames later."""
    signal = np.tile(made("music", 3), 8)
    later = 400 * 2 * 64  # 400 frames of 8 ms, at twice the rate of the fingerprint
    peaks, shifted = fingerprint(signal, RATE), fingerprint(signal[later:], RATE) + 400 * 512
    assert peaks.max() // 512 > 4096 + 400  # more than a block
    inner = (peaks // 512 > 500) & (peaks // 512 < peaks.max() // 512 - 100)
    assert len(np.setdiff1d(peaks[inner], shifted)) <= 0.01 * inner.sum()


def test_an_excerpt_of_a_long_recording_is_found() -> None:
    long = np.concatenate([made("speech", index, 20.0) for index in range(4)])
    assert pairs([made("music"), long, made("speech", 2, 20.0)[5 * RATE : 8 * RATE]]) == [(1, 2)]


@pytest.mark.parametrize("length", [0, 1, 100, 1000, 2000])
def test_too_short_a_sound_tells_nothing(length: int) -> None:
    tiny = made("speech")[:length]
    assert pairs([tiny, tiny]) == []


def test_silence_and_dither_have_no_peaks() -> None:
    dither = np.random.default_rng(1).integers(-1, 1, 3 * RATE, endpoint=True) / 32768
    for sound in (np.zeros(3 * RATE), np.full(3 * RATE, 0.2), dither):
        assert not len(fingerprint(sound.astype(np.float32), RATE))


def noise(seed: int, slope: float, seconds: float = 5.0) -> Samples:
    """Noise whose power falls as frequency to the power of `slope`."""
    white = np.random.default_rng(seed).standard_normal(int(seconds * RATE))
    spectrum = np.fft.rfft(white)
    spectrum[1:] *= np.arange(1, len(spectrum)) ** (-slope / 2)
    spectrum[0] = 0
    sound = np.fft.irfft(spectrum, len(white))
    return (0.1 * sound / sound.std()).astype(np.float32)


@pytest.mark.parametrize("slope", [0.0, 1.0, 2.0])
def test_noises_of_one_colour_differ_and_copies_of_one_do_not(slope: float) -> None:
    sounds = [noise(seed, slope) for seed in range(4)]
    copy = sounds[2][3333:]
    assert pairs([*sounds, copy]) == [(2, 4)]


def test_steady_tones_sirens_and_beeps_do_not_alarm() -> None:
    """Different recordings of the same devices: other phase and level, another quiet room."""
    time_s = np.arange(5 * RATE) / RATE
    sounds = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        late_s = time_s + rng.uniform(0, 1)
        hum = sum(np.sin(2 * np.pi * 50 * n * late_s) / n for n in range(1, 20))
        siren_hz = 900 + 300 * np.sign(np.sin(2 * np.pi * late_s))
        beep = np.sin(2 * np.pi * 2048 * late_s) * (late_s % 0.5 < 0.1)
        for device in (
            np.sin(2 * np.pi * 440 * late_s),
            hum,
            np.sin(2 * np.pi * np.cumsum(siren_hz) / RATE),
            beep,
        ):
            room = 0.003 * rng.standard_normal(len(time_s))
            sounds.append((rng.uniform(0.05, 0.4) * device + room).astype(np.float32))
    assert pairs(sounds) == []


def test_drum_loops_of_the_same_samples_do_not_alarm() -> None:
    """Three drums, struck in another order: exact repeats, a common tempo."""
    strike = [noise(seed, slope, 0.12) for seed, slope in ((1, 0.0), (2, 1.0), (3, 2.0))]
    fade = np.exp(-np.arange(len(strike[0])) / (0.03 * RATE)).astype(np.float32)
    loops = []
    for seed in range(6):
        bar = np.concatenate(
            [strike[i] * fade for i in np.random.default_rng(seed).integers(3, size=16)]
        )
        loops.append(np.tile(bar, 4))
    assert pairs(loops) == []


def test_notes_of_one_synthesiser_do_not_alarm() -> None:
    time_s = np.arange(RATE // 4) / RATE
    shape = np.minimum(1, 50 * time_s) * np.exp(-6 * time_s)
    tunes = []
    for seed in range(6):
        steps = np.random.default_rng(seed).choice([0, 2, 4, 5, 7, 9, 11], 24)
        hz = 220 * 2 ** (steps / 12)
        tunes.append(
            np.concatenate(
                [
                    shape * sum(np.sin(2 * np.pi * f * n * time_s) / n for n in range(1, 8))
                    for f in hz
                ]
            ).astype(np.float32)
        )
    assert pairs(tunes) == []


def test_clips_of_the_starter_corpus_differ() -> None:
    sounds = [made(kind, index, 3.0) for kind in (*KINDS, "neither") for index in range(5)]
    assert pairs(sounds) == []
