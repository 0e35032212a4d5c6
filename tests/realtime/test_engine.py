"""The engine hears what `classify` hears, keeps time, counts what it loses, says what is wrong."""

import threading
import time
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.core.compose import compose
from auricle.core.errors import AuricleError
from auricle.core.project import resource
from auricle.core.schema import parse
from auricle.inference.classify import classify_file
from auricle.inference.scorer import Scorer
from auricle.realtime.app import Listen, session_of
from auricle.realtime.engine import Engine
from auricle.realtime.settings import Engine as Settings
from auricle.realtime.sinks import Sink

DEMO = resource("references/demo.flac")
RATE = 16000
SETTINGS = Settings(queue_s=5.0, block_s=0.02, gap_s=0.5, muted_s=0.5, hang_s=5.0, ongoing_s=10.0)


@pytest.fixture(scope="module")
def classifier():
    return Scorer(resource("models/music_speech"))


@pytest.fixture(scope="module")
def speech():
    """Give the first seconds of the demonstration, which are speech."""
    samples, _ = soundfile.read(DEMO, dtype="float32", frames=3 * RATE)
    return samples


class Given:
    """A source of given blocks; a callable among them is called with the queue instead."""

    name = "blocks"

    def __init__(self, blocks, waits=True, live=False, continuous=False, rate=RATE, channels=1):
        self.blocks, self.rate, self.channels = blocks, rate, channels
        self.waits, self.live, self.continuous = waits, live, continuous
        self.through = threading.Event()

    def run(self, queue, sample_rate_hz, block_s, stop):
        queue.open(self.rate, self.name, self.channels)
        for block in self.blocks:
            if callable(block):
                block(queue)
            elif isinstance(block, tuple):
                queue.put(*block)
            else:
                queue.put(block)
        self.through.set()


class Kept(Sink):
    """Keeps all it is told."""

    wants_audio = wants_updates = True

    def __init__(self):
        self.updates, self.sounds, self.troubles, self.heard, self.notes = [], [], [], [], []

    def audio(self, start_s, samples):
        self.heard.append((start_s, samples))

    def update(self, update):
        self.updates.append(update)

    def sound(self, sound):
        self.sounds.append(sound)

    def trouble(self, trouble):
        self.troubles.append(trouble)

    def note(self, text):
        self.notes.append(text)


@cache
def asked_for(*overrides):
    return parse(compose("listen", overrides), Listen)


def listen(source, classifier, settings=SETTINGS, sink=None, **decision):
    kept = sink or Kept()
    bundle = classifier.bundle
    asked = asked_for(*(f"decision.{k}={v}" for k, v in decision.items()))
    engine = Engine(
        source,
        classifier,
        asked.decision.over(bundle.decision, bundle.labels),
        settings,
        session_of(source, classifier),
        [kept],
    )
    engine.run()
    assert not engine.hangs
    return engine, kept


def offline(samples, classifier, folder):
    path = folder / "sound.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return classify_file(path, classifier)


def cut(samples, sizes):
    """Cut into blocks of these sizes, over and over."""
    blocks, at, turn = [], 0, 0
    while at < len(samples):
        size = sizes[turn % len(sizes)]
        blocks.append(samples[at : at + size])
        at, turn = at + size, turn + 1
    return blocks


@pytest.mark.parametrize("size", [1, 7, 160, 4000, 5513])
def test_live_scores_are_those_of_the_file(size, speech, classifier, tmp_path):
    samples = speech[: RATE if size == 1 else None]
    expected = offline(samples, classifier, tmp_path)
    engine, kept = listen(Given(cut(samples, [size])), classifier)
    live = np.stack([update.probabilities for update in kept.updates])
    np.testing.assert_array_equal(live, expected.probabilities())
    levels = np.array([update.level_dbfs for update in kept.updates], np.float32)
    np.testing.assert_array_equal(levels, expected.levels_dbfs)
    assert [update.start_s for update in kept.updates] == [0.25 * i for i in range(len(live))]
    assert engine.health.heard_s == pytest.approx(len(samples) / RATE)


@pytest.fixture(scope="module")
def whole(speech, classifier):
    """Give what is told of two seconds of speech that come at once."""
    return listen(Given([speech[: 2 * RATE]]), classifier)[1]


@settings(deadline=None, max_examples=15)
@given(sizes=st.lists(st.integers(1, 9000), min_size=1, max_size=20))
def test_blocks_of_any_sizes_give_the_same_scores(speech, classifier, whole, sizes):
    _, parts = listen(Given(cut(speech[: 2 * RATE], sizes)), classifier)
    for one, other in zip(whole.updates, parts.updates, strict=True):
        np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_bytes_and_samples_are_the_same_sound(speech, classifier):
    as_bytes = [block.tobytes() for block in cut(speech, [320])]
    one, other = listen(Given([speech]), classifier)[1], listen(Given(as_bytes), classifier)[1]
    for a, b in zip(one.updates, other.updates, strict=True):
        np.testing.assert_array_equal(a.probabilities, b.probabilities)


def test_channels_are_averaged_and_another_rate_is_resampled(classifier, tmp_path):
    rng = np.random.default_rng(0)
    stereo = (0.1 * rng.standard_normal((3 * 44100, 2))).astype(np.float32)
    path = tmp_path / "stereo.wav"
    soundfile.write(path, stereo, 44100, subtype="FLOAT")
    expected = classify_file(path, classifier).probabilities()
    blocks = [block.reshape(-1) for block in np.array_split(stereo, 100)]
    _, kept = listen(Given(blocks, rate=44100, channels=2), classifier)
    # The live stream has no end at which the resampler would give its last samples.
    live = np.stack([update.probabilities for update in kept.updates])
    assert len(live) >= len(expected) - 1
    np.testing.assert_array_equal(live, expected[: len(live)])


def test_a_full_queue_drops_the_oldest_says_so_and_keeps_the_time(classifier):
    """The listener is held up until the source is through: what did not fit is missing."""
    seconds = [np.full(RATE, 0.1 * i, np.float32) for i in range(9)]
    source = Given(seconds, waits=False)

    class Slow(Kept):
        def update(self, update):
            source.through.wait(10)
            super().update(update)

    small = Settings(queue_s=3.0, block_s=1.0, gap_s=0.5, muted_s=9, hang_s=5.0, ongoing_s=10)
    engine, kept = listen(source, classifier, small, Slow())
    health = engine.health
    assert health.dropped_s > 0
    assert health.heard_s + health.dropped_s == 9
    assert health.gaps == 1
    assert kept.updates[-1].end_s == 9.0
    # The windows' levels say which seconds were heard: the first, and the newest.
    for update in kept.updates:
        level = 20 * np.log10(max(0.1 * int(update.start_s), 1e-6))
        assert update.level_dbfs == pytest.approx(level, abs=0.01)
    assert [t.cause for t in kept.troubles] == ["dropped", "dropped"]
    assert kept.troubles[0].end_s is None and kept.troubles[1].end_s is not None


def test_a_source_that_waits_loses_nothing(classifier):
    seconds = [np.full(RATE, 0.1, np.float32) for _ in range(9)]
    small = Settings(queue_s=1.0, block_s=1.0, gap_s=0.5, muted_s=9, hang_s=5.0, ongoing_s=10)
    engine, kept = listen(Given(seconds), classifier, small)
    assert engine.health.heard_s == 9 and engine.health.dropped_s == 0
    assert len(kept.updates) == 36 and kept.troubles == []


def test_a_hole_in_a_microphones_sound_moves_the_time(speech, classifier):
    """A suspended machine: two seconds, ten that nobody captured, then one."""
    at = 1000.0
    blocks = [(speech[:RATE], at), (speech[RATE : 2 * RATE], at + 1)]
    blocks.append((speech[2 * RATE :], at + 12))
    source = Given(blocks, waits=True, live=True, continuous=True)
    engine, kept = listen(source, classifier)
    assert kept.updates[-1].end_s == pytest.approx(13, abs=0.05)
    assert engine.health.missing_s == pytest.approx(10, abs=0.05)
    starts = [m.start_s for m in kept.updates]
    assert [b - a for a, b in pairwise(starts)].count(0.25) == len(starts) - 2
    begun, ended = kept.troubles
    assert (begun.cause, ended.cause) == ("gap", "gap")
    assert begun.start_s == pytest.approx(2.0) and "10.0 s" in begun.text
    # What sounded before the hole is not known to have gone on in it.
    ends = [s.end_s for s in kept.sounds if s.kind == "end"]
    assert ends[0] <= 2.0


def test_lateness_of_a_network_stream_is_no_hole(speech, classifier):
    blocks = [(speech[:RATE], 1000.0), (speech[RATE:], 1009.0)]
    engine, kept = listen(Given(blocks, live=True), classifier)
    assert engine.health.gaps == 0 and kept.updates[-1].end_s == 3.0


def test_a_trouble_lasts_until_sound_comes_again(speech, classifier):
    at = 1000.0

    def lost(queue):
        queue.trouble("lost", "the cable came off")

    def back(queue):
        queue.open(RATE, "blocks")

    blocks = [(speech[: 2 * RATE], at), lost, back, (speech[2 * RATE :], at + 7)]
    _, kept = listen(Given(blocks, live=True, continuous=True), classifier)
    begun, ended = kept.troubles
    assert (begun.cause, begun.text, begun.end_s) == ("lost", "the cable came off", None)
    assert begun.start_s == 2.0
    assert ended.end_s - ended.start_s == pytest.approx(5, abs=0.05)
    assert ended.end_wall_s - ended.start_wall_s == pytest.approx(5, abs=0.05)
    order = [s.kind for s in kept.sounds]
    assert order[:2] == ["start", "end"]  # the end is told when the sound breaks off
    assert kept.notes == ["Listening to blocks. Ctrl-C ends it."] * 2
    assert kept.updates[-1].end_s == pytest.approx(8, abs=0.05)


def test_exact_zeros_of_a_microphone_mean_that_it_is_muted(speech, classifier):
    silence = [np.zeros(1600, np.float32)] * 20
    loud = cut(speech[:RATE], [1600])
    _, kept = listen(Given([*loud, *silence, *loud], live=True, continuous=True), classifier)
    begun, ended = kept.troubles
    assert begun.cause == "muted" and "muted" in begun.text
    assert begun.start_s == pytest.approx(1.0, abs=0.01)
    assert ended.end_s == pytest.approx(3.0, abs=0.11)
    assert listen(Given([*loud, *silence, *loud]), classifier)[1].troubles == []


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_what_is_no_sound_is_told_and_does_not_stay(value, speech, classifier):
    sound = np.concatenate([speech, np.zeros(2 * RATE, np.float32)])
    sound[2 * RATE : 2 * RATE + 100] = value
    _, kept = listen(Given(cut(sound, [320]), live=True, continuous=True), classifier)
    assert [t.cause for t in kept.troubles][:2] == ["broken", "broken"]
    assert kept.troubles[1].end_s == pytest.approx(2.02)
    assert kept.updates[-1].sounding == []
    assert all(np.isfinite([s.confidence, s.peak, s.level_dbfs]).all() for s in kept.sounds)


def test_overflows_of_the_device_are_counted_and_told(speech, classifier):
    def overflow(queue):
        queue.overflows += 1

    engine, kept = listen(Given([speech, overflow, speech]), classifier)
    assert engine.health.overflows == 1
    assert [t.cause for t in kept.troubles] == ["overflow", "overflow"]


def test_a_continuous_sound_is_told_again_while_it_lasts(speech, classifier):
    often = Settings(queue_s=5.0, block_s=0.02, gap_s=0.5, muted_s=9, hang_s=5.0, ongoing_s=1.0)
    _, kept = listen(Given([speech] * 3), classifier, often, hold_s=2.0)
    told = [(s.kind, s.label) for s in kept.sounds if s.label == "speech"]
    assert told[0] == ("start", "speech") and told[-1] == ("end", "speech")
    assert told.count(("ongoing", "speech")) >= 6
    assert all(s.start_s == kept.sounds[0].start_s for s in kept.sounds if s.label == "speech")


def test_a_sink_that_fails_is_a_trouble_that_the_others_tell(speech, classifier):
    class Full(Sink):
        def __init__(self):
            self.calls = 0

        def sound(self, sound):
            self.calls += 1
            if self.calls == 1:
                raise OSError(28, "No space left on device", "events.jsonl")

    kept, full = Kept(), Full()
    source = Given([speech, np.zeros(2 * RATE, np.float32), speech])
    bundle = classifier.bundle
    session = session_of(source, classifier)
    Engine(source, classifier, bundle.decision, SETTINGS, session, [full, kept]).run()
    assert [t.cause for t in kept.troubles] == ["sink", "sink"]
    assert "No space left on device: events.jsonl" in kept.troubles[0].text
    assert full.calls == len(kept.sounds) >= 2


def test_a_source_that_fails_ends_both_threads(classifier):
    def fail(_):
        raise AuricleError("the cable came off")

    before = threading.active_count()
    with pytest.raises(AuricleError, match="the cable came off"):
        listen(Given([np.zeros(4000, np.float32), fail]), classifier)
    assert threading.active_count() == before


def test_the_time_of_the_day_follows_the_samples(speech, classifier):
    before = time.time()
    _, kept = listen(Given(cut(speech, [RATE // 2]), live=True, continuous=True), classifier)
    last = kept.updates[-1]
    # All of it came within a moment, so it counts as captured just now.
    assert abs(last.wall_s - before) < 5
    assert kept.updates[0].wall_s - last.wall_s == pytest.approx(
        kept.updates[0].end_s - last.end_s, abs=0.2
    )
    assert listen(Given([speech]), classifier)[1].updates[0].wall_s is None


def test_no_block_of_a_hung_source_keeps_the_listener_alive(classifier):
    never = threading.Event()
    source = Given([lambda _: never.wait(10)])
    engine = Engine(
        source, classifier, classifier.bundle.decision, SETTINGS, session_of(source, classifier), []
    )
    threading.Timer(0.2, engine.stop).start()
    begun = time.monotonic()
    engine.run()
    assert time.monotonic() - begun < 2
    assert engine.hangs
    never.set()


def test_a_second_signal_in_the_midst_of_the_first_does_not_hang(classifier):
    source = Given([])
    engine = Engine(
        source, classifier, classifier.bundle.decision, SETTINGS, session_of(source, classifier), []
    )

    class Interrupted(threading.Event):
        """What a handler of SIGHUP does while that of SIGTERM holds the lock of the event."""

        def set(self):
            with self._cond:
                engine.stop()
            super().set()

    engine._stop = Interrupted()
    ends = threading.Thread(target=engine.stop, daemon=True)
    ends.start()
    ends.join(2)
    assert not ends.is_alive()
    assert engine._stop.is_set()


def test_a_device_that_hangs_while_it_is_opened_is_told(speech, classifier):
    told = threading.Event()

    class Waits(Kept):
        def trouble(self, trouble):
            super().trouble(trouble)
            told.set()

    hung = Given([lambda _: told.wait(10), speech], live=True, continuous=True)
    soon = Settings(queue_s=5.0, block_s=0.02, gap_s=0.5, muted_s=9, hang_s=0.1, ongoing_s=10)
    _, kept = listen(hung, classifier, soon, Waits())
    assert [t.cause for t in kept.troubles] == ["stalled", "stalled"]
    assert "no sign of it for 0.1 s" in kept.troubles[0].text
