"""Standard input and streams: the numbers are those of the file, and faults are told."""

import http.server
import io
import os
import pty
import shutil
import signal
import socketserver
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from auricle.cli.main import main
from auricle.core.compose import compose
from auricle.core.errors import AuricleError
from auricle.core.project import resource
from auricle.core.schema import parse
from auricle.inference.classify import classify_file
from auricle.inference.scorer import Scorer
from auricle.realtime.app import Listen
from auricle.realtime.engine import Engine
from auricle.realtime.events import Session, Sound, Trouble, Update
from auricle.realtime.sinks import Sink

DEMO = resource("references/demo.flac")
SPEECH = soundfile.read(DEMO, dtype="int16", frames=3 * 16000)[0]

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


@pytest.fixture(scope="module")
def classifier() -> Scorer:
    return Scorer(resource("models/music_speech"))


class Ear(Sink):
    """Keeps what it is told, and hands troubles on to the test."""

    wants_updates = True

    def __init__(self, on_trouble: Callable[["Ear", Trouble], None] = lambda *_: None) -> None:
        self.updates: list[Update] = []
        self.sounds: list[Sound] = []
        self.troubles: list[Trouble] = []
        self.notes: list[str] = []
        self._on_trouble = on_trouble
        self.stop: Callable[[], None] = lambda: None

    def note(self, text: str) -> None:
        self.notes.append(text)

    def update(self, update: Update) -> None:
        self.updates.append(update)

    def sound(self, sound: Sound) -> None:
        self.sounds.append(sound)

    def trouble(self, trouble: Trouble) -> None:
        self.troubles.append(trouble)
        self._on_trouble(self, trouble)

    @property
    def probabilities(self) -> np.ndarray:
        return np.stack([update.probabilities for update in self.updates])


def hear(classifier: Scorer, ear: Ear, *overrides: str) -> Ear:
    """Listen with the real engine until the source ends or the ear stops it."""
    config = parse(compose("listen", list(overrides)), Listen).realtime
    source, bundle = config.listened_to, classifier.bundle
    session = Session("", bundle.name, "", "", bundle.labels, 16000, 0.25, source.name, False)
    engine = Engine(source, classifier, bundle.decision, config.engine, session, [ear])
    ear.stop = engine.stop
    engine.run()
    assert not engine.hangs
    return ear


def of_file(classifier: Scorer, path: Path) -> np.ndarray:
    return classify_file(path, classifier).probabilities()


def auricle(*arguments: str, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from auricle.cli.main import main; main()", *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def end_with_ctrl_c(process: subprocess.Popen[str], again: bool = False) -> tuple[str, str, float]:
    """Interrupt a listener once it listens; give what it said and the seconds until it was gone.

    `again`: as somebody who cannot wait.
    """
    assert process.stdout
    head = ""
    while "Listening to" not in head:
        line = process.stdout.readline()
        assert line, head + process.communicate()[1]
        head += line
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    while again and process.poll() is None:
        time.sleep(0.02)
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    return head + out, err, time.monotonic() - begun


# Standard input


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Give the end of standard input that is written to."""
    read, write = os.pipe()
    with os.fdopen(read) as stdin, os.fdopen(write, "wb", buffering=0) as out:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield out


def written(out: object, data: bytes, piece: int) -> threading.Thread:
    """Write in pieces, then close, while the test listens."""

    def write() -> None:
        for i in range(0, len(data), piece):
            out.write(data[i : i + piece])
        out.close()

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("form", "rate", "channels", "piece"),
    [
        ("s16le", 16000, 1, 1 << 20),
        ("s16le", 16000, 1, 7),
        ("f32le", 16000, 1, 7),
        ("s16le", 44100, 2, 4099),
        ("f32le", 44100, 2, 7),
    ],
)
def test_samples_on_standard_input_are_heard_like_those_of_a_file(
    form: str,
    rate: int,
    channels: int,
    piece: int,
    pipe: object,
    classifier: Scorer,
    tmp_path: Path,
) -> None:
    frames = np.stack([SPEECH, SPEECH[::-1]], axis=1)[: rate + 123, :channels]
    if form == "f32le":
        frames = (frames / 32768).astype("<f4")
    path = tmp_path / "same.wav"
    soundfile.write(path, frames, rate, subtype="PCM_16" if form == "s16le" else "FLOAT")
    # What is left of a frame at the end is no sound.
    written(pipe, frames.astype(frames.dtype.newbyteorder("<")).tobytes() + b"\x55", piece)
    about = [f"realtime.source.{k}={v}" for k, v in (("format", form), ("rate_hz", rate))]
    about += ["realtime/source=stdin", f"realtime.source.channels={channels}"]
    ear = hear(classifier, Ear(), *about)
    np.testing.assert_array_equal(ear.probabilities, of_file(classifier, path))
    assert ear.troubles == []


def test_a_pause_on_standard_input_is_told_with_its_start_and_end(
    pipe: object, classifier: Scorer
) -> None:
    second = SPEECH[16000:32000].tobytes()
    stalled = threading.Event()

    def write() -> None:
        pipe.write(second + second[:1])  # half a sample, whose other half comes after the pause
        stalled.wait(10)
        pipe.write(second[1:])
        pipe.close()

    threading.Thread(target=write, daemon=True).start()
    ear = Ear(lambda _, trouble: stalled.set())
    hear(classifier, ear, "realtime/source=stdin", "realtime.source.stall_s=0.4")
    begun, ended = ear.troubles
    assert (begun.cause, begun.end_s) == ("stalled", None)
    assert "nothing came for 0.4 s" in begun.text
    assert ended.cause == "stalled"
    assert begun.start_s == 1.0
    assert ended.end_s >= 1.38  # the block that ends it begins 20 ms before it is there
    # Each second is heard by itself, the second one after the pause.
    assert len(ear.updates) == 8
    assert ear.updates[4].start_s >= 1.38
    assert np.all(ear.probabilities[:4] == ear.probabilities[4:])


@pytest.mark.parametrize(
    ("data", "form", "message"),
    [
        (b"", "s16le", "held no sound, not one sample"),
        (b"RIFF\x24\0\0\0WAVE" + bytes(64), "s16le", "begins with RIFF"),
        (np.float32([0, np.nan, 0]).tobytes(), "f32le", "realtime.source.format=f32le right?"),
        (SPEECH[:16000].tobytes(), "f32le", "realtime.source.format=f32le right?"),
    ],
)
def test_what_is_no_raw_sound_is_refused_with_the_remedy(
    data: bytes, form: str, message: str, pipe: object, classifier: Scorer
) -> None:
    written(pipe, data, 1 << 16)
    with pytest.raises(AuricleError, match=r"tandard input") as error:
        hear(classifier, Ear(), "realtime/source=stdin", f"realtime.source.format={form}")
    assert message in str(error.value)


def test_a_terminal_on_standard_input_is_refused_with_an_example() -> None:
    terminal, stdin = pty.openpty()
    _, err = auricle("listen", "-", stdin=stdin).communicate(timeout=30)
    os.close(terminal)
    os.close(stdin)
    assert "arecord -q -t raw -f S16_LE -r 16000 -c 1 | auricle listen -" in err
    assert "Traceback" not in err


def test_ctrl_c_ends_a_listener_to_which_nobody_writes() -> None:
    process = auricle("listen", "-", stdin=subprocess.PIPE)
    out, err, lasted_s = end_with_ctrl_c(process)
    assert lasted_s < 1
    assert process.returncode == 130
    assert "Heard 0.00 s" in out
    assert "Traceback" not in err


# Streams


class Server(http.server.ThreadingHTTPServer):
    """Serves what is in `routes`, a function of the request for each path; counts the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.routes: dict[str, Callable[[_Request], None]] = {}
        self.asked: list[str] = []
        self.done = threading.Event()

    def url(self, path: str, user: str = "") -> str:
        return f"http://{user}127.0.0.1:{self.server_port}{path}"

    def handle_error(self, *_: object) -> None:
        """Whoever listened is gone."""


class _Request(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.asked.append(path)
        self.server.routes[path](self)

    def log_message(self, *_: object) -> None:
        pass

    def whole(self, data: bytes, length: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def endless(self, data: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(data)

    def hang(self) -> None:
        self.wfile.flush()
        self.server.done.wait(30)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with Server() as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield serving
        serving.done.set()
        serving.shutdown()


@pytest.fixture(scope="module")
def radio_sound() -> bytes:
    """Ten seconds as a WAV file: ffmpeg wants to see some before it begins."""
    file = io.BytesIO()
    soundfile.write(file, soundfile.read(DEMO, frames=160000)[0], 16000, format="WAV")
    return file.getvalue()


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wav") / "speech.wav"
    soundfile.write(path, SPEECH, 16000)
    return path


def running(url: str) -> list[psutil.Process]:
    """List the processes that were given an address."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if url in (process.info["cmdline"] or []):
            found.append(process)
    return found


def of_url(url: str, *overrides: str) -> list[str]:
    return ["realtime/source=url", f"realtime.source.url='{url}'", *overrides]


@needs_ffmpeg
def test_a_recording_on_a_server_is_heard_like_the_file_and_ends(
    server: Server, classifier: Scorer, tmp_path: Path
) -> None:
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.stack([SPEECH, SPEECH[::-1]], axis=1), 44100)
    server.routes["/stereo.wav"] = lambda r: r.whole(path.read_bytes())
    ear = hear(classifier, Ear(), *of_url(server.url("/stereo.wav")))
    np.testing.assert_array_equal(ear.probabilities, of_file(classifier, path))
    assert ear.troubles == []
    assert running(server.url("/stereo.wav")) == []


@needs_ffmpeg
def test_a_live_stream_that_breaks_off_is_opened_again_and_both_are_told(
    server: Server, classifier: Scorer, radio_sound: bytes
) -> None:
    def radio(request: _Request) -> None:
        if len(server.asked) in (2, 3):
            request.send_error(503)
        else:
            request.endless(radio_sound)
            if len(server.asked) > 1:
                request.hang()

    def ends(ear: Ear, trouble: Trouble) -> None:
        if trouble.end_s is not None:
            ear.stop()

    server.routes["/radio"] = radio
    quick = "realtime.source.retry_least_s=0.05"
    ear = hear(classifier, Ear(ends), *of_url(server.url("/radio"), quick))
    begun, ended = ear.troubles
    assert (begun.cause, begun.end_s, ended.cause) == ("lost", None, "lost")
    assert begun.start_s == pytest.approx(10.0)
    assert ended.end_s > 10.0
    assert len(server.asked) == 4
    kinds = [sound.kind for sound in ear.sounds if sound.start_s < 10 >= sound.end_s]
    assert kinds.count("start") == kinds.count("end") > 0  # nothing is known to go on
    assert running(server.url("/radio")) == []


@needs_ffmpeg
def test_a_live_stream_that_sends_nothing_more_is_opened_again(
    server: Server, classifier: Scorer, radio_sound: bytes
) -> None:
    def radio(request: _Request) -> None:
        request.endless(radio_sound)
        request.hang()

    def ends(ear: Ear, trouble: Trouble) -> None:
        if trouble.end_s is not None:
            ear.stop()

    server.routes["/radio"] = radio
    quick = ("realtime.source.retry_least_s=0.05", "realtime.source.stall_s=2")
    ear = hear(classifier, Ear(ends), *of_url(server.url("/radio"), *quick))
    assert [trouble.cause for trouble in ear.troubles] == ["stalled", "stalled"]
    assert "nothing came for 2 s" in ear.troubles[0].text
    assert ear.troubles[1].end_s >= ear.troubles[0].start_s + 1.5
    assert len(server.asked) == 2


@needs_ffmpeg
def test_a_recording_that_breaks_off_is_an_error_after_what_came(
    server: Server, classifier: Scorer, wav: Path
) -> None:
    data = wav.read_bytes()
    server.routes["/a.wav"] = lambda r: r.whole(data[: len(data) // 2], len(data))
    ear = Ear()
    with pytest.raises(AuricleError, match=r"broke off after 1\.5 of 3\.0 s \(.*prematurely"):
        hear(classifier, ear, *of_url(server.url("/a.wav")))
    assert len(ear.updates) == 6  # of 1.498 s, the end of which is filled up
    assert len(server.asked) == 1


@needs_ffmpeg
def test_a_playlist_reads_no_file_of_this_machine(
    server: Server, classifier: Scorer, wav: Path
) -> None:
    def playlist(segment: str) -> Callable[[_Request], None]:
        head = "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n"
        return lambda r: r.whole(f"{head}{segment}\n#EXT-X-ENDLIST\n".encode())

    segment = wav.with_suffix(".ts")
    make = ["ffmpeg", "-v", "error", "-y", "-i", wav, "-c:a", "mp2", segment]
    subprocess.run(make, check=True)
    server.routes["/segment.ts"] = lambda r: r.whole(segment.read_bytes())
    server.routes["/good.m3u8"] = playlist(server.url("/segment.ts"))
    assert len(hear(classifier, Ear(), *of_url(server.url("/good.m3u8"))).updates) == 12
    server.routes["/bad.m3u8"] = playlist(f"file://{segment}")
    ear = Ear()
    with pytest.raises(AuricleError, match="cannot be listened to"):
        hear(classifier, ear, *of_url(server.url("/bad.m3u8")))
    assert ear.updates == []


@needs_ffmpeg
@pytest.mark.parametrize(
    ("path", "stall_s", "message"),
    [
        ("/404", 20, "Server returned 404 Not Found"),
        ("/401", 20, "401 Unauthorized"),
        ("/page", 20, "cannot be listened to"),
        ("/silent", 0.5, "nothing came for 0.5 s"),
    ],
)
def test_what_cannot_be_listened_to_is_one_line_without_secrets(
    path: str, stall_s: float, message: str, server: Server
) -> None:
    server.routes = {
        "/404": lambda r: r.send_error(404),
        "/401": lambda r: r.send_error(401),
        "/page": lambda r: r.whole(b"<html>No sound here</html>"),
        "/silent": _Request.hang,
    }
    url = server.url(f"{path}?token=geheim", "me:geheim@")
    listener = auricle("listen", url, f"realtime.source.stall_s={stall_s}")
    out, err = listener.communicate(timeout=30)
    assert listener.returncode == 1
    assert message in err
    assert f"***@127.0.0.1:{server.server_port}{path}?***" in err
    assert len(err.splitlines()) == 1
    assert "geheim" not in out + err
    assert running(url) == []


@needs_ffmpeg
@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("after", ["sound", "hang"])
def test_ctrl_c_ends_ffmpeg_too(
    after: str, again: bool, server: Server, radio_sound: bytes
) -> None:
    def radio(request: _Request) -> None:
        request.endless(radio_sound)
        while after == "sound" and not server.done.wait(0.1):
            request.wfile.write(SPEECH.tobytes()[:3200])
        request.hang()

    server.routes["/radio"] = radio
    url = server.url("/radio?token=geheim", "me:geheim@")
    environment = {**os.environ, "RADIO": url}
    listener = auricle("listen", "realtime.source.url_env=RADIO", env=environment)
    out, err, lasted_s = end_with_ctrl_c(listener, again)
    assert lasted_s < 1
    assert listener.returncode == 130
    assert running(url) == []
    assert "geheim" not in out + err
    assert "Traceback" not in err


@needs_ffmpeg
def test_a_camera_s_sound_is_heard_sample_for_sample(classifier: Scorer, wav: Path) -> None:
    """RTSP, its sound in the connection itself: a server of a few lines, and real packets."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Camera) as camera:
        camera.daemon_threads = True
        threading.Thread(target=camera.serve_forever, daemon=True).start()
        url = f"rtsp://127.0.0.1:{camera.server_address[1]}/door"
        ear = hear(classifier, Ear(lambda ear, _: ear.stop()), *of_url(url))
        camera.shutdown()
    np.testing.assert_array_equal(ear.probabilities, of_file(classifier, wav))
    assert [trouble.cause for trouble in ear.troubles[:1]] == ["lost"]


class Camera(socketserver.StreamRequestHandler):
    """Enough of RTSP (RFC 2326) to send L16 samples (RFC 3551), interleaved."""

    def handle(self) -> None:
        sdp = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 0 RTP/AVP 97\r\n"
        sdp += "a=rtpmap:97 L16/16000/1\r\na=control:sound\r\n"
        while (method := self.rfile.readline().split(b" ")[0].decode()) != "":
            headers = {}
            while (line := self.rfile.readline().decode().strip()) != "":
                name, _, value = line.partition(": ")
                headers[name] = value
            answer = f"RTSP/1.0 200 OK\r\nCSeq: {headers['CSeq']}\r\nSession: 1\r\n"
            if method == "DESCRIBE":
                answer += f"Content-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n"
            if method == "SETUP":
                answer += f"Transport: {headers['Transport']}\r\n"
            self.wfile.write(f"{answer}\r\n{sdp if method == 'DESCRIBE' else ''}".encode())
            if method == "PLAY":
                self.play()
                return

    def play(self) -> None:
        for i in range(0, len(SPEECH), 320):
            rtp = struct.pack(">BBHII", 0x80, 97, i // 320, i, 1)
            packet = rtp + SPEECH[i : i + 320].astype(">i2").tobytes()
            self.wfile.write(struct.pack(">cBH", b"$", 0, len(packet)) + packet)


def test_without_ffmpeg_it_is_said_what_helps(
    classifier: Scorer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AuricleError, match="apt-get install ffmpeg"):
        hear(classifier, Ear(), *of_url("http://127.0.0.1/"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["listen", "file:///etc/passwd"], "a file is listened to by its path"),
        (["listen", "concat://a|b"], "is no address of a stream: it begins with http, https, rtsp"),
        (["listen", "http://me:geheim@h/a b"], "url=http://***@h/a b is no address"),
        (["listen", "http://h/a=1", "realtime.source.retry_most_s=0"], "must be at least retry"),
        (["listen", "http://h/a", "realtime.source.url_env=HOME"], "give one of the two"),
        (["listen", "realtime/source=url"], "give one of the two"),
        (["listen", "realtime.source.url_env=NOT_THERE"], "export NOT_THERE=https://..."),
        (["listen", "-", "realtime.source.format=mp3"], "format=mp3 is none of s16le, f32le"),
        (["listen", "--", "-"], "There is no file -:"),
        (["listen", "--", "http://h/a"], "There is no file http:/h/a:"),
    ],
)
def test_a_mistake_in_what_to_listen_to_is_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="1"):
        main(arguments)
    err = capsys.readouterr().err
    assert message in err
    assert len(err.splitlines()) == 1
    assert "geheim" not in err
