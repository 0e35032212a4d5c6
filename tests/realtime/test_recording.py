"""Recordings of events: the right samples, whole files, bounded; and none where none may be."""

import json
import resource
import signal
from pathlib import Path

import numpy as np
import pytest
import soundfile

from auricle.audio.io import pcm16_to_float
from auricle.core.project import resource as shipped
from auricle.realtime.settings import Recording as Wanted
from auricle.realtime.sinks.jsonl import Jsonl
from auricle.realtime.sinks.recording import Recording
from auricle.realtime.sinks.rotating_file import RotatingFile
from listening import NOON_S, begun, listener, sound

RATE = 16000
PCM = np.random.default_rng(0).integers(-32768, 32768, 60 * RATE).astype(np.int16)


class Played:
    """A recording sink that hears `PCM` from its beginning on, in blocks of 20 ms."""

    def __init__(self, folder, pre_s=1.0, most_s=30.0, most_mb=100.0, delay_s=3.0):
        wanted = Wanted(str(folder), pre_s, most_s, most_mb)
        self.sink, _ = begun(Recording(wanted, delay_s), sample_rate_hz=RATE)
        self.at = 0

    def until(self, end_s):
        for start in range(self.at, round(end_s * RATE), 320):
            self.sink.audio(start / RATE, pcm16_to_float(PCM[start : start + 320]))
            self.at = start + 320
        return self

    def skip(self, to_s):
        self.at = round(to_s * RATE)
        return self

    def told(self, kind, label, start_s, end_s, wall_s=None):
        self.sink.sound(sound(kind, label, start_s, end_s, wall_s))
        return self


def pcm(path):
    samples, rate = soundfile.read(path, dtype="int16")
    about = soundfile.info(path)
    assert (rate, about.format, about.subtype, about.channels) == (RATE, "FLAC", "PCM_16", 1)
    return samples


def cut(*spans_s):
    return np.concatenate([PCM[round(a * RATE) : round(b * RATE)] for a, b in spans_s])


def test_it_holds_the_samples_from_before_the_start_to_the_end(tmp_path):
    """Both are told late: the start after its minimum duration, the end after its hold."""
    played = Played(tmp_path / "new" / "kept").until(7.0).told("start", "speech", 5.0, 7.0)
    played.until(20).told("ongoing", "speech", 5.0, 20).until(25.5)
    assert [p.suffix for p in (tmp_path / "new" / "kept").iterdir()] == [".unfinished"]
    played.told("end", "speech", 5.0, 24.25)
    (path,) = (tmp_path / "new" / "kept").iterdir()
    assert path.name == "000005.000s_speech.flac"
    np.testing.assert_array_equal(pcm(path), cut((4.0, 24.25)))


def test_the_time_of_the_day_and_the_label_are_the_name(tmp_path):
    played = Played(tmp_path).until(2)
    for label in ("../../etc/pässe", "a b:c?", "日" * 200):
        played.told("start", label, 0.25, 1, NOON_S).told("end", label, 0.25, 1.5, NOON_S)
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names[0] == "2026-11-20T12-00-00.250Z__etc_pässe.flac"
    assert names[1] == "2026-11-20T12-00-00.250Z_a_b_c_.flac"
    assert names[2].startswith("2026-11-20T12-00-00.250Z_日日") and len(names) == 3
    assert len(names[2].encode()) <= 255


def test_a_sound_at_the_very_beginning_has_what_there_is_before_it(tmp_path):
    Played(tmp_path).until(2).told("start", "a", 0.5, 2).told("end", "a", 0.5, 1.75)
    np.testing.assert_array_equal(pcm(next(tmp_path.iterdir())), cut((0, 1.75)))


def test_sounds_that_overlap_each_have_their_file(tmp_path):
    played = Played(tmp_path).until(4).told("start", "speech", 3, 4).until(6)
    played.told("start", "music", 5, 6).until(8).told("end", "speech", 3, 7.5)
    played.until(10).told("end", "music", 5, 9.5)
    np.testing.assert_array_equal(pcm(tmp_path / "000003.000s_speech.flac"), cut((2, 7.5)))
    np.testing.assert_array_equal(pcm(tmp_path / "000005.000s_music.flac"), cut((4, 9.5)))


def test_a_gap_is_written_as_it_comes(tmp_path):
    """The engine ends what sounds at a gap; what begins soon after it has both sides before it."""
    played = Played(tmp_path, pre_s=3.0).until(10).skip(20).until(23)
    played.told("start", "a", 21.5, 23).told("end", "a", 21.5, 22.5)
    np.testing.assert_array_equal(pcm(next(tmp_path.iterdir())), cut((20, 22.5)))
    played = Played(tmp_path, pre_s=3.0, delay_s=20).until(10).skip(11).until(13)
    played.told("start", "b", 12, 13).told("end", "b", 12, 12.5)
    np.testing.assert_array_equal(pcm(tmp_path / "000012.000s_b.flac"), cut((9, 10), (11, 12.5)))


def test_a_long_sound_is_cut_and_appears_at_once(tmp_path):
    played = Played(tmp_path, most_s=5.0).until(4).told("start", "a", 3, 4).until(15)
    np.testing.assert_array_equal(pcm(tmp_path / "000003.000s_a.flac"), cut((2, 7)))
    played.told("end", "a", 3, 14.5)
    assert len(list(tmp_path.iterdir())) == 1


def test_an_interrupted_listener_completes_what_is_open(tmp_path):
    played = Played(tmp_path, delay_s=1.0).until(4).told("start", "a", 3, 4).until(10)
    played.sink.end("")
    np.testing.assert_array_equal(pcm(next(tmp_path.iterdir())), cut((2, 9)))


def test_nothing_takes_the_place_of_another_recording(tmp_path):
    (tmp_path / "000000.500s_a.flac").write_bytes(b"kept before")
    for _ in range(2):
        Played(tmp_path).until(2).told("start", "a", 0.5, 2).told("end", "a", 0.5, 1.75)
    assert (tmp_path / "000000.500s_a.flac").read_bytes() == b"kept before"
    for name in ("000000.500s_a_2.flac", "000000.500s_a_3.flac"):
        np.testing.assert_array_equal(pcm(tmp_path / name), cut((0, 1.75)))


def test_a_full_folder_keeps_no_more_removes_nothing_and_goes_on_when_there_is_room(tmp_path):
    other = tmp_path / "mine.txt"
    other.write_bytes(b"x" * 100_000)
    played = Played(tmp_path, most_mb=0.3).until(4).told("start", "a", 3, 4)
    with pytest.raises(OSError, match=r"holds realtime.recording.most_mb=0\.3 MB"):
        played.until(20)
    with pytest.raises(OSError, match="most_mb"):
        played.told("end", "a", 3, 19)
    first = tmp_path / "000003.000s_a.flac"
    kept = pcm(first)  # noise takes its full 32 kB a second
    np.testing.assert_array_equal(kept, PCM[2 * RATE :][: len(kept)])
    assert sum(p.stat().st_size for p in tmp_path.iterdir()) < 0.3e6 + 20_000
    with pytest.raises(OSError, match="most_mb"):
        played.told("start", "b", 18, 20)
    assert sorted(tmp_path.iterdir()) == sorted([first, other])
    other.unlink()
    played.sink.sound(sound("start", "c", 19, 20))
    played.until(22).told("end", "c", 19, 21)
    np.testing.assert_array_equal(pcm(tmp_path / "000019.000s_c.flac"), cut((18, 21)))


def test_what_a_full_disk_cut_off_does_not_appear(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    played = Played(tmp_path).until(4).told("start", "a", 3, 4)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(OSError, match="File too large") as raised:
            played.until(20)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert raised.value.filename == str(tmp_path / "000003.000s_a.flac")
    assert list(tmp_path.iterdir()) == []
    last = sound("end", "a", 3, 19)
    assert played.sink.file_of(last) is None


def test_memory_is_bounded_by_what_may_still_be_asked_for(tmp_path):
    played = Played(tmp_path, pre_s=1.0, delay_s=2.0).until(60)
    held_s = sum(len(samples) for _, samples in played.sink._ring) / RATE
    assert held_s == pytest.approx(3.0, abs=0.05)


def test_an_event_names_its_recording(tmp_path):
    played = Played(tmp_path / "kept").until(2).told("start", "a", 0.5, 1)
    jsonl, _ = begun(Jsonl(RotatingFile(tmp_path / "e", 1e6, 2), played.sink))
    jsonl.sound(sound("start", "a", 0.5, 1))
    jsonl.sound(sound("end", "b", 0.5, 1))
    _, of_a, of_b = map(json.loads, (tmp_path / "e").read_text().splitlines())
    assert of_a["recording"] == str(tmp_path / "kept" / "000000.500s_a.flac")
    assert of_b["recording"] is None


def test_a_listener_records_the_sounds_it_names(tmp_path):
    process = listener(
        "realtime.source.pace=fast",
        "realtime.screen=none",
        "realtime.recording.path=kept",
        "realtime.table.path=table.csv",
        cwd=tmp_path,
    )
    assert process.communicate(timeout=60) == ("", "")
    demo, _ = soundfile.read(shipped("references/demo.flac"), dtype="int16")
    rows = [line.split(",") for line in (tmp_path / "table.csv").read_text().splitlines()[1:]]
    assert {row[0] for row in rows} == {"music", "speech"} and len(rows) > 2
    for label, start, end, *_, path in (row[:9] for row in rows):
        assert label in path
        first = round(max(0, float(start) - 1) * RATE)
        np.testing.assert_array_equal(pcm(tmp_path / path), demo[first : round(float(end) * RATE)])
    assert len(list((tmp_path / "kept").iterdir())) == len(rows)


CORE_PATTERN = Path("/proc/sys/kernel/core_pattern")


@pytest.mark.skipif(not CORE_PATTERN.is_file(), reason="not Linux")
@pytest.mark.parametrize("never", [True, False])
def test_never_store_audio_wins_over_a_recording_and_a_crash(never, tmp_path):
    """Without the switch the same listener does record and, where it may, leaves its core."""
    temporary, home = tmp_path / "tmp", tmp_path / "home"
    temporary.mkdir()
    home.mkdir()
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    process = listener(
        "realtime.screen=lines",
        "realtime.recording.path=kept",
        f"realtime.never_store_audio={str(never).lower()}",
        cwd=home,
        env={"TMPDIR": str(temporary)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)),
    )
    told = []
    while not told or "begins" not in told[-1]:
        told.append(process.stdout.readline())
    limit = resource.prlimit(process.pid, resource.RLIMIT_CORE)
    process.send_signal(signal.SIGABRT)
    process.communicate(timeout=10)
    assert process.returncode == -signal.SIGABRT
    left = [path.name for path in home.rglob("*")]
    assert list(temporary.iterdir()) == []
    if never:
        assert "Nothing is recorded in kept: realtime.never_store_audio is set.\n" in told
        assert max(limit) <= 1  # for what it starts, too; no core has less than a page
        assert left == []
    else:
        assert any(name.endswith("speech.flac.unfinished") for name in left)
        if hard == resource.RLIM_INFINITY and CORE_PATTERN.read_text().startswith("core"):
            (core,) = home.glob("core*")
            core.unlink()
