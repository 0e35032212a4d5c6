"""Positions follow the samples within a stream, and the clock across streams and holes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.realtime.block_queue import Block
from auricle.realtime.clock import clock
from auricle.realtime.stream_clock import StreamClock

RATE = 16000


def block(start, frames=RATE, captured_s=None):
    return Block(start, frames, b"", captured_s)


@given(
    frames=st.lists(st.integers(1, 5000), min_size=1, max_size=30),
    rate=st.sampled_from([8000, 16000, 44100, 48000]),
)
def test_within_a_stream_time_is_counted_in_samples(frames, rate):
    line, start = StreamClock(RATE, 0.5), 0
    line.open(rate)
    for n in frames:
        placed = line.place(block(start, n, 100 + start / rate))
        assert placed.position == round(start * RATE / rate)
        assert not placed.why
        start += n


@given(drops=st.lists(st.booleans(), min_size=2, max_size=20))
def test_what_was_dropped_still_took_its_time(drops):
    line, heard, number = StreamClock(RATE, 0.5), 0, 0
    line.open(RATE)
    for dropped in drops:
        if not dropped:
            placed = line.place(block(number, 100))
            assert placed.position == number
            assert placed.missing == number - heard
            assert (placed.why == "dropped") == (number > heard)
            heard = number + 100
        number += 100


def test_a_new_stream_begins_where_the_clock_says():
    line = StreamClock(RATE, 0.5)
    line.open(RATE)
    line.place(block(0, RATE, 50.0))
    line.open(44100)
    placed = line.place(block(0, 44100, 60.0))
    assert (placed.position, placed.why, placed.missing) == (10 * RATE, "new", 9 * RATE)
    assert line.next == 11 * RATE


def test_time_never_goes_back():
    line = StreamClock(RATE, 0.5)
    line.open(RATE)
    line.place(block(0, RATE, 50.0))
    line.open(RATE)
    assert line.place(block(0, RATE, 50.2)).position == RATE


@pytest.mark.parametrize("ppm", [-200, 200])
def test_slow_drift_is_followed_and_is_no_hole(ppm):
    """A day of a device whose clock is off: the time of the day stays right within 20 ms."""
    line, real = StreamClock(RATE, 0.5), 1 + ppm * 1e-6
    line.open(RATE)
    for second in range(86400):
        placed = line.place(block(second * RATE, RATE, 1000 + second * real))
        assert not placed.why
    off_s = line._time_of(placed.position) - (1000 + second * real)
    assert abs(off_s) < 0.02


def test_a_late_block_after_drift_is_placed_by_the_clock():
    line = StreamClock(RATE, 0.5)
    line.open(RATE)
    for second in range(600):
        line.place(block(second * RATE, RATE, float(second)))
    placed = line.place(block(600 * RATE, RATE, 630.0))
    assert placed.why == "gap" and placed.missing == pytest.approx(30 * RATE, rel=1e-3)


def test_sound_that_comes_in_a_burst_is_not_of_the_future():
    """A playlist's server sends ten seconds at once: the last of them is of now."""
    line, now_s = StreamClock(RATE, None), clock()
    line.open(RATE)
    for second in range(10):
        line.place(block(second * RATE, RATE, now_s - 1))
    assert line.wall_s(10.0) == pytest.approx(time.time(), abs=0.5)
    assert line.wall_s(0.0) == pytest.approx(time.time() - 10, abs=0.5)


def test_after_a_pause_of_the_whole_machine_the_time_of_the_day_is_right_at_once():
    line, asleep_s = StreamClock(RATE, None), 3600.0
    line.open(RATE)
    for second in range(5):
        line.place(block(second * RATE, captured_s=clock() + second))
    awake = line.place(block(5 * RATE, captured_s=clock() + 5 + asleep_s))
    assert not awake.why  # nothing says that sound is missing
    assert line.wall_s(5.0) == pytest.approx(time.time() + 5 + asleep_s, abs=0.5)
