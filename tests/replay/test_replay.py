"""A programme is what it says, the engine hears all of it, and what it tells is judged rightly."""

import dataclasses
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.audio.io import load
from auricle.audio.level import level_dbfs
from auricle.core.compose import compose
from auricle.core.errors import AuricleError
from auricle.core.project import resource
from auricle.core.schema import parse
from auricle.evaluation.metrics import Bootstrap, quantile
from auricle.inference.scorer import Scorer
from auricle.pipeline.replay_realtime import Config
from auricle.realtime.block_queue import Block, BlockQueue, Opened
from auricle.realtime.engine import Engine
from auricle.realtime.events import Health, Session
from auricle.realtime.sinks import Sink
from auricle.replay.listener import Event, Listener, Replayed, refuse_unheard, replay
from auricle.replay.matching import Truth, match
from auricle.replay.playlist import Played, Playlist, Recording
from auricle.replay.replay_metrics import ReplayMetrics
from auricle.replay.replay_tables import write_tables
from auricle.replay.states import States, agreement_s
from helpers import RATE, bundle_of, composed

LABELS = ["speech", "music"]


def settings_of(**changes):
    plain = parse(composed(), Config).replay
    return dataclasses.replace(plain, **{"bootstrap": 50, **changes})


# --- the programme


def write(path, samples, rate=RATE):
    """Write a recording, exactly."""
    soundfile.write(path, np.asarray(samples, np.float32), rate, subtype="FLOAT")
    return path


def recordings(folder, count=5, seconds=3.0):
    """Write recordings that differ in length and in the one value they hold."""
    return [
        Recording(
            write(folder / f"{i}.wav", np.full(round((seconds + i / 10) * RATE), (1 + i) / 16)),
            ("speech",),
            f"group {i}",
        )
        for i in range(count)
    ]


def stream_of(programme, rate=RATE):
    """Play a programme to nobody, and give its samples and the longest block."""
    queue = BlockQueue(1e9, waits=True, live=False, stop=threading.Event())
    programme.run(queue, rate, 0.02, threading.Event())
    queue.close()
    items = queue.take()
    assert isinstance(items[0], Opened) and items[0].rate_hz == rate
    assert all(isinstance(item, Block) for item in items[1:])
    blocks = [item.data for item in items[1:]]
    return np.concatenate(blocks), max(map(len, blocks))


def test_each_recording_is_played_once_when_it_is_said_to_be(tmp_path):
    given_ones = recordings(tmp_path)
    programme = Playlist(given_ones, settings_of(noise_dbfs=None))
    sound, _ = stream_of(programme)
    assert sorted(one.recording.path for one in programme.played) == [r.path for r in given_ones]
    at = 0
    for one in programme.played:
        start, end, until = (round(t * RATE) for t in (one.start_s, one.end_s, one.until_s))
        assert start == at
        assert np.array_equal(sound[start:end], load(one.recording.path, RATE))
        assert 2.0 <= one.until_s - one.end_s <= 8.0
        assert not sound[end:until].any()
        at = until
    assert at == len(sound) == programme.samples


def test_memory_is_bounded_by_a_block_of_a_second(tmp_path):
    long = Recording(write(tmp_path / "long.wav", np.zeros(90 * RATE)), (), "")
    sound, longest = stream_of(Playlist([long], settings_of(recording_s=None)))
    assert len(sound) > 90 * RATE
    assert longest <= RATE


def test_a_long_recording_is_cut_and_a_late_one_left_out(tmp_path):
    programme = Playlist(
        recordings(tmp_path), settings_of(recording_s=2.0, gap_s=[1.0, 1.0], most_hours=7 / 3600)
    )
    sound, _ = stream_of(programme)
    # 2 s and a gap of 1 s each: the third begins after 6 s, a fourth would after 9 s
    assert [(p.start_s, p.end_s) for p in programme.played] == [(0, 2), (3, 5), (6, 8)]
    assert len(sound) == 9 * RATE


def test_the_seed_draws_the_order_and_the_gaps(tmp_path):
    given_ones = recordings(tmp_path)
    first, again, other = (
        stream_of(Playlist(given_ones, settings_of(seed=seed)))[0] for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first[: len(other)], other[: len(first)])


def test_noise_lies_under_all_of_it_at_its_level(tmp_path):
    given_ones = recordings(tmp_path)
    programme = Playlist(given_ones, settings_of(noise_dbfs=-40.0))
    sound, _ = stream_of(programme)
    plain, _ = stream_of(Playlist(given_ones, settings_of(noise_dbfs=None)))
    noise = sound - plain
    assert level_dbfs(noise) == pytest.approx(-40, abs=0.5)
    # Noise is never still: no window of it is far from its level.
    assert level_dbfs(noise[: len(noise) // RATE * RATE].reshape(-1, RATE)).min() > -46


def test_a_recording_at_another_rate_lasts_as_long(tmp_path):
    one = Recording(write(tmp_path / "a.wav", np.zeros(44100), 44100), ("speech",), "")
    programme = Playlist([one], settings_of())
    stream_of(programme)
    assert programme.played[0].end_s == pytest.approx(1.0, abs=1e-3)


def test_a_programme_that_is_stopped_plays_no_further(tmp_path):
    programme, stop = Playlist(recordings(tmp_path), settings_of()), threading.Event()
    stop.set()
    queue = BlockQueue(5, waits=True, live=False, stop=stop)
    programme.run(queue, RATE, 0.02, stop)
    assert programme.samples == 0


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"gap_s": [3.0, 2.0]}, r"gap_s=\[3.0, 2.0\] must be two numbers"),
        ({"gap_s": [3.0]}, "gap_s="),
        ({"gap_s": [-1.0, 2.0]}, "gap_s="),
        ({"most_hours": 0.0}, "most_hours=0.0 must be positive, or null"),
        ({"recording_s": -1.0}, "recording_s=-1.0"),
        ({"noise_dbfs": 3.0}, "noise_dbfs=3.0 must not be above full scale"),
        ({"overlap_s": 0.0}, "overlap_s=0.0"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_what_cannot_be_played_is_refused(changes, told):
    with pytest.raises(AuricleError, match=told):
        settings_of(**changes)


# --- the engine


class Constant:
    """A classifier that names constant sound: +0.5 speech, -0.5 music, 0.25 both, else nothing."""

    folder = Path("of tests")

    def __init__(self, **decision):
        self.bundle = bundle_of(LABELS, **decision)

    def logits(self, windows):
        mean = windows.mean(axis=1)
        both = (mean > 0.2) & (mean < 0.3)
        speech, music = (mean > 0.4) | both, (mean < -0.4) | both
        return np.where(np.stack([speech, music], axis=1), 9, -9).astype(np.float32)


VALUES = {("speech",): 0.5, ("music",): -0.5, ("speech", "music"): 0.25, (): 0.0}


def of_constants(folder, seconds=3.0):
    return [
        Recording(
            write(folder / f"{i}.wav", np.full(round(seconds * RATE), value)), labels, f"group {i}"
        )
        for i, (labels, value) in enumerate(VALUES.items())
    ]


def test_an_ideal_classifier_is_as_late_as_its_durations_say(tmp_path):
    """Gaps of whole windows, so that each recording begins with one."""
    ideal = Constant(min_duration_s=0.75, hold_s=0.5)
    asked = settings_of(gap_s=[2.0, 2.0], noise_dbfs=None)
    replayed = replay(of_constants(tmp_path), ideal, asked)
    figures = ReplayMetrics(replayed, LABELS, asked)
    assert len(figures.matching.sounds) == 4
    for one in figures.matching.sounds:
        assert one.begin_delay_s == pytest.approx(0.75)
        assert one.end_delay_s == pytest.approx(0.5)
        (event,) = one.events
        assert (event.start_s, event.end_s) == (one.truth.start_s, one.truth.end_s)
    assert figures.matching.false == []
    found = figures.metrics()
    assert found["right"]["told"]["value"] == pytest.approx(1)
    # Of 20 s, three recordings are told 0.75 s late and ended 0.5 s late.
    assert found["right"]["live"]["value"] == pytest.approx(1 - 3 * 1.25 / 20)
    assert found["programme"]["windows"] == 20 / 0.25


def test_the_delay_is_until_it_is_told_and_not_what_the_event_is_dated(tmp_path):
    late = Constant(min_duration_s=2.0, hold_s=0.25)
    asked = settings_of(gap_s=[2.0, 2.0], noise_dbfs=None)
    figures = ReplayMetrics(replay(of_constants(tmp_path), late, asked), LABELS, asked)
    assert [one.begin_delay_s for one in figures.matching.sounds] == pytest.approx([2.0] * 4)


def test_what_is_still_on_when_the_programme_ends_is_told_then(tmp_path):
    asked = settings_of(gap_s=[0.0, 0.0], noise_dbfs=None)
    speech = [one for one in of_constants(tmp_path) if one.labels == ("speech",)]
    replayed = replay(speech, Constant(min_duration_s=0.25, hold_s=1.0), asked)
    (event,) = replayed.events
    assert (event.told_s, event.end_s, event.ended_s) == (0.25, 3.0, 3.0)


class Moments(Sink):
    """A sink that keeps what the engine says is on, window by window."""

    wants_updates = True

    def __init__(self):
        self.updates = []

    def update(self, update):
        self.updates.append(update)


@pytest.fixture(scope="module")
def shipped():
    return Scorer(resource("models/music_speech"))


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory):
    """Ten seconds each of speech, music, both and neither (synthesis/demo.py)."""
    samples = load(resource("references/demo.flac"), RATE)
    folder = tmp_path_factory.mktemp("demonstration")
    kinds = [("speech",), ("music",), ("music", "speech"), ()]
    return [
        Recording(
            write(folder / f"{i}.wav", samples[round((10 * i + 0.5) * RATE) : 10 * (i + 1) * RATE]),
            labels,
            f"group {i}",
        )
        for i, labels in enumerate(kinds)
    ]


def test_what_is_on_at_a_time_is_what_the_engine_said_then(shipped, demonstration):
    programme, listener, updates = Playlist(demonstration, settings_of()), Listener(), Moments()
    bundle = shipped.bundle
    session = Session("", "", "", "", bundle.labels, RATE, 0.25, "", demonstration=False)
    sinks = [listener, updates]
    engine = Engine(programme, shipped, bundle.decision, settings_of().engine, session, sinks)
    engine.run()
    listener.date(updates.updates[-1].end_s)
    live = States.of(bundle.labels, ((e.label, e.told_s, e.ended_s) for e in listener.events))
    now_s = np.array([update.end_s for update in updates.updates[:-1]])
    said = [[name in m.sounding for m in updates.updates[:-1]] for name in bundle.labels]
    assert np.array(said).any(axis=1).all()
    assert np.array_equal(live.at(now_s), said)


def test_the_shipped_bundle_tells_the_demonstration(shipped, demonstration):
    asked = settings_of()
    replayed = replay(demonstration, shipped, asked)
    found = ReplayMetrics(replayed, shipped.bundle.labels, asked).metrics()
    assert found["sounds"] == 4
    assert found["missed"]["share"]["value"] == 0
    assert found["label"]["music"]["begin_delay_s"]["median"]["value"] < 3
    assert found["right"]["live"]["value"] > 0.5
    # A tail of half a window or more makes another one.
    assert replayed.windows == int(replayed.seconds / 0.25 + 0.5)


def test_a_recording_that_cannot_be_decoded_ends_it(tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"RIFF, it says")
    before = threading.active_count()
    with pytest.raises(AuricleError, match=r"bad\.wav"):
        replay([Recording(tmp_path / "bad.wav", (), "")], Constant(), settings_of())
    assert threading.active_count() == before


@pytest.mark.parametrize(
    "changes", [{"windows": 3}, {"dropped_s": 0.1}, {"gaps": 1}, {"overflows": 1}]
)
def test_figures_of_an_engine_that_did_not_hear_all_are_refused(changes):
    refuse_unheard(Health(windows=4), 4)
    with pytest.raises(AuricleError, match="its events mean nothing"):
        refuse_unheard(Health(**{"windows": 4, **changes}), 4)


# --- matching


def event(start, end, label="speech", told=None, ended=None):
    told, ended = start if told is None else told, end if ended is None else ended
    return Event(label, start, end, told, ended, 0.9)


def truth(start, end, label="speech", recording=0):
    return Truth(label, start, end, recording)


def test_an_event_of_another_label_is_false_and_the_sound_missed():
    found = match([truth(0, 10)], [event(0, 10, "music")], 0.25)
    assert found.sounds[0].events == []
    assert found.sounds[0].begin_delay_s is None
    assert [one.label for one in found.false] == ["music"]


@pytest.mark.parametrize(
    ("start", "matches"), [(9.7, True), (9.75, True), (9.8, False), (10, False)]
)
def test_an_event_that_shares_too_little_is_false(start, matches):
    found = match([truth(0, 10)], [event(start, 20)], 0.25)
    assert bool(found.sounds[0].events) is matches
    assert bool(found.false) is not matches


def test_a_sound_shorter_than_what_must_be_shared_can_be_found():
    assert match([truth(5, 5.1)], [event(4.75, 6)], 0.25).sounds[0].events
    assert not match([truth(5, 5.1)], [event(5.05, 6)], 0.25).sounds[0].events


def test_pieces_are_counted_and_the_last_one_says_when_it_ended():
    (sound,) = match(
        [truth(0, 10)], [event(6, 9, told=7, ended=9.5), event(1, 4, told=2)], 0.25
    ).sounds
    assert len(sound.events) == 2
    assert sound.begin_delay_s == 2
    assert sound.end_delay_s == -0.5


def test_a_label_that_stays_on_from_one_sound_to_the_next_tells_neither_end_nor_begin():
    sounds = [truth(0, 10), truth(12, 20, recording=1)]
    first, second = match(sounds, [event(0, 20, told=1, ended=21)], 0.25).sounds
    assert (first.begin_delay_s, first.end_delay_s) == (1, None)
    assert (second.begin_delay_s, second.end_delay_s) == (None, 1)


def alternating(gaps):
    """Spans one after the other, of lengths and pauses that are given in turn."""
    edges = np.cumsum(gaps)
    return list(zip(edges[::2], edges[1::2], strict=False))


lengths = st.lists(st.integers(1, 40), max_size=12)
labels = st.sampled_from(LABELS)


@st.composite
def told(draw):
    """Sounds and events of two labels, in whole quarters of a second."""
    sounds, events = [], []
    for label in LABELS:
        for i, (start, end) in enumerate(alternating(draw(lengths))):
            sounds.append(truth(start / 4, end / 4, label, i))
        for start, end in alternating(draw(lengths)):
            late = draw(st.integers(0, 3))
            events.append(
                event(start / 4, end / 4, label, min(start + late, end) / 4, (end + late) / 4)
            )
    return sounds, events


@settings(deadline=None, max_examples=100)
@given(case=told(), overlap=st.sampled_from([0.25, 0.5, 2.0]))
def test_matching_is_what_comparing_each_with_each_gives(case, overlap):
    sounds, events = case
    found = match(sounds, events, overlap)

    def one(sound, of):
        shared = min(sound.end_s, of.end_s) - max(sound.start_s, of.start_s)
        shorter = min(sound.end_s - sound.start_s, of.end_s - of.start_s)
        return sound.label == of.label and shared >= min(overlap, shorter)

    for matched in found.sounds:
        assert {id(e) for e in matched.events} == {id(e) for e in events if one(matched.truth, e)}
        for delay in (matched.begin_delay_s, matched.end_delay_s):
            assert delay is None or matched.events
        if matched.begin_delay_s is not None:
            assert matched.begin_delay_s >= 0
    assert sorted(map(id, (m.truth for m in found.sounds))) == sorted(map(id, sounds))
    assert found.false == [e for e in events if not any(one(s, e) for s in sounds)]


@settings(deadline=None, max_examples=50)
@given(case=told(), late=st.integers(1, 8))
def test_events_that_are_the_truth_told_late_are_as_late_as_that(case, late):
    sounds, _ = case
    exact = [
        event(s.start_s, s.end_s, s.label, s.start_s + late / 4, s.end_s + late / 4) for s in sounds
    ]
    found = match(sounds, exact, 0.25)
    assert found.false == []
    for one in found.sounds:
        assert (one.begin_delay_s, one.end_delay_s, len(one.events)) == (late / 4, late / 4, 1)


# --- figures


@settings(deadline=None, max_examples=100)
@given(case=told(), cut=st.integers(1, 400))
def test_the_time_right_is_what_looking_each_quarter_of_a_second_gives(case, cut):
    sounds, events = case
    spans = [(s.label, s.start_s, s.end_s) for s in sounds]
    said = [(e.label, e.start_s, e.end_s) for e in events]
    bounds = np.unique([0, cut / 4, 150])
    found = agreement_s(States.of(LABELS, spans), States.of(LABELS, said), bounds)

    def on(listed, t):
        return [any(name == n and a <= t < b for n, a, b in listed) for name in LABELS]

    wanted = np.zeros((len(bounds) - 1, 3))
    for quarter in range(600):
        middle = quarter / 4 + 0.125
        same = [a == b for a, b in zip(on(spans, middle), on(said, middle), strict=True)]
        wanted[np.searchsorted(bounds, middle) - 1] += [*(0.25 * s for s in same), 0.25 * all(same)]
    assert found == pytest.approx(wanted)


def played(*kinds, seconds=10.0, gap=10.0):
    both = seconds + gap
    return [
        Played(
            Recording(Path(f"{i}.wav"), kind, f"group {i}"),
            i * both,
            i * both + seconds,
            (i + 1) * both,
        )
        for i, kind in enumerate(kinds)
    ]


def figures_of(kinds, events, **changes):
    replayed = Replayed(played(*kinds), events, windows=0, left_out=0)
    return ReplayMetrics(replayed, LABELS, settings_of(**changes))


def test_figures_of_a_programme_that_can_be_counted_by_hand():
    """Three times 10 s of sound and 10 s of gap: a minute."""
    found = figures_of(
        [("speech",), ("music",), ()],
        [
            event(0, 10, told=1, ended=12),  # speech, told in one
            event(12, 16, told=13, ended=16),  # speech where there is none, in the gap
            event(42, 46, "music", told=43, ended=46),  # music where there is none, in a recording
        ],
    ).metrics()
    assert found["sounds"] == 2
    assert found["missed"]["share"]["value"] == 0.5
    assert found["missed"]["per_hour"]["value"] == 60
    assert found["false"]["per_hour"]["value"] == 120
    assert found["false"]["per_hour_of_gaps"]["value"] == 120  # one in half a minute
    assert found["begin_delay_s"]["median"]["value"] == 1
    assert found["end_delay_s"]["p95"]["value"] == 2
    assert found["pieces"]["value"] == 1
    # Told: 4 s of speech and 4 s of music too much, 10 s of music too little.
    assert found["right"]["told"]["value"] == pytest.approx(42 / 60)
    # Live: speech 1 s late, 2 s too long, 3 s in the gap; music 10 s missed, 3 s too much.
    assert found["right"]["live"]["value"] == pytest.approx(41 / 60)
    speech, music = found["label"]["speech"], found["label"]["music"]
    assert speech["right"]["told"]["value"] == pytest.approx(56 / 60)
    assert speech["missed"]["share"]["value"] == 0
    assert music["missed"]["share"]["value"] == 1
    assert music["false"]["per_hour"]["value"] == 60
    assert "median" not in music["begin_delay_s"]
    assert "pieces" not in music


def test_a_false_event_that_a_recording_sets_off_early_is_not_one_of_the_gap():
    found = figures_of([(), ()], [event(19.5, 25, told=20.25)]).metrics()
    assert found["false"]["per_hour"]["value"] == 90
    assert found["false"]["per_hour_of_gaps"]["value"] == 0
    assert found["sounds"] == 0
    assert "share" not in found["missed"]


def test_intervals_come_from_the_groups():
    """Of eight recordings one is told; its group may be drawn often, or not at all."""
    found = figures_of([("speech",)] * 8, [event(0, 10)], bootstrap=500).metrics()
    missed = found["missed"]["share"]
    assert missed["low"] < missed["value"] == 7 / 8 < missed["high"] == 1


@settings(deadline=None, max_examples=50)
@given(cases=st.lists(st.integers(0, 50), min_size=1, max_size=30), q=st.sampled_from([0.5, 0.95]))
def test_a_quantile_is_numpys_and_its_interval_repeats_the_groups(cases, q):
    values, groups = np.array(cases, float), [str(i % 7) for i in range(len(cases))]
    bootstrap = Bootstrap(40, 0.9, 0)
    found = quantile(values, q, groups, bootstrap)
    assert found.value == np.quantile(values, q, method="inverted_cdf")
    names = sorted(set(groups))
    which = [names.index(group) for group in groups]
    scores = [
        np.quantile(np.repeat(values, row[which]), q, method="inverted_cdf")
        for row in bootstrap.drawn(len(names))
    ]
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(scores, [0.05, 0.95])))


def test_the_tables_have_a_row_a_sound_an_event_and_a_second(tmp_path):
    figures = figures_of(
        [("speech", "music"), ()], [event(0, 10, told=1, ended=12), event(30, 35, "music")]
    )
    write_tables(figures, tmp_path)
    rows = {path.stem: path.read_text().splitlines() for path in tmp_path.iterdir()}
    assert rows["sounds"][1:] == [
        "music,0.000,10.000,,,0,0.wav,group 0",
        "speech,0.000,10.000,1.000,2.000,1,0.wav,group 0",
    ]
    assert [row[-1] for row in rows["events"][1:]] == ["0", "1"]
    assert len(rows["state"]) == 1 + 40
    assert rows["state"][1:3] == ["0,speech+music,none", "1,speech+music,speech"]
    assert rows["state"][1 + 31] == "31,none,music"
    shares = {row.split(",")[0]: row.split(",")[1:] for row in rows["delay"][1:]}
    assert (shares["0.9"], shares["1.0"], shares["2.0"]) == (
        ["0", "0"],
        ["0.5", "0"],
        ["0.5", "0.5"],
    )


def test_a_programme_of_nothing_has_no_figures(tmp_path):
    figures = ReplayMetrics(replay([], Constant(), settings_of()), LABELS, settings_of())
    assert list(figures.metrics()) == ["programme"]
    write_tables(figures, tmp_path)
    assert (tmp_path / "sounds.csv").read_text().count("\n") == 1


def test_the_settings_are_the_listeners_own():
    listened = compose("listen", []).realtime.engine
    assert dataclasses.asdict(settings_of().engine) == dict(listened)
