"""The tables of a replay: what sounded, what was told, how soon, and what was said when."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from auricle.core.csv_table import write_table
from auricle.replay.replay_metrics import ReplayMetrics
from auricle.replay.states import States

_DELAYS_S = np.arange(0, 5.01, 0.1)
_NONE = "none"


def write_tables(figures: ReplayMetrics, folder: Path) -> None:
    """Fill a folder with a CSV a question."""
    played = figures.replayed.played
    write_table(
        folder / "sounds.csv",
        (
            *("label", "start_s", "end_s", "begin_delay_s", "end_delay_s", "pieces"),
            *("path", "group"),
        ),
        (
            (
                one.truth.label,
                *map(_seconds, (one.truth.start_s, one.truth.end_s)),
                *map(_seconds, (one.begin_delay_s, one.end_delay_s)),
                len(one.events),
                played[one.truth.recording].recording.path.as_posix(),
                played[one.truth.recording].recording.group,
            )
            for one in figures.matching.sounds
        ),
    )
    false = {id(event) for event in figures.matching.false}
    write_table(
        folder / "events.csv",
        ("label", "start_s", "end_s", "told_s", "ended_s", "confidence", "false"),
        (
            (
                event.label,
                *map(_seconds, (event.start_s, event.end_s, event.told_s, event.ended_s)),
                f"{event.confidence:.4f}",
                int(id(event) in false),
            )
            for event in figures.replayed.events
        ),
    )
    write_table(folder / "delay.csv", ("delay_s", "begins", "ends"), _delays(figures))
    write_table(folder / "state.csv", ("time_s", "actual", "predicted"), _states(figures))


def _delays(figures: ReplayMetrics) -> Iterable[Sequence[Any]]:
    """Share of what sounded whose begin, and whose end, was told after so many seconds."""
    sounds = figures.matching.sounds
    for limit_s in _DELAYS_S:
        shares = [
            sum(delay is not None and delay <= limit_s + 1e-9 for delay in delays)
            / max(1, len(sounds))
            for delays in (
                [one.begin_delay_s for one in sounds],
                [one.end_delay_s for one in sounds],
            )
        ]
        yield (f"{limit_s:.1f}", *(f"{share:.6g}" for share in shares))


def _states(figures: ReplayMetrics) -> Iterable[Sequence[Any]]:
    """Say what sounds and what is said at each full second, as `dvc plots` wants its confusion."""
    times_s = np.arange(0, figures.replayed.seconds)
    return zip(
        times_s.astype(int),
        _names(figures.truth, times_s),
        _names(figures.live, times_s),
        strict=True,
    )


def _names(states: States, times_s: Any) -> list[str]:
    labels = list(states.starts)
    return [
        "+".join(name for name, on in zip(labels, column, strict=True) if on) or _NONE
        for column in states.at(times_s).T
    ]


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
