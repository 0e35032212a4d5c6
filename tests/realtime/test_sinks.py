"""Screens: lines or a view, which may block or go away while the listener hears on."""

import errno
import fcntl
import io
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import soundfile

from auricle.core.project import resource
from auricle.realtime.events import Health
from auricle.realtime.sinks import Sink
from auricle.realtime.sinks.lines import Lines
from auricle.realtime.sinks.threaded import ThreadedSink
from listening import DEMONSTRATION, LISTEN, begun, listener, session, sound, trouble, update

DEMO = resource("references/demo.flac")
FULL = Path("/dev/full")
MANY = 5000  # more than any queue holds


class Screen(Sink):
    """Keeps what it shows; it can be stopped, like a terminal by Ctrl-S."""

    wants_updates = True

    def __init__(self):
        self.shown = []
        self.free = threading.Event()
        self.blocked = threading.Event()
        self.fault = None
        self.free.set()

    def _show(self, *what):
        if not self.free.is_set():
            self.blocked.set()
            assert self.free.wait(30)
        if self.fault:
            raise self.fault
        self.shown.append(what)

    def note(self, text):
        self._show("note", text)

    def update(self, update):
        self._show("update", update.end_s)

    def sound(self, sound):
        self._show("sound", sound.start_s)

    def trouble(self, trouble):
        self._show("trouble", trouble.start_s)

    def refresh(self):
        self._show("refresh", time.monotonic())

    def end(self, summary):
        self._show("end", summary)

    def of(self, kind):
        return [value for what, value in self.shown if what == kind]


@contextmanager
def behind(waits=False, screen=None):
    """Give a screen and what stands before it; let both end."""
    screen = screen or Screen()
    front = ThreadedSink(screen, waits)
    front.begin(session(), Health())
    try:
        yield front, screen
    finally:
        screen.free.set()
        front.hurry()


def stop(front, screen):
    """Block the screen's thread within a call."""
    screen.free.clear()
    front.note("blocks")
    assert screen.blocked.wait(10)


def test_everything_comes_in_its_order_until_the_end():
    with behind() as (front, screen):
        front.note("first")
        for i in range(100):
            front.update(update(i))
            front.sound(sound("end", "speech", i, i + 1))
        front.trouble(trouble("lost", 5))
        front.end("the end")
        assert not front.hangs
    told = [what for what in screen.shown if what[0] != "refresh"]
    expected = [call for i in range(100) for call in (("update", i), ("sound", i))]
    assert told == [("note", "first"), *expected, ("trouble", 5), ("end", "the end")]


def test_a_blocked_screen_holds_up_nobody_and_misses_moments_before_sounds():
    with behind() as (front, screen):
        stop(front, screen)
        begun_s = time.monotonic()
        for i in range(MANY):
            front.update(update(i))
            if i % 50 == 0:
                front.sound(sound("end", "speech", i, i + 1))
                front.trouble(trouble("lost", i))
        assert time.monotonic() - begun_s < 5
        screen.free.set()
        front.end("")
    assert screen.of("sound") == screen.of("trouble") == list(range(0, MANY, 50))
    updates = screen.of("update")
    assert 0 < len(updates) < 1000 and updates[-1] == MANY - 1
    (note,) = [text for text in screen.of("note") if "held up" in text]
    assert int(re.search(r"\d+", note)[0]) == MANY - len(updates)


def test_what_waits_for_a_blocked_screen_is_bounded():
    with behind() as (front, screen):
        stop(front, screen)
        for i in range(MANY):
            front.sound(sound("end", "speech", i, i + 1))
        screen.free.set()
        front.end("")
    kept = screen.of("sound")
    assert kept == list(range(MANY - len(kept), MANY)) and 500 < len(kept) <= 1000


def test_a_source_that_can_wait_does_so_and_the_screen_misses_nothing():
    with behind(waits=True) as (front, screen):
        stop(front, screen)
        through = threading.Event()

        def tell():
            for i in range(MANY):
                front.update(update(i))
            through.set()

        dispatcher = threading.Thread(target=tell)
        dispatcher.start()
        assert not through.wait(0.2)
        screen.free.set()
        assert through.wait(20)
        front.end("")
        dispatcher.join()
    assert screen.of("update") == list(range(MANY))


def test_nobody_waits_once_the_listener_was_told_to_end():
    with behind(waits=True) as (front, screen):
        stop(front, screen)
        told = threading.Thread(target=lambda: [front.update(update(i)) for i in range(MANY)])
        told.start()
        front.hurry()
        told.join(5)
        assert not told.is_alive()
        begun_s = time.monotonic()
        front.end("")
        assert time.monotonic() - begun_s < 0.9
        assert front.hangs


def test_a_natural_end_waits_for_the_screen():
    with behind() as (front, screen):
        stop(front, screen)
        ending = threading.Thread(target=front.end, args=("the end",))
        ending.start()
        ending.join(0.8)
        assert ending.is_alive()
        screen.free.set()
        ending.join(10)
        assert screen.of("end") == ["the end"] and not front.hangs


def test_a_closed_pipe_is_raised_where_the_next_thing_is_told_and_not_at_the_end():
    with behind() as (front, screen):
        screen.fault = BrokenPipeError(errno.EPIPE, "Broken pipe")
        with pytest.raises(BrokenPipeError):
            for i in range(10_000):
                front.update(update(i))
                time.sleep(0.001)
        front.end("")
        assert not front.hangs


def test_a_screen_that_fails_for_a_while_says_so_until_it_works_again():
    with behind() as (front, screen):
        screen.fault = OSError(errno.ENOSPC, "No space left on device")
        with pytest.raises(OSError, match="No space left"):
            for i in range(10_000):
                front.sound(sound("end", "speech", i, i + 1))
                time.sleep(0.001)
        screen.fault = None
        for i in range(10_000, 20_000):
            try:
                front.sound(sound("end", "speech", i, i + 1))
                break
            except OSError:
                time.sleep(0.001)
        front.end("")
    assert screen.of("sound")[-1] == i


def test_a_fault_of_our_own_is_not_hidden():
    with behind() as (front, screen):
        screen.fault = ZeroDivisionError()
        with pytest.raises(ZeroDivisionError):
            for i in range(10_000):
                front.update(update(i))
                time.sleep(0.001)


def test_it_is_drawn_at_most_four_times_a_second_and_also_when_nothing_comes():
    class Slow(Screen):
        refresh_s = 0.5

    with behind(screen=Slow()) as (front, screen):
        begun_s = time.monotonic()
        i = 0
        while time.monotonic() < begun_s + 1.5:
            front.update(update(i))
            i += 1
            time.sleep(0.005)
        busy = len(screen.of("refresh"))
        assert 4 <= busy <= 1 + 1.5 / 0.24
        time.sleep(1.2)
        assert 2 <= len(screen.of("refresh")) - busy <= 4
        front.end("")


def test_lines_tell_what_begins_lasts_and_ends():
    out = io.StringIO()
    lines, _ = begun(Lines(out))
    lines.sound(sound("start", "speech", 61.25, 62.0))
    lines.sound(sound("ongoing", "speech", 61.25, 71.25))
    lines.trouble(trouble("lost", 75.0, text="the cable came off"))
    lines.trouble(trouble("lost", 75.0, 80.5))
    lines.sound(sound("end", "speech", 61.25, 75.0))
    lines.end("")
    assert out.getvalue().splitlines() == [
        "01:01.25  speech begins (90%)",
        "01:11.25  speech goes on, for 10.00 s (90%)",
        "01:15.00  TROUBLE lost: the cable came off",
        "01:20.50  lost is over after 5.50 s",
        "01:15.00  speech ends after 13.75 s (90%)",
    ]


def test_lines_have_the_time_of_the_day_where_the_source_is_live():
    out = io.StringIO()
    lines, _ = begun(Lines(out))
    noon_s = time.mktime((2026, 11, 20, 12, 0, 0, 0, 0, -1))
    lines.sound(sound("start", "speech", 400000.0, 400001.0, noon_s - 400000))
    assert out.getvalue() == "12:00:00  speech begins (90%)\n"


def test_a_name_from_outside_steers_no_terminal():
    out = io.StringIO()
    lines, _ = begun(Lines(out))
    lines.note("Listening to \x1b[2Ja\nb\udce9 é")
    assert out.getvalue() == "Listening to \\x1b[2Ja\\nb\\udce9 é\n"


# Listeners in terminals and pipes of their own.


class Terminal:
    """A listener in a terminal of 80 x 24, of which the test is the keyboard and the eyes."""

    def __init__(self, *arguments, **environment):
        self.process, self.seen = None, b""
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            [*LISTEN, DEMONSTRATION, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**os.environ, "TERM": "xterm-256color", **environment},
        )
        os.close(theirs)

    def see(self, wanted, within_s=20.0):
        """Read until something is seen."""
        latest_s = time.monotonic() + within_s
        while wanted not in self.seen:
            assert select.select([self.ours], [], [], latest_s - time.monotonic())[0], self.seen
            self.seen += os.read(self.ours, 65536)

    def ends(self):
        """Read until it ends; give the status and the seconds that it took."""
        begun_s = time.monotonic()
        while self.process.poll() is None and time.monotonic() < begun_s + 10:
            if select.select([self.ours], [], [], 0.02)[0]:
                with_end = self._read()
                if not with_end:
                    break
        status, took_s = self.process.wait(10), time.monotonic() - begun_s
        while self._read():
            pass
        return status, took_s

    def _read(self):
        try:
            new = os.read(self.ours, 65536)
        except OSError:  # the other side is gone
            new = b""
        self.seen += new
        return new


@contextmanager
def terminal(*arguments, **environment):
    ours = Terminal(*arguments, **environment)
    try:
        yield ours
    finally:
        ours.process.kill()
        ours.process.wait(10)
        ours.process.stderr.close()
        os.close(ours.ours)


def summed_up(path):
    """Whether a file of events was completed."""
    return json.loads(path.read_text().splitlines()[-1])["event"] == "summary"


LARGE_SPEECH = "██████  ██████    ████████  ████████    ██████  ██    ██".encode()


# Each starts a listener: of several alike one is quick enough.
SLOW = pytest.mark.system


@pytest.mark.parametrize(
    "how", ["ctrl-c", pytest.param("sigterm", marks=SLOW), pytest.param("sighup", marks=SLOW)]
)
def test_a_terminal_shows_the_view_and_is_given_back(how, tmp_path):
    path = tmp_path / "e.jsonl"
    with terminal(f"realtime.events.path={path}") as ours:
        ours.see(LARGE_SPEECH)
        if how == "ctrl-c":
            os.write(ours.ours, b"\x03")
        else:
            ours.process.send_signal(getattr(signal, how.upper()))
        status, took_s = ours.ends()
        assert (status, took_s < 1.5) == (130 if how == "ctrl-c" else 0, True)
        during, after = ours.seen.split(b"\x1b[?1049l")
        assert b"DEMONSTRATION" in during
        assert after.startswith(b"\x1b[?25hHeard ")
        assert ours.process.stderr.read() == b""
    assert summed_up(path)


def test_the_view_goes_at_the_end_of_the_source():
    with terminal("realtime.source.pace=fast") as ours:
        status, _ = ours.ends()
        assert status == 0 and b"Heard 40.00 s in 160 windows" in ours.seen


def test_a_source_that_fails_gives_the_terminal_back(tmp_path):
    path = tmp_path / "empty.wav"
    path.touch()
    with terminal("realtime/source=file", f"realtime.source.path={path}") as ours:
        status, _ = ours.ends()
        assert status == 1
        assert ours.seen.count(b"\x1b[?1049h") == ours.seen.count(b"\x1b[?1049l")
        assert b"empty.wav is empty" in ours.process.stderr.read()


def test_a_terminal_stopped_by_ctrl_s_holds_up_nothing(tmp_path):
    """Hearing and the files go on; told to end, it ends at once and gives the terminal back."""
    path, heard = tmp_path / "e.jsonl", tmp_path / "heard.wav"
    samples, rate_hz = soundfile.read(DEMO)
    soundfile.write(heard, samples[7 * rate_hz : 20 * rate_hz], rate_hz)  # speech, from 3.5 s music
    source = ("realtime/source=file", f"realtime.source.path={heard}", "realtime.source.pace=live")
    with terminal(*source, f"realtime.events.path={path}") as ours:
        ours.see(LARGE_SPEECH)
        os.write(ours.ours, b"\x13")
        wait_for(path, '"start", "label": "music"')
        ours.process.send_signal(signal.SIGTERM)
        status, took_s = ours.ends()
        assert status == 0 and took_s < 1.5
        assert b"\x1b[?1049l\x1b[?25hHeard" in ours.seen
    assert summed_up(path)


def test_a_terminal_that_goes_away_ends_it(tmp_path):
    path = tmp_path / "e.jsonl"
    with terminal(f"realtime.events.path={path}") as ours:
        ours.see(LARGE_SPEECH)
        os.close(ours.ours)
        assert ours.process.wait(5) == 0
        ours.ours = os.open(os.devnull, os.O_RDONLY)
    assert summed_up(path)


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, pytest.param({"TERM": ""}, marks=SLOW)])
def test_a_terminal_that_cannot_be_drawn_on_gets_lines(environment):
    with terminal("realtime.source.pace=fast", **environment) as ours:
        assert ours.ends()[0] == 0
        assert re.search(rb"00:0\d\.\d\d  speech begins", ours.seen)
        assert b"\x1b" not in ours.seen


def test_lines_and_nothing_can_be_asked_for_in_a_terminal():
    with terminal("realtime.source.pace=fast", "realtime.screen=lines") as ours:
        assert ours.ends()[0] == 0
        assert b"speech begins" in ours.seen and b"\x1b" not in ours.seen
    with terminal("realtime.source.pace=fast", "realtime.screen=none") as ours:
        assert ours.ends()[0] == 0 and ours.seen == b""


def test_a_view_without_a_terminal_is_refused():
    out, err = listener("realtime.screen=view", "realtime.source.pace=fast").communicate(timeout=30)
    assert out == "" and err.startswith("auricle: realtime.screen=view needs a terminal")
    assert "realtime.screen=lines" in err and err.count("\n") == 1


def full_pipe():
    """Give both ends of a pipe that takes no more."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(writing, b"." * 512)
    os.set_blocking(writing, True)
    return reading, writing


@pytest.mark.parametrize(
    ("pace", "sent", "expected"),
    [
        ("live", signal.SIGINT, 130),
        ("fast", signal.SIGTERM, 0),
        pytest.param("live", signal.SIGTERM, 0, marks=SLOW),
        pytest.param("fast", signal.SIGINT, 130, marks=SLOW),
    ],
)
def test_a_pipe_that_nobody_reads_holds_up_neither_the_files_nor_the_end(
    pace, sent, expected, tmp_path
):
    path = tmp_path / "e.jsonl"
    reading, writing = full_pipe()
    process = listener(
        f"realtime.source.pace={pace}", f"realtime.events.path={path}", stdout=writing
    )
    os.close(writing)
    wait_for(path, '"event": "start"')
    begun_s = time.monotonic()
    process.send_signal(sent)
    assert process.wait(10) == expected
    assert time.monotonic() - begun_s < 1.5
    assert process.stderr.read() == "" and summed_up(path)
    process.stderr.close()
    os.close(reading)


def wait_for(path, text):
    latest_s = time.monotonic() + 20
    while text not in (path.read_text() if path.exists() else ""):
        assert time.monotonic() < latest_s
        time.sleep(0.05)


def test_a_slow_reader_gets_every_line_of_a_file(tmp_path):
    path = tmp_path / "e.jsonl"
    reading, writing = full_pipe()
    process = listener("realtime.source.pace=fast", f"realtime.events.path={path}", stdout=writing)
    os.close(writing)
    wait_for(path, "summary")  # it has heard all
    assert process.poll() is None
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    assert process.wait(10) == 0
    assert "speech begins" in text and text.endswith("dropped 0.00 s.\n")
    process.stderr.close()


@pytest.mark.parametrize("pace", [pytest.param("live", marks=SLOW), "fast"])
def test_a_pipe_that_is_closed_ends_it_quietly(pace, tmp_path):
    path = tmp_path / "e.jsonl"
    process = listener(f"realtime.source.pace={pace}", f"realtime.events.path={path}")
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(30) == 0
    assert process.stderr.read() == "" and summed_up(path)
    process.stderr.close()


@pytest.mark.skipif(not FULL.exists(), reason="not Linux")
def test_output_to_a_full_disk_is_said_and_ends_in_failure():
    with FULL.open("w") as full:
        process = listener("realtime.source.pace=fast", stdout=full)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err.startswith("auricle: No space left on device") and err.count("\n") == 1
