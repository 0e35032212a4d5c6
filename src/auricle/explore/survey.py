"""A dataset as it was measured: its recordings, by class, and which of them are the same sound."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from auricle.audio.preprocess import Preprocess, PreprocessSettings
from auricle.core.errors import AuricleError
from auricle.core.parallel import Cluster
from auricle.core.schema import check
from auricle.datasets.clips import Clip
from auricle.datasets.duplicates import Duplicate, find_duplicates
from auricle.datasets.fitting import SHORTEST, fit_windows
from auricle.explore.measure import Explore, Measured, measure
from auricle.features import Features

_NAMED = 3  # reasons in a message


def class_of(clip: Clip) -> str:
    """Name a recording's labels: `speech`, `speech+music`, `none`."""
    return "+".join(clip.labels) or "none"


@dataclass(frozen=True)
class Recording:
    """A recording of the list, and what was found in it."""

    clip: Clip
    found: Measured

    @property
    def name(self) -> str:
        """Class it belongs to."""
        return class_of(self.clip)


@dataclass(frozen=True)
class Survey:
    """All that a page is made of.

    `same` are pairs that hold the same sound; `preprocess` has the lengths that fit the recordings
    where they were `auto`, by reason of what `fitted` says.
    """

    dataset: str
    recordings: list[Recording]
    same: list[Duplicate]
    preprocess: Preprocess
    fitted: str
    features: Features
    explore: Explore

    @cached_property
    def used(self) -> list[Recording]:
        """Recordings that can be read, in the order of their paths."""
        return [each for each in self.recordings if not each.found.inspected.problem]

    @cached_property
    def unreadable(self) -> list[Recording]:
        """Recordings that cannot be used."""
        return [each for each in self.recordings if each.found.inspected.problem]

    @cached_property
    def _root(self) -> str:
        return os.path.commonpath(
            [Path(each.clip.path).parent.absolute() for each in self.recordings]
        )

    def short(self, path: str) -> str:
        """Path without the folders that all recordings share."""
        return os.path.relpath(path, self._root)

    @cached_property
    def classes(self) -> dict[str, list[Recording]]:
        """Readable recordings of each class, in the order of their names."""
        names = sorted({each.name for each in self.used})
        return {name: [each for each in self.used if each.name == name] for name in names}

    @cached_property
    def groups(self) -> dict[str, int]:
        """Groups of each class."""
        return {name: len({each.clip.group for each in of}) for name, of in self.classes.items()}

    def of(self, quantity: Callable[[Recording], float]) -> dict[str, npt.NDArray[np.float64]]:
        """Give a number of each recording, by class [shape=(n_recordings of the class,)]."""
        return {
            name: np.array([quantity(each) for each in of]) for name, of in self.classes.items()
        }

    @cached_property
    def minutes(self) -> dict[str, float]:
        """Minutes of each class."""
        return {name: float(of.sum()) / 60 for name, of in self.of(seconds).items()}

    @cached_property
    def mislabelled(self) -> list[Duplicate]:
        """Pairs of the same sound under different labels."""
        return [pair for pair in self.same if pair.leak]

    @cached_property
    def apart(self) -> list[Duplicate]:
        """Pairs of the same sound under the same labels, but in different groups."""
        group = {each.clip.path: each.clip.group for each in self.recordings}
        return [p for p in self.same if not p.leak and group[p.first] != group[p.second]]


def seconds(recording: Recording) -> float:
    """Length of a recording."""
    return recording.found.seconds


def level_dbfs(recording: Recording) -> float:
    """Level of what sounds in it, in dB of full scale."""
    return recording.found.level_dbfs


def silent(recording: Recording) -> float:
    """Share of its windows that are silent."""
    return recording.found.silent


def bandwidth_hz(recording: Recording) -> float:
    """Highest frequency that holds energy."""
    return recording.found.bandwidth_hz


def survey(
    dataset: str,
    clips: Sequence[Clip],
    preprocess: PreprocessSettings,
    features: Features,
    explore: Explore,
    cluster: Cluster,
) -> Survey:
    """Measure all recordings, and find those that are the same sound.

    Raises
    ------
    AuricleError
        There are none, or none can be read.
    """
    check(bool(clips), f"dataset.name={dataset} lists no recordings: see its keys under dataset")
    lengths = preprocess.fitted(SHORTEST.window_s, SHORTEST.hop_s)
    work = partial(measure, preprocess=lengths, explore=explore)
    found = list(cluster.map(work, clips, "Measuring"))
    recordings = [Recording(clip, one) for clip, one in zip(clips, found, strict=True)]
    reasons = [one.inspected.problem for one in found if one.inspected.problem]
    if len(reasons) == len(clips):
        raise AuricleError(
            f"None of the {len(clips)} recordings can be read: {'; '.join(reasons[:_NAMED])}"
            f"{' ...' if len(reasons) > _NAMED else ''}"
        )
    # A side for each class: a pair on two sides is one sound under different labels.
    side = {each.clip.path: each.name for each in recordings if not each.found.inspected.problem}
    fingerprints = {each.clip.path: each.found.inspected.fingerprint for each in recordings}
    pairs = find_duplicates(clips, side, fingerprints)
    same = [pair for pair in pairs if not pair.why.startswith("group ")]
    used = [each for each in recordings if not each.found.inspected.problem]
    fitting = fit_windows(
        [each.clip for each in used],
        {each.clip.path: each.found.inspected.active_s for each in used},
    )
    lengths = preprocess.fitted(fitting.window_s, fitting.hop_s)
    return Survey(dataset, recordings, same, lengths, fitting.why, features, explore)
