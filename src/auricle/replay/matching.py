"""Events that were told, held against what sounded: which of them are one, how late, what is wrong.

All times are in seconds of the playlist.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from auricle.replay.listener import Event
from auricle.replay.playlist import Played
from auricle.replay.states import Times


@dataclass(frozen=True)
class Truth:
    """A label sounds all through recording number `recording` of the playlist."""

    label: str
    start_s: float
    end_s: float
    recording: int


@dataclass(frozen=True)
class Matched:
    """What sounded, and the events that told of it, in order; none where it was missed.

    `begin_delay_s` is from its start until an event told of it, `end_delay_s` from its end until
    the last of them was told to have ended, negative where that came too early. There is none where
    the label was on already when it began, or stayed on until the label sounded anew.
    """

    truth: Truth
    events: list[Event]
    begin_delay_s: float | None
    end_delay_s: float | None


@dataclass(frozen=True)
class Matching:
    """Everything that sounded, and the events of which nothing did."""

    sounds: list[Matched]
    false: list[Event]


def truths(played: Sequence[Played]) -> list[Truth]:
    """Say what sounded: a recording of two labels gives two."""
    return [
        Truth(label, one.start_s, one.end_s, number)
        for number, one in enumerate(played)
        for label in one.recording.labels
    ]


def match(sounds: Sequence[Truth], events: Sequence[Event], overlap_s: float) -> Matching:
    """Match what sounded with the events of its label.

    Two are one if they share at least `overlap_s`, or all of the shorter of them. An event may tell
    of several sounds, and a sound may be told in several pieces.
    """
    matched: list[Matched] = []
    true: set[int] = set()
    for label in dict.fromkeys(sound.label for sound in sounds):
        mine = sorted((s for s in sounds if s.label == label), key=lambda sound: sound.start_s)
        told = sorted((e for e in events if e.label == label), key=lambda event: event.told_s)
        start_s = np.array([event.start_s for event in told])
        end_s = np.array([event.end_s for event in told])
        found = [[told[i] for i in _shared(one, start_s, end_s, overlap_s)] for one in mine]
        for sound, of_it, of_next in zip(mine, found, [*found[1:], []], strict=True):
            true |= {id(event) for event in of_it}
            matched.append(_matched(sound, of_it, of_next))
    matched.sort(key=lambda one: (one.truth.recording, one.truth.label))
    return Matching(matched, [event for event in events if id(event) not in true])


def _shared(sound: Truth, start_s: Times, end_s: Times, overlap_s: float) -> Any:
    """Numbers of the events that share enough with a sound."""
    common_s = np.minimum(end_s, sound.end_s) - np.maximum(start_s, sound.start_s)
    shorter_s = np.minimum(end_s - start_s, sound.end_s - sound.start_s)
    return np.flatnonzero(common_s >= np.minimum(overlap_s, shorter_s) - 1e-9)


def _matched(sound: Truth, events: list[Event], of_next: list[Event]) -> Matched:
    if not events:
        return Matched(sound, [], None, None)
    first, last = events[0], events[-1]
    on_already = first.told_s < sound.start_s
    stays_on = any(event is last for event in of_next)
    return Matched(
        sound,
        events,
        None if on_already else first.told_s - sound.start_s,
        None if stays_on else last.ended_s - sound.end_s,
    )
