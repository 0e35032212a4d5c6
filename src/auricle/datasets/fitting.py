"""What fits the recordings: how long a window is, and whether labels exclude each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from auricle.datasets.clips import Clip

STEADY_S = 2.5  # a class whose sounds last longer at the median is of what goes on
_GOES_ON_S = 0.25  # window and hop of what goes on
_LEAST_S, _MOST_S, _STEP_S = 0.5, 1.0, 0.25  # windows of events
_SHARE, _SLACK = 90, 1.25  # a window is so much longer than so many per cent of the events
_OVERLAP = 4  # windows of events start each so many-th of a window


@dataclass(frozen=True)
class Fitting:
    """Lengths in seconds that fit recordings; `why` says from which of them they follow."""

    window_s: float
    hop_s: float
    why: str


# What no recordings are fitted with less than.
SHORTEST = Fitting(_GOES_ON_S, _GOES_ON_S, "no recording has a label")


def fit_windows(clips: Sequence[Clip], active_s: Mapping[str, float]) -> Fitting:
    """Return lengths of window and hop by how long the sounds of the recordings last.

    The class whose recordings are active for the shortest time at the median decides: where even
    they last 2.5 s, all goes on (music, speech, rain) and 0.25 s tell as much as more, sooner.
    Where they are shorter they are events, whose course in time is what tells them apart: a window
    is a quarter longer than nine of ten of those that last no longer than 2.5 s, from 0.5 s to 1 s.

    Parameters
    ----------
    clips
        Recordings that train; those of no label do not count.
    active_s
        Seconds from the first to the last sound of each, by its path.
    """
    of_class: dict[tuple[str, ...], list[float]] = {}
    for clip in clips:
        if clip.labels:
            of_class.setdefault(clip.labels, []).append(active_s[clip.path])
    median_s = {labels: float(np.median(of)) for labels, of in of_class.items()}
    if not median_s:
        return SHORTEST
    shortest = min(sorted(median_s), key=median_s.__getitem__)
    said = f"half of the recordings of {'+'.join(shortest)} sound for {median_s[shortest]:.2g} s"
    if median_s[shortest] > STEADY_S:
        return Fitting(_GOES_ON_S, _GOES_ON_S, f"{said} or more, and of no class for less")
    events = [s for of in of_class.values() for s in of if s <= STEADY_S]
    most_s = float(np.percentile(events, _SHARE))
    window_s = float(np.clip(np.ceil(_SLACK * most_s / _STEP_S) * _STEP_S, _LEAST_S, _MOST_S))
    why = f"{said} or less; of what is short, nine of ten last {most_s:.2g} s at most"
    return Fitting(window_s, window_s / _OVERLAP, why)


def fit_targets(clips: Sequence[Clip]) -> str:
    """Return `independent` where labels sound together, `exclusive` where only one does.

    A recording of no label is background, and says nothing of whether labels exclude each other.
    """
    return "independent" if any(len(clip.labels) > 1 for clip in clips) else "exclusive"
