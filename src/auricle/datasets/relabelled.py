"""Classes put together from the classes of other sets."""

import dataclasses
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from auricle.core.errors import AuricleError
from auricle.core.parallel import Cluster
from auricle.datasets.clips import Listing
from auricle.datasets.concatenated import Concatenated


@dataclass(frozen=True)
class Relabelled(Concatenated):
    """The recordings of all `parts`, under `classes`: each a list of the parts' classes.

    A null in place of a list takes what no other class names; without one, the rest is left out.
    """

    classes: dict[str, list[str] | None]

    def __post_init__(self) -> None:
        super().__post_init__()
        named = [name for names in self.classes.values() for name in names or []]
        twice = sorted(name for name, count in Counter(named).items() if count > 1)
        rest = [name for name, names in self.classes.items() if names is None]
        if twice:
            raise AuricleError(f"classes names {', '.join(twice)} more than once")
        if len(rest) > 1:
            raise AuricleError(f"classes has {', '.join(rest)} for the rest: only one may be null")

    def fetch(self, folder: Path, cluster: Cluster) -> Listing:
        """Fetch each part, and give its recordings their new class.

        Raises
        ------
        AuricleError
            A class is named that no part has, or one ends up without recordings.
        """
        listing = super().fetch(folder, cluster)
        known = Counter(name for clip in listing.clips for name in clip.labels)
        stands_for = {old: new for new, names in self.classes.items() for old in names or []}
        absent = sorted(set(stands_for) - set(known))
        if absent:
            raise AuricleError(
                f"dataset.classes names {', '.join(absent)}, but dataset.parts have "
                f"{', '.join(f'{name} ({count})' for name, count in sorted(known.items()))}"
            )
        rest = next((name for name, names in self.classes.items() if names is None), None)
        clips = []
        for clip in listing.clips:
            new = {stands_for.get(name, rest) for name in clip.labels} - {None}
            if new:
                clips.append(dataclasses.replace(clip, labels=tuple(sorted(map(str, new)))))
        counts = Counter(name for clip in clips for name in clip.labels)
        empty = [name for name in self.classes if not counts[name]]
        if empty:
            raise AuricleError(
                f"dataset.classes leaves {', '.join(empty)} without a recording: other classes "
                "name all there is"
            )
        left_out = {"class not in dataset.classes": len(listing.clips) - len(clips)}
        return Listing(clips, list(self.classes), {**listing.notes, "left_out": left_out})
