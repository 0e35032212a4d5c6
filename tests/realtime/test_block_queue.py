"""The queue between source and engine: bounded, in order, and what it drops is counted."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.realtime.block_queue import Block, BlockQueue, Opened, SourceFault

RATE = 1000


def made(limit_s=1.0, waits=False):
    made = BlockQueue(limit_s, waits, live=False, stop=threading.Event())
    made.open(RATE, "test")
    return made


def block(frames, value=0.0):
    return np.full(frames, value, np.float32)


@given(sizes=st.lists(st.integers(1, 1500), max_size=30))
def test_what_is_put_is_taken_or_counted_as_dropped(sizes):
    queue = made()
    for i, size in enumerate(sizes):
        queue.put(block(size, i))
    queue.close()
    items = queue.take() or []
    blocks = [item for item in items if isinstance(item, Block)]
    taken = sum(b.frames for b in blocks)
    assert taken + round(queue.dropped_s * RATE) == sum(sizes)
    # At most the limit waits, unless one block alone is more; the newest are kept, in order.
    assert taken <= RATE or len(blocks) == 1
    assert [b.data[0] for b in blocks] == list(range(len(sizes)))[len(sizes) - len(blocks) :]
    starts = np.cumsum([0, *sizes])[:-1]
    assert [b.start for b in blocks] == list(starts[len(sizes) - len(blocks) :])


def test_news_that_are_not_sound_are_never_dropped():
    queue = made()
    queue.trouble("lost", "gone")
    for _ in range(20):
        queue.put(block(500))
    items = queue.take()
    assert [type(item) for item in items[:2]] == [Opened, SourceFault]
    assert sum(item.frames for item in items if isinstance(item, Block)) == RATE


def test_it_waits_for_as_much_as_is_wanted():
    queue = made(10.0)
    queue.take()  # the opening
    came = []
    taker = threading.Thread(target=lambda: came.append(queue.take(0.25)))
    taker.start()
    for _ in range(12):
        queue.put(block(20))
    taker.join(0.05)
    assert taker.is_alive() and queue.queued_s == pytest.approx(0.24)
    queue.put(block(20))
    taker.join(5)
    assert sum(item.frames for item in came[0]) == 260


def test_trouble_is_taken_at_once_whatever_is_wanted():
    queue = made(10.0)
    queue.take()
    queue.put(block(20))
    queue.trouble("stalled", "nothing")
    assert [type(item) for item in queue.take(5.0)] == [Block, SourceFault]


def test_a_source_that_can_wait_is_made_to():
    queue = made(1.0, waits=True)
    through = threading.Event()

    def fill():
        for i in range(30):
            queue.put(block(100, i))
        through.set()
        queue.close()

    threading.Thread(target=fill).start()
    taken = []
    while (items := queue.take()) is not None:
        assert sum(item.frames for item in items if isinstance(item, Block)) <= RATE
        taken += [item.data[0] for item in items if isinstance(item, Block)]
    assert taken == list(range(30)) and through.is_set()
    assert queue.dropped_s == 0


def test_the_end_gives_what_is_left_and_then_nothing():
    queue = made()
    queue.put(block(10))
    queue.close()
    assert [type(item) for item in queue.take(0.9)] == [Opened, Block]
    assert queue.take() is None


def test_stopping_wakes_both_sides():
    stop = threading.Event()
    queue = BlockQueue(0.1, True, False, stop)
    queue.open(RATE, "test")
    queue.put(block(100))
    putter = threading.Thread(target=queue.put, args=(block(100),))
    putter.start()
    stop.set()
    queue.wake()
    putter.join(5)
    assert not putter.is_alive()
    assert queue.take() is None


def test_patience_ends_with_a_trouble():
    queue = made()
    queue.take()
    (told,) = queue.take(0.5, patience_s=0.01)
    assert told.cause == "stalled"
