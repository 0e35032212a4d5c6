"""The starter corpus as a dataset: generated on the spot, the same for the same recipe."""

import hashlib
import json
import math
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import soundfile

from auricle import synthesis
from auricle.core.files import digest, whole_file, write_text
from auricle.core.parallel import Cluster
from auricle.core.schema import check, one_of
from auricle.datasets.clips import Dataset, Listing, list_clips
from auricle.synthesis import BACKGROUND, KINDS, SAMPLE_RATE_HZ, espeak, render_clip

_FORMAT = {"format": "FLAC", "subtype": "PCM_16"}


@dataclass(frozen=True)
class Starter(Dataset):
    """Generated speech, music, both and neither.

    espeak-ng adds voices where it is installed (`espeak=auto`); whether it did, and its version,
    is part of the recipe and so of the dataset's fingerprint.
    """

    kinds: list[str]
    minutes_per_class: float
    clip_s: float
    seed: int
    espeak: str

    def __post_init__(self) -> None:
        super().__post_init__()
        for kind in self.kinds:
            one_of("kinds", kind, (*KINDS, BACKGROUND))
        check(self.minutes_per_class > 0, f"minutes_per_class={self.minutes_per_class} is not > 0")
        check(self.clip_s >= 1, f"clip_s={self.clip_s} must be at least 1 second")
        one_of("espeak", self.espeak, ("auto", "never"))

    def fetch(self, folder: Path, cluster: Cluster) -> Listing:
        """Make what is missing or changed of the corpus, below `folder`."""
        home = folder / "starter"
        version = espeak.version() if self.espeak == "auto" else None
        recipe = {
            "seed": self.seed,
            "clip_s": self.clip_s,
            "voices": ["source-filter"] + ([f"espeak-ng {version}"] if version else []),
            "generator": _code_digest(),
        }
        count = math.ceil(self.minutes_per_class * 60 / self.clip_s)
        wanted = {
            f"{kind}/{kind}_{index:04d}.flac": (kind, index)
            for kind in self.kinds
            for index in range(count)
        }
        known = _verified(home, recipe, wanted)
        todo = [(home / name, *wanted[name]) for name in wanted if name not in known]
        render = partial(_render, seed=self.seed, seconds=self.clip_s, espeak=version is not None)
        for _ in cluster.map(render, todo, "Generating"):
            pass
        labels = self.labels or {kind: [kind] for kind in self.kinds}
        files: list[tuple[Path, dict[str, Any]]] = [
            (
                home / name,
                {
                    "labels": tuple(labels[kind]),
                    "group": Path(name).stem,
                    "licence": "CC0",
                    "source": "generated",
                },
            )
            for name, (kind, _) in wanted.items()
        ]
        clips = list_clips(files)
        hashes = {Path(clip.path).relative_to(home).as_posix(): clip.sha256 for clip in clips}
        write_text(
            home / "manifest.json", json.dumps({"recipe": recipe, "files": hashes}, indent=1)
        )
        return Listing(clips, self.label_names(self.kinds), {"recipe": recipe})


def _verified(home: Path, recipe: dict[str, Any], wanted: Iterable[str]) -> set[str]:
    """Names of the files that are as they were made; all that is not wanted is removed."""
    manifest = home / "manifest.json"
    try:
        content = json.loads(manifest.read_text())
    except (OSError, ValueError):
        content = {}
    if content.get("recipe") != recipe:
        shutil.rmtree(home, ignore_errors=True)
        return set()
    for path in home.rglob("*.flac"):
        if path.relative_to(home).as_posix() not in set(wanted):
            path.unlink()
    return {
        name
        for name, sha256 in content["files"].items()
        if (home / name).is_file() and digest(home / name) == sha256
    }


def _render(item: tuple[Path, str, int], seed: int, seconds: float, espeak: bool) -> None:
    path, kind, index = item
    samples = render_clip(kind, seed, index, seconds, espeak)
    with whole_file(path) as file:
        soundfile.write(file, samples, SAMPLE_RATE_HZ, **_FORMAT)


def _code_digest() -> str:
    """Digest of the generators' code: a corpus made by other code is made anew."""
    files = [Path(__file__), *sorted(Path(synthesis.__file__).parent.rglob("*.py"))]
    code = b"".join(path.read_bytes() for path in files)
    return hashlib.sha256(code).hexdigest()[:16]
