"""The window JSON: features of windows as JSON Lines, and the array made of them.

The first line is a header; each further line holds at most `LINE_S` seconds of one clip, so that
neither writing nor reading needs the whole file in memory. `references/data_dictionary.md` has
each field.
"""

import dataclasses
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from filelock import FileLock

from auricle.audio.preprocess import Preprocess
from auricle.core.errors import AuricleError
from auricle.core.files import (
    clear_unfinished,
    digest,
    need_file,
    whole_file,
    whole_folder,
    write_text,
)
from auricle.core.nested import differing

SCHEMA = 4
LINE_S = 60.0


@dataclass(frozen=True)
class Header:
    """First line: how the windows of this file were made, and how many there are.

    `preprocess` has the lengths that fit the recordings, by reason of what `fitted` says, where
    `preprocess_config` asks for `auto`; `targets` is what fits them in training.
    """

    schema: int
    split: str
    labels: list[str]
    targets: str
    preprocess: dict[str, Any]
    preprocess_config: dict[str, Any]
    fitted: str
    features: dict[str, Any]
    augment: dict[str, Any]
    dataset: dict[str, Any]
    dataset_config: dict[str, Any]
    shape: list[int]
    windows: int
    clips: int

    def made_with(self) -> dict[str, Any]:
        """Give the groups of the configuration that decide what the windows are."""
        return {
            "dataset": self.dataset_config,
            "preprocess": self.preprocess_config,
            "features": self.features,
            "augment": self.augment,
        }

    def refuse_unless(self, asked: Mapping[str, Any]) -> None:
        """Refuse windows made with another configuration than the one that is asked for.

        Raises
        ------
        AuricleError
            The keys that differ, and what to do.
        """
        made = self.made_with()
        wrong = differing(made, {group: asked.get(group, made[group]) for group in made})
        if wrong:
            raise AuricleError(
                f"data/processed was prepared with another {', '.join(wrong)} than is asked for "
                "now: run `auricle prepare` with the same overrides first, or `auricle repro`"
            )


@dataclass(frozen=True)
class Line:
    """Consecutive windows of one clip, the first of which starts at `start_s`."""

    clip: str
    group: str
    labels: list[str]
    augmentation: str
    start_s: float
    levels_dbfs: Any
    features: Any

    def to_json(self) -> bytes:
        """One line; float32 numbers are written so that reading gives the same bits."""
        return orjson.dumps(
            vars(self), option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
        )


@dataclass(frozen=True)
class Windows:
    """All windows of a file, as arrays.

    `features` [shape=(n, frames, coefficients)] is memory-mapped; `targets` [shape=(n, labels)]
    holds 0 and 1; `segment` [shape=(n,)] numbers the segments of windows that follow each other
    without a gap (a clip, or one augmented copy of it; several where windows were left out), whose
    `clips`, `groups` and `augmentations` are named; `start_s` [shape=(n,)] is where in the clip
    each window starts, `levels_dbfs` [shape=(n,)] how loud it is. `sha256` is that of the file.
    """

    sha256: str
    header: Header
    features: npt.NDArray[np.float32]
    targets: npt.NDArray[np.uint8]
    segment: npt.NDArray[np.int32]
    start_s: npt.NDArray[np.float64]
    levels_dbfs: npt.NDArray[np.float32]
    clips: list[str]
    groups: list[str]
    augmentations: list[str]

    def __len__(self) -> int:
        return len(self.features)

    @property
    def clip(self) -> npt.NDArray[np.int32]:
        """Number of the clip, or copy of one, that each window is of, in order [shape=(n,)]."""
        names = list(zip(self.clips, self.augmentations, strict=True))
        new = [i > 0 and name != names[i - 1] for i, name in enumerate(names)]
        return np.cumsum(new, dtype=np.int32)[self.segment]


def picked(parts: Sequence[Windows], rows: Sequence[npt.NDArray[np.int64]]) -> Windows:
    """Bring some rows of several window files into memory, as one; the rest stays where it is."""
    offsets = np.cumsum([0, *(len(part.clips) for part in parts)])
    pairs = list(zip(parts, rows, strict=True))
    return dataclasses.replace(
        parts[0],
        features=np.concatenate([part.features[mine] for part, mine in pairs]),
        targets=np.concatenate([part.targets[mine] for part, mine in pairs]),
        segment=np.concatenate(
            [
                part.segment[mine] + np.int32(offset)
                for (part, mine), offset in zip(pairs, offsets[:-1], strict=True)
            ]
        ),
        start_s=np.concatenate([part.start_s[mine] for part, mine in pairs]),
        levels_dbfs=np.concatenate([part.levels_dbfs[mine] for part, mine in pairs]),
        clips=[name for part in parts for name in part.clips],
        groups=[name for part in parts for name in part.groups],
        augmentations=[name for part in parts for name in part.augmentations],
    )


def lines_of(
    clip: str,
    group: str,
    labels: Iterable[str],
    augmentation: str,
    features: npt.NDArray[np.float32],
    levels_dbfs: npt.NDArray[np.float32],
    step_s: float,
    kept: npt.NDArray[np.bool_] | None = None,
) -> Iterator[bytes]:
    """Lines of one clip's windows [shape=(n_windows, frames, coefficients)] and their levels.

    `kept` [shape=(n_windows,)] leaves windows out; a line holds none beyond a gap.
    """
    step = max(1, int(LINE_S / step_s))
    present = np.arange(len(features)) if kept is None else np.flatnonzero(kept)
    for run in np.split(present, np.flatnonzero(np.diff(present) > 1) + 1):
        for first in range(0, len(run), step):
            chosen = run[first : first + step]
            rows = np.ascontiguousarray(features[chosen])
            levels = np.ascontiguousarray(levels_dbfs[chosen])
            start_s = float(run[first]) * step_s
            yield Line(clip, group, list(labels), augmentation, start_s, levels, rows).to_json()


def write(path: Path, header: Header, lines: Iterable[tuple[bytes, int, int]]) -> Header:
    """Write a file; the counts of the header are filled in from the lines.

    Parameters
    ----------
    lines
        Lines as bytes, with the number of windows and of clips they bring.
    """
    windows = clips = 0
    # The header stands first but is known last: the lines wait beside it, not in memory.
    with tempfile.TemporaryFile(dir=path.parent) as body, whole_file(path) as file:
        for data, more_windows, more_clips in lines:
            body.write(data)
            windows, clips = windows + more_windows, clips + more_clips
        header = dataclasses.replace(header, windows=windows, clips=clips)
        file.write(orjson.dumps(vars(header), option=orjson.OPT_APPEND_NEWLINE))
        body.seek(0)
        shutil.copyfileobj(body, file, 1 << 20)
    return header


def read_header(path: Path) -> Header:
    """Read the first line.

    Raises
    ------
    AuricleError
        The file is missing, damaged, or of another schema.
    """
    with need_file(path, "run `auricle prepare` first").open("rb") as file:
        return _header(file.readline(), path)


def read(path: Path) -> Windows:
    """Read a file through the array kept beside it, which is made at the first reading.

    The array is named after the file's SHA-256, so it can never be of another file.
    """
    header = read_header(path)
    folder = path.parent / "arrays" / digest(path)
    folder.parent.mkdir(exist_ok=True)
    # Jobs of a sweep start together: one makes the array, the others wait for it.
    with FileLock(folder.parent / "arrays.lock"):
        if not (folder / "segments.json").is_file():  # nor one of an older layout
            clear_unfinished(folder.parent)
            with whole_folder(folder) as building:
                _convert(path, header, building)
            _forget_others(path, folder)
    segments = orjson.loads((folder / "segments.json").read_bytes())
    rows = np.load(folder / "rows.npz")
    features = np.load(folder / "features.npy", mmap_mode="r")
    arrays = {name: rows[name] for name in ("targets", "segment", "start_s", "levels_dbfs")}
    return Windows(folder.name, header, features, **arrays, **segments)


def _header(line: bytes, path: Path) -> Header:
    try:
        content = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise AuricleError(f"{path} is damaged ({error}): run `auricle prepare` anew") from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        found = content.get("schema") if isinstance(content, dict) else content
        raise AuricleError(
            f"{path} has schema {found!r}, this Auricle reads {SCHEMA}: run `auricle prepare` anew"
        )
    try:
        return Header(**content)
    except TypeError as error:
        raise AuricleError(f"{path} is damaged ({error}): run `auricle prepare` anew") from error


def _convert(path: Path, header: Header, folder: Path) -> None:
    n, step_s = header.windows, Preprocess(**header.preprocess).step_s
    shape = (n, *header.shape)
    targets = np.zeros((n, len(header.labels)), np.uint8)
    segment, start_s = np.zeros(n, np.int32), np.zeros(n)
    levels = np.zeros(n, np.float32)
    segments: dict[str, list[str]] = {"clips": [], "groups": [], "augmentations": []}
    position, last, next_s = 0, None, 0.0
    # Written, not mapped: on a full disk a write is an error, a mapped page the end of the process.
    with path.open("rb") as file, (folder / "features.npy").open("wb") as features:
        np.lib.format.write_array_header_1_0(
            features, {"descr": "<f4", "fortran_order": False, "shape": shape}
        )
        file.readline()
        for number, text in enumerate(file, 2):
            try:
                line = Line(**orjson.loads(text))
                block = np.asarray(line.features, "<f4").reshape(-1, *header.shape)
                level = np.asarray(line.levels_dbfs, "<f4").reshape(len(block))
                if not (np.isfinite(block).all() and np.isfinite(level).all()):
                    raise ValueError("features or levels that are not finite")
                gap = abs(line.start_s - next_s) > step_s / 2
                if (line.clip, line.augmentation) != last or gap:
                    last = (line.clip, line.augmentation)
                    segments["clips"].append(line.clip)
                    segments["groups"].append(line.group)
                    segments["augmentations"].append(line.augmentation)
                here = slice(position, position + len(block))
                targets[here] = [label in line.labels for label in header.labels]
                levels[here] = level
                segment[here] = len(segments["clips"]) - 1
                start_s[here] = line.start_s + step_s * np.arange(len(block))
                next_s = line.start_s + step_s * len(block)
            except (orjson.JSONDecodeError, TypeError, ValueError) as error:
                raise AuricleError(
                    f"{path}, line {number} is damaged ({error}): run `auricle prepare` anew"
                ) from error
            features.write(block.tobytes())
            position += len(block)
    if position != n:
        raise AuricleError(
            f"{path} holds {position} windows, its header says {n}: run `auricle prepare` anew"
        )
    np.savez(
        folder / "rows.npz",
        targets=targets,
        segment=segment,
        start_s=start_s,
        levels_dbfs=levels,
    )
    (folder / "segments.json").write_bytes(orjson.dumps(segments))


def _forget_others(path: Path, folder: Path) -> None:
    """Remove the arrays of earlier files of this name: one split needs one array."""
    note = path.parent / "arrays" / f"{path.stem}.name"
    before = note.read_text() if note.is_file() else ""
    if before not in ("", folder.name):
        shutil.rmtree(path.parent / "arrays" / before, ignore_errors=True)
    write_text(note, folder.name)
