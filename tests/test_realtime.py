"""The listener: what it says of a file, through its threads, and how it ends."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from auricle.bundle import Classifier
from auricle.classify import classify_file
from auricle.config import compose, parse, resource
from auricle.errors import AuricleError
from auricle.realtime.app import Listen
from auricle.realtime.engine import Engine, Moment, Realtime
from auricle.realtime.sources import File

DEMO = resource("references/demo.flac")


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(resource("models/music_speech"))


@pytest.fixture(scope="module")
def settings() -> Realtime:
    return parse(compose("listen", []), Listen).realtime


class Blocks:
    """A source of given blocks, whose producer the test controls."""

    name = "blocks"

    def __init__(self, blocks: list[np.ndarray], waits: bool = True) -> None:
        self._blocks, self.waits = blocks, waits
        self.given = threading.Event()

    def blocks(
        self, sample_rate_hz: int, block_s: float, stop: threading.Event
    ) -> Iterator[np.ndarray]:
        yield from self._blocks
        self.given.set()


def run_engine(
    source: object, classifier: Classifier, settings: Realtime, on_moment: object = None
) -> tuple[Engine, list[Moment]]:
    moments: list[Moment] = []
    decision = classifier.bundle.decision
    engine = Engine(
        source,
        classifier,
        decision,
        settings,
        on_moment or moments.append,
    )
    engine.run()
    return engine, moments


@pytest.mark.parametrize("size", [1000, 160, 5513, 7])
def test_live_scores_are_those_of_the_file(
    size: int, classifier: Classifier, settings: Realtime
) -> None:
    samples, _ = soundfile.read(DEMO, dtype="float32", frames=16000 * 3)
    offline = classify_file_of(samples, classifier)
    blocks = [samples[i : i + size] for i in range(0, len(samples), size)]
    engine, moments = run_engine(Blocks(blocks), classifier, settings)
    live = np.stack([moment.probabilities for moment in moments])
    np.testing.assert_array_equal(live, offline)
    assert engine.counts.samples == len(samples)
    assert engine.counts.dropped_samples == 0
    starts = [moment.start_s for moment in moments]
    assert starts == [0.25 * i for i in range(len(offline))]


def classify_file_of(samples: np.ndarray, classifier: Classifier) -> np.ndarray:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.wav"
        soundfile.write(path, samples, 16000, subtype="FLOAT")
        return classify_file(path, classifier).probabilities()


def test_a_full_queue_drops_the_oldest_counts_it_and_keeps_the_time(
    classifier: Classifier, settings: Realtime
) -> None:
    """The listener is held up until the source is through: what did not fit is missing."""
    second = [np.full(16000, 0.1 * i, np.float32) for i in range(9)]
    source = Blocks(second, waits=False)
    small = Realtime(queue_s=3.0, block_s=1.0, source=settings.source)
    moments: list[Moment] = []

    def slow(moment: Moment) -> None:
        source.given.wait(10)
        moments.append(moment)

    engine, _ = run_engine(source, classifier, small, slow)
    heard_s = engine.counts.samples / 16000
    assert engine.counts.dropped_samples > 0
    assert heard_s + engine.counts.dropped_samples / 16000 == 9
    assert engine.counts.gaps == 1
    assert moments[-1].end_s == 9.0
    # The windows' levels say which seconds were heard: the first, and the newest.
    for moment in moments:
        expected = 0.1 * int(moment.start_s)
        level = 20 * np.log10(max(expected, 1e-6))
        assert moment.level_dbfs == pytest.approx(level, abs=0.01)


def test_a_source_that_fails_ends_both_threads(classifier: Classifier, settings: Realtime) -> None:
    class Broken(Blocks):
        def blocks(self, *_: object) -> Iterator[np.ndarray]:
            yield np.zeros(4000, np.float32)
            raise AuricleError("the cable came off")

    before = threading.active_count()
    with pytest.raises(AuricleError, match="the cable came off"):
        run_engine(Broken([]), classifier, settings)
    assert threading.active_count() == before


def test_a_listener_that_fails_ends_both_threads(
    classifier: Classifier, settings: Realtime
) -> None:
    def broken(_: Moment) -> None:
        raise OSError("disk full")

    endless = Blocks([np.zeros(4000, np.float32)] * 1000)
    with pytest.raises(OSError, match="disk full"):
        run_engine(endless, classifier, settings, broken)


def listen(*arguments: str, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from auricle.cli import main; main()", "listen", *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1, **options
    )


def test_the_demonstration_is_called_one_and_named_rightly() -> None:
    """What the generator put where: speech, music, both, neither (datasets/starter/demo.py)."""
    out, err = listen("realtime.source.pace=fast").communicate(timeout=60)
    assert err == ""
    assert "This is a demonstration" in out
    assert "models/music_speech" in out
    sounding = events_of(out)
    assert share(sounding["speech"], 0.5, 10) > 0.6
    assert share(sounding["music"], 10.5, 20) > 0.8
    assert share(sounding["music"], 31, 40) < 0.2
    assert share(sounding["speech"], 31, 40) < 0.2
    assert "Heard 40.00 s in 160 windows; dropped 0.00 s." in out


def events_of(text: str) -> dict[str, list[tuple[float, float]]]:
    begun: dict[str, float] = {}
    events: dict[str, list[tuple[float, float]]] = {"speech": [], "music": []}
    for line in text.splitlines():
        words = line.split()
        if len(words) > 2 and words[2] in ("begins", "ends"):
            minutes, seconds = words[0].split(":")
            time_s = 60 * int(minutes) + float(seconds)
            if words[2] == "begins":
                begun[words[1]] = time_s
            else:
                events[words[1]].append((begun.pop(words[1]), time_s))
    assert not begun, "every sound that begins ends"
    return events


def share(events: list[tuple[float, float]], start: float, end: float) -> float:
    inside = (max(0.0, min(e, end) - max(s, start)) for s, e in events)
    return sum(inside) / (end - start)


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_it_with_a_summary(sent: int, status: int) -> None:
    process = listen()
    assert process.stdout
    head = [process.stdout.readline(), process.stdout.readline(), process.stdout.readline()]
    assert "begins" in head[-1]  # it is listening
    process.send_signal(sent)
    out, err = process.communicate(timeout=5)
    assert "dropped 0.00 s" in out
    assert "Traceback" not in err
    assert process.returncode == status


def test_a_closed_pipe_ends_it_quietly() -> None:
    process = listen("realtime.source.pace=fast", env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert process.stdout and process.stderr
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=30) == 0
    assert process.stderr.read() == ""


def test_paced_as_live_it_lasts_as_long_as_the_sound(settings: Realtime, tmp_path: Path) -> None:
    import time

    path = tmp_path / "half.wav"
    soundfile.write(path, np.zeros(8000), 16000)
    begun = time.monotonic()
    blocks = list(File("file", str(path), False, "live").blocks(16000, 0.1, threading.Event()))
    assert time.monotonic() - begun >= 0.5
    assert sum(map(len, blocks)) == 8000
    assert [len(block) for block in blocks] == [1600] * 5


def test_decisions_can_be_overridden_over_the_bundle(classifier: Classifier) -> None:
    given = parse(compose("listen", ["decision.hold_s=3.5"]), Listen).decision
    merged = given.over(classifier.bundle.decision)
    assert merged.hold_s == 3.5
    assert merged.context_s == classifier.bundle.decision.context_s


def test_no_hydra_folder_is_left(tmp_path: Path) -> None:
    listen("realtime.source.pace=fast", cwd=tmp_path).communicate(timeout=60)
    assert list(tmp_path.iterdir()) == []
