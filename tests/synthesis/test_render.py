"""The starter corpus is deterministic, and each kind of clip sounds as its name says."""

import numpy as np
import pytest
import soundfile

from auricle.synthesis import (
    KINDS,
    SAMPLE_RATE_HZ,
    channel,
    demo,
    environment,
    espeak,
    music,
    render_clip,
    talking,
)
from auricle.synthesis.render import mix
from auricle.synthesis.score import ENSEMBLES, PLAYERS, compose
from auricle.synthesis.style import Style
from helpers import pitches_hz

WINDOW = SAMPLE_RATE_HZ // 4

needs_espeak = pytest.mark.skipif(espeak.version() is None, reason="espeak-ng is not installed")


def sounding_share(samples):
    """Return the share of 0.25 s windows less than 30 dB below the clip as a whole."""
    windows = samples[: len(samples) // WINDOW * WINDOW].reshape(-1, WINDOW).astype(np.float64)
    power = np.mean(windows**2, axis=1)
    return np.mean(power > 1e-3 * power.mean())


@pytest.mark.parametrize("kind", KINDS)
def test_a_clip_is_mono_float_of_the_length_asked_for(kind):
    for seconds in (0.25, 1.0, 3.3337):
        clip = render_clip(kind, 5, 0, seconds, espeak=False)
        assert clip.dtype == np.float32
        assert clip.shape == (round(seconds * SAMPLE_RATE_HZ),)
        assert np.all(np.isfinite(clip))
        assert np.abs(clip).max() <= 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_a_clip_is_settled_by_kind_seed_and_index(kind):
    clip = render_clip(kind, 1, 2, 2.0, espeak=False)
    assert clip.tobytes() == render_clip(kind, 1, 2, 2.0, espeak=False).tobytes()
    assert not np.array_equal(clip, render_clip(kind, 1, 3, 2.0, espeak=False))
    assert not np.array_equal(clip, render_clip(kind, 2, 2, 2.0, espeak=False))


def test_an_unknown_kind_is_refused_by_name():
    with pytest.raises(ValueError, match="'noise'"):
        render_clip("noise", 0, 0, 1.0, espeak=False)


@pytest.mark.parametrize("kind", ["speech", "music", "both"])
def test_sound_fills_nine_windows_in_ten(kind):
    shares = [sounding_share(render_clip(kind, 3, i, 8.0, espeak=False)) for i in range(6)]
    assert np.mean(shares) > 0.9


def test_speech_without_channel_has_a_human_pitch_and_pauses():
    voiced = 0
    for seed in range(16):
        pitch, voiced_share = pitches_hz(talking.speak(np.random.default_rng(seed), 4.0))
        assert voiced_share < 0.95  # vowels dominate, but consonants and pauses exist
        if voiced_share > 0.2:
            voiced += 1
            assert 50.0 <= np.median(pitch) < 470.0
    assert voiced >= 12  # the others whisper, or are hoarse


def test_both_keeps_speech_and_music_sounding_in_nearly_every_window():
    for seed in range(4):
        rng = np.random.default_rng(seed)
        assert sounding_share(talking.speak(rng, 6.0, longest_pause_s=0.12)) > 0.95
        assert sounding_share(music.play(rng, 6.0, compression=0.6)) > 0.95


@pytest.mark.parametrize("ratio_db", [-6.0, 0.0, 12.0])
def test_a_mix_has_the_ratio_asked_for(ratio_db):
    times_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    high, low = (
        np.sin(2 * np.pi * hz * times_s).astype(np.float32) * gain
        for hz, gain in ((2000, 0.3), (500, 0.01))
    )
    spectrum = np.abs(np.fft.rfft(mix(high, low, ratio_db)))  # bins of 1 Hz
    assert 20 * np.log10(spectrum[2000] / spectrum[500]) == pytest.approx(ratio_db, abs=0.01)


def test_frequencies_follow_equal_temperament():
    assert music.frequency_hz(69) == 440.0
    assert music.frequency_hz(60) == pytest.approx(261.626, abs=0.001)


def test_a_score_plays_through_to_its_end():
    for seed in range(20):
        onsets_s = [
            note.onset_s
            for part in compose(np.random.default_rng(seed), 10.0)
            for note in part.notes
        ]
        assert min(onsets_s) >= 0.0
        assert max(onsets_s) > 8.0


@pytest.mark.parametrize("role", PLAYERS)
def test_each_player_plays_notes_that_can_be_played(role):
    for seed in range(300):
        rng = np.random.default_rng(seed)
        notes = PLAYERS[role](rng, Style.draw(rng, 0.5))
        assert notes
        assert all(note.onset_s >= 0 and note.length_s > 0 for note in notes)
        assert all(0 < note.loudness <= 1 for note in notes)
        if role in ("drums", "percussion"):
            assert {note.pitch for note in notes} <= {0, 1, 2, 3}


def test_every_ensemble_is_of_known_players_and_every_player_is_in_one():
    roles = {role for _, choices in ENSEMBLES for choice in choices for role in choice}
    assert roles == set(PLAYERS)
    assert sum(share for share, _ in ENSEMBLES) == pytest.approx(1.0)


def test_every_source_of_neither_makes_sound_of_its_own():
    for source, _ in environment.SOURCES:
        sound = source(np.random.default_rng(0), SAMPLE_RATE_HZ)
        assert sound.shape == (SAMPLE_RATE_HZ,)
        assert np.all(np.isfinite(sound))
        assert np.std(sound) > 0.0


def test_neither_holds_digital_silence_now_and_then():
    clips = [render_clip("neither", 0, index, 1.0, espeak=False) for index in range(40)]
    assert any(np.any(np.convolve(clip == 0.0, np.ones(1600), "valid") == 1600) for clip in clips)


def test_the_channel_keeps_length_and_sets_the_level():
    tone = np.sin(np.arange(2 * SAMPLE_RATE_HZ) * 0.1).astype(np.float32)
    for seed in range(12):
        heard = channel.transmit(np.random.default_rng(seed), tone)
        assert heard.shape == tone.shape
        assert -40.1 < 20 * np.log10(np.abs(heard).max()) < -5.9


@pytest.mark.parametrize("codec", channel.CODECS)
def test_a_codec_is_lossy_but_keeps_time_and_repeats_itself(codec, monkeypatch):
    monkeypatch.setattr(channel, "CODECS", (codec,))
    talk = talking.speak(np.random.default_rng(0), 2.5)
    first, second = (channel.encode(np.random.default_rng(1), talk) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert not np.array_equal(first, talk)
    lags = np.fft.irfft(np.fft.rfft(first, 2**17) * np.conj(np.fft.rfft(talk, 2**17)))
    assert min(lags.argmax(), 2**17 - lags.argmax()) < 0.1 * SAMPLE_RATE_HZ


def test_the_segments_of_the_demonstration_cover_it_in_order():
    assert [kind for kind, _, _ in demo.SEGMENTS] == list(KINDS)
    ends_s = [0.0, *(end_s for _, _, end_s in demo.SEGMENTS)]
    for (_, start_s, end_s), previous_s in zip(demo.SEGMENTS, ends_s, strict=False):
        assert 0.0 <= start_s - previous_s <= 1.0
        assert end_s - start_s >= 9.0
    assert demo.SECONDS - ends_s[-1] <= 1.0


def test_the_demonstration_is_written_as_described(tmp_path):
    demo.main(tmp_path / "demo.flac")
    samples, rate_hz = soundfile.read(tmp_path / "demo.flac", dtype="float32")
    assert rate_hz == SAMPLE_RATE_HZ
    assert samples.shape == (demo.SECONDS * SAMPLE_RATE_HZ,)
    assert (tmp_path / "demo.flac").stat().st_size < 600_000
    for kind, start_s, end_s in demo.SEGMENTS:
        segment = samples[round(start_s * rate_hz) : round(end_s * rate_hz)]
        level_db = 20 * np.log10(np.sqrt(np.mean(segment.astype(np.float64) ** 2)))
        assert level_db < -45.0 if kind == "neither" else -21.0 < level_db < -19.0


@needs_espeak
def test_espeak_talks_the_same_each_time_for_as_long_as_asked():
    for seed in range(3):
        talk = espeak.speak(np.random.default_rng(seed), 3.0)
        assert talk.shape == (3 * SAMPLE_RATE_HZ,)
        assert talk.tobytes() == espeak.speak(np.random.default_rng(seed), 3.0).tobytes()
        assert sounding_share(talk) > 0.8


@needs_espeak
def test_a_voice_that_is_missing_is_replaced(monkeypatch):
    monkeypatch.setattr(espeak, "LANGUAGES", ("no-such-language",))
    assert np.any(espeak.speak(np.random.default_rng(0), 1.0))


def test_without_espeak_its_version_is_none(monkeypatch):
    monkeypatch.setenv("PATH", "")
    espeak.version.cache_clear()
    assert espeak.version() is None
    monkeypatch.undo()
    espeak.version.cache_clear()
