"""Files of events: whole lines, flushed, rotated; what cannot be written now is written later."""

import csv
import io
import json
import os
import resource
import signal
import threading
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from auricle.realtime.sinks.jsonl import Jsonl
from auricle.realtime.sinks.rotating_file import RotatingFile
from auricle.realtime.sinks.table import HEADER, Table
from listening import NOON_S, begun, listener, sound, trouble, update


def opened(path, most_bytes=1e6, files=3, header=b""):
    file = RotatingFile(path, most_bytes, files, header)
    file.open()
    return file


def lines_of(*paths):
    return [line for path in paths for line in path.read_bytes().splitlines(keepends=True)]


@contextmanager
def full_at(size):
    """Let no file grow beyond `size` bytes, as a disk does that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_line_is_there_as_soon_as_it_is_written(tmp_path):
    file = opened(tmp_path / "new" / "folder" / "e.jsonl")
    file.write(b"one\n")
    assert (tmp_path / "new" / "folder" / "e.jsonl").read_bytes() == b"one\n"


def test_rotation_splits_no_line_and_keeps_the_newest(tmp_path):
    path = tmp_path / "e.jsonl"
    file = opened(path, most_bytes=100, files=3)
    written = [f"line {i} {'x' * (i % 30)}\n".encode() for i in range(60)]
    for line in written:
        file.write(line)
    paths = [tmp_path / "e.jsonl.2", tmp_path / "e.jsonl.1", path]
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert all(p.stat().st_size <= 100 for p in paths)
    kept = lines_of(*paths)
    assert kept == written[-len(kept) :]
    for older, newer in pairwise(paths):  # each was full
        assert older.stat().st_size + len(lines_of(newer)[0]) > 100


def test_one_file_begins_anew_when_it_is_full(tmp_path):
    file = opened(tmp_path / "e", most_bytes=10, files=1)
    for i in range(5):
        file.write(f"{i}......\n".encode())
    assert lines_of(tmp_path / "e") == [b"4......\n"]
    assert list(tmp_path.iterdir()) == [tmp_path / "e"]


def test_a_line_longer_than_a_file_may_be_is_written_all_the_same(tmp_path):
    file = opened(tmp_path / "e", most_bytes=10, files=3)
    for line in (b"a\n", b"b" * 50 + b"\n", b"c\n"):
        file.write(line)
    assert lines_of(tmp_path / "e.2", tmp_path / "e.1", tmp_path / "e") == [
        b"a\n",
        b"b" * 50 + b"\n",
        b"c\n",
    ]


def test_two_listeners_share_a_file_and_its_rotation(tmp_path):
    path = tmp_path / "e"
    ours, theirs = (opened(path, most_bytes=40, files=50) for _ in range(2))
    written = [f"line {i:3d}\n".encode() for i in range(100)]
    for i, line in enumerate(written):
        (ours if i % 3 else theirs).write(line)
    assert sorted(lines_of(*tmp_path.iterdir())) == written
    assert all(p.stat().st_size <= 40 for p in tmp_path.iterdir())


def test_after_a_kill_within_a_line_the_next_begins_on_one_of_its_own(tmp_path):
    path = tmp_path / "e"
    path.write_bytes(b'{"a": 1}\n{"a": ')
    opened(path).write(b'{"a": 3}\n')
    assert lines_of(path) == [b'{"a": 1}\n', b'{"a": \n', b'{"a": 3}\n']


def test_on_a_full_disk_lines_wait_and_none_is_cut(tmp_path):
    path = tmp_path / "e"
    file = opened(path)
    written = [f"line {i}\n".encode() for i in range(10)]
    with full_at(25):  # in the middle of the fourth
        for line in written[:3]:
            file.write(line)
        for line in written[3:7]:
            with pytest.raises(OSError, match="File too large") as raised:
                file.write(line)
            assert raised.value.filename == str(path)
        assert lines_of(path) == written[:3]
        with pytest.raises(OSError, match="File too large"):
            file.retry()
    for line in written[7:]:
        file.write(line)
    assert lines_of(path) == written


def test_what_waits_is_written_without_another_line(tmp_path, monkeypatch):
    now = 100.0
    monkeypatch.setattr("auricle.realtime.sinks.rotating_file.clock", lambda: now)
    file = opened(tmp_path / "e")
    with full_at(0), pytest.raises(OSError, match="too large"):
        file.write(b"line\n")
    with pytest.raises(OSError, match="too large"):
        file.retry()  # not tried again yet, and still a fault
    now += 2
    file.retry()
    assert lines_of(tmp_path / "e") == [b"line\n"]
    file.retry()


def test_a_folder_that_is_gone_is_a_fault_until_it_is_back(tmp_path):
    home = tmp_path / "disk"
    file = opened(home / "e")
    file.write(b"1\n")
    (home / "e").rename(tmp_path / "saved")
    home.rmdir()
    with pytest.raises(FileNotFoundError, match="disk/e"):
        file.write(b"2\n")
    home.mkdir()
    file.write(b"3\n")
    assert lines_of(tmp_path / "saved", home / "e") == [b"1\n", b"2\n", b"3\n"]


def test_what_is_still_not_written_at_the_end_is_said(tmp_path):
    file = opened(tmp_path / "e")
    with full_at(0):
        for _ in range(3):
            with pytest.raises(OSError, match="too large"):
                file.write(b"line\n")
        with pytest.raises(OSError, match=r"3 lines of .*/e are lost: File too large"):
            file.close()


def test_what_waits_is_bounded_and_what_is_lost_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("auricle.realtime.sinks.rotating_file._WAITING", 5)
    sink, _ = begun(Jsonl(RotatingFile(tmp_path / "e", 1e6, 3), None))
    with full_at((tmp_path / "e").stat().st_size):
        for i in range(8):
            with pytest.raises(OSError, match="too large"):
                sink.sound(sound("end", "speech", i, i + 1))
    sink.end("")
    events = [json.loads(line) for line in lines_of(tmp_path / "e")]
    assert [e["event"] for e in events] == ["listening", *["end"] * 5, "summary"]
    assert [e["start_s"] for e in events[1:-1]] == [3, 4, 5, 6, 7]
    assert events[-1]["lost_records"] == 3


def test_events_tell_a_run_from_its_beginning_to_its_end(tmp_path):
    path = tmp_path / "e.jsonl"
    sink, health = begun(Jsonl(RotatingFile(path, 1e6, 3), None), source="caf\udce9")
    sink.sound(sound("start", "speech", 1.0, 1.75, NOON_S))
    sink.trouble(trouble("lost", 3.0, text="café"))
    sink.trouble(trouble("lost", 3.0, 5.0))
    sink.sound(sound("end", "speech", 1.0, 2.5, NOON_S))
    health.windows, health.heard_s = 8, 2.0
    sink.end("")
    raw = path.read_text(encoding="utf-8")
    first, start, lost, back, end, last = map(json.loads, raw.splitlines())
    assert (first["event"], first["labels"]) == ("listening", ["music", "speech"])
    assert first["source"] == "caf\udce9" and "café" in raw
    assert (start["event"], start["start"], start["end"]) == (
        "start",
        "2026-11-20T12:00:01.000Z",
        None,
    )
    assert (lost["event"], lost["cause"], lost["start_s"]) == ("trouble_start", "lost", 3.0)
    assert (back["event"], back["end_s"]) == ("trouble_end", 5.0)
    assert (end["event"], end["end"]) == ("end", "2026-11-20T12:00:02.500Z")
    assert (end["confidence"], end["peak_confidence"], end["level_dbfs"]) == (0.9, 0.95, -20.0)
    assert (last["event"], last["windows"], last["heard_s"]) == ("summary", 8, 2.0)
    assert {e["run_id"] for e in (first, start, lost, back, end, last)} == {"7f8a"}


def test_a_table_has_a_row_a_sound_and_its_header_in_each_file(tmp_path):
    path = tmp_path / "t.csv"
    sink, _ = begun(Table(RotatingFile(path, 3 * len(HEADER), 20, HEADER), None))
    for i in range(12):
        sink.sound(sound("start", "a, b", i, i + 0.5))
        sink.sound(sound("ongoing", "a, b", i, i + 0.6))
        sink.sound(sound("end", "a, b", i, i + 0.75, NOON_S))
        sink.update(update(i + 1.0))
    sink.end("")
    rows = []
    for file in tmp_path.iterdir():
        rows += list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert len(list(tmp_path.iterdir())) > 2
    assert sorted(float(row["start_s"]) for row in rows) == list(range(12))
    row = next(row for row in rows if float(row["start_s"]) == 1)
    assert (row["label"], row["end_s"], row["end"]) == ("a, b", "1.75", "2026-11-20T12:00:01.750Z")
    assert (row["confidence"], row["recording"]) == ("0.9", "")


def test_a_table_has_a_row_a_trouble_that_is_over(tmp_path):
    path = tmp_path / "t.csv"
    sink, health = begun(Table(RotatingFile(path, 1e6, 2, HEADER), None))
    health.source = "ALSA/mic (mic), 16000 Hz"
    sink.trouble(trouble("lost", 2.0, text="the cable came off"))
    sink.trouble(trouble("lost", 2.0, 7.5, text="the cable came off"))
    sink.end("")
    (row,) = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    assert (row["label"], row["cause"], row["text"]) == ("", "lost", "the cable came off")
    assert (row["start_s"], row["end_s"], row["source"]) == ("2.0", "7.5", health.source)


def test_a_pipe_that_nobody_reads_is_a_file_that_cannot_be_written(tmp_path):
    """The engine takes a broken pipe for a closed screen, and ends."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    sink, _ = begun(Table(RotatingFile(pipe, 1e6, 2, HEADER), None))
    os.close(reading)
    with pytest.raises(OSError, match="nobody reads") as error:
        sink.sound(sound("end", "speech", 0, 0.5))
    assert not isinstance(error.value, BrokenPipeError)


def test_a_table_on_a_pipe_has_one_header(tmp_path):
    reading, writing = os.pipe()
    sink, _ = begun(Table(RotatingFile(Path(f"/dev/fd/{writing}"), 10, 3, HEADER), None))
    for i in range(3):
        sink.sound(sound("end", "speech", i, i + 0.5))
    sink.end("")
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert [row["start_s"] for row in csv.DictReader(pipe)] == ["0", "1", "2"]


def test_a_listener_writes_while_it_listens_and_survives_a_kill(tmp_path):
    """Flushed as they happen: a listener that is killed has written all that it told."""
    path = tmp_path / "events.jsonl"
    process = listener("realtime.screen=lines", f"realtime.events.path={path}")
    told = next(line for line in process.stdout if "begins" in line)
    process.kill()
    process.wait(10)
    events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [e["event"] for e in events] == ["listening", "start"]
    assert events[1]["label"] in told


def test_a_listener_ends_its_files_when_it_is_told_to_end(tmp_path):
    events, table = tmp_path / "e.jsonl", tmp_path / "t.csv"
    process = listener(
        "realtime.screen=lines",
        f"realtime.events.path={events}",
        f"realtime.table.path={table}",
    )
    next(line for line in process.stdout if "begins" in line)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (0, "") and "Heard" in out
    kinds = [json.loads(line)["event"] for line in events.read_text().splitlines()]
    assert kinds == ["listening", "start", "end", "summary"]
    assert len(table.read_text().splitlines()) == 2


@pytest.mark.parametrize("key", ["events", "table", "recording"])
def test_a_path_that_cannot_be_written_is_one_line_before_anything_is_heard(key, tmp_path):
    (tmp_path / "file").touch()
    process = listener(f"realtime.{key}.path={tmp_path}/file/x", "realtime.source.pace=fast")
    out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err.startswith("auricle: Not a directory:") and str(tmp_path) in err
    assert err.count("\n") == 1 and "begins" not in out


def test_events_down_a_closed_pipe_end_the_listener_quietly():
    process = listener(
        "realtime.screen=none", "realtime.events.path=/dev/stdout", "realtime.source.pace=fast"
    )
    assert json.loads(process.stdout.readline())["event"] == "listening"
    process.stdout.close()
    assert process.wait(30) == 0
    assert process.stderr.read() == ""


def test_a_file_that_cannot_be_written_is_told_on_the_others(tmp_path):
    """The disk of the events is gone for a while: the screen says so, and nothing is lost."""
    home = tmp_path / "disk"
    path = home / "e.jsonl"
    process = listener("realtime.screen=lines", f"realtime.events.path={path}")
    seen = threading.Event()
    lines = []

    def read():
        for line in process.stdout:
            lines.append(line)
            if "Keeps events" in line:
                (home / "e.jsonl").rename(tmp_path / "first.jsonl")
                home.rmdir()
            if "TROUBLE sink" in line:
                home.mkdir()
            if "sink is over" in line:
                seen.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert seen.wait(30)
    process.send_signal(signal.SIGTERM)
    reader.join(10)
    trouble_line = next(line for line in lines if "TROUBLE sink" in line)
    assert f"No such file or directory: {path}" in trouble_line
    kept = [json.loads(line) for line in lines_of(tmp_path / "first.jsonl", path)]
    begins = [e["label"] for e in kept if e["event"] == "start"]
    assert begins == [line.split()[1] for line in lines if "begins" in line]
    assert [e["event"] for e in kept if "cause" in e] == ["trouble_start", "trouble_end"]
    assert kept[-1]["event"] == "summary"
    process.stderr.close()
    process.stdout.close()
    assert process.wait(10) == 0
