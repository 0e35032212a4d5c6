"""The window JSON: features of windows as JSON Lines, and the array made of them.

The first line is a header; each further line holds at most `LINE_S` seconds of one clip, so that
neither writing nor reading needs the whole file in memory. `references/data_dictionary.md` has
each field.
"""

import dataclasses
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from auricle.errors import AuricleError
from auricle.files import digest, need_file, whole_file, whole_folder, write_text
from auricle.preprocess import Preprocess

SCHEMA = 1
LINE_S = 60.0


@dataclass(frozen=True)
class Header:
    """First line: how the windows of this file were made, and how many there are."""

    schema: int
    split: str
    labels: list[str]
    preprocess: dict[str, Any]
    features: dict[str, Any]
    augment: dict[str, Any]
    dataset: dict[str, Any]
    shape: list[int]
    windows: int
    clips: int


@dataclass(frozen=True)
class Line:
    """Consecutive windows of one clip, the first of which starts at `start_s`."""

    clip: str
    group: str
    labels: list[str]
    augmentation: str
    start_s: float
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
    holds 0 and 1; `clip` [shape=(n,)] numbers the stretches (a clip, or one augmented copy of it)
    that `clips`, `groups` and `augmentations` name; `start_s` [shape=(n,)] is where in it each
    window starts. `sha256` is that of the file.
    """

    sha256: str
    header: Header
    features: npt.NDArray[np.float32]
    targets: npt.NDArray[np.uint8]
    clip: npt.NDArray[np.int32]
    start_s: npt.NDArray[np.float64]
    clips: list[str]
    groups: list[str]
    augmentations: list[str]

    def __len__(self) -> int:
        return len(self.features)


def lines_of(
    clip: str,
    group: str,
    labels: Iterable[str],
    augmentation: str,
    features: npt.NDArray[np.float32],
    step_s: float,
) -> Iterator[bytes]:
    """Lines of one clip's windows [shape=(n_windows, frames, coefficients)]."""
    step = max(1, int(LINE_S / step_s))
    for first in range(0, len(features), step):
        rows = np.ascontiguousarray(features[first : first + step])
        yield Line(clip, group, list(labels), augmentation, first * step_s, rows).to_json()


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
    if not folder.is_dir():
        with whole_folder(folder, keep=True) as building:
            _convert(path, header, building)
        _forget_others(path, folder)
    stretches = orjson.loads((folder / "stretches.json").read_bytes())
    rows = np.load(folder / "rows.npz")
    features = np.load(folder / "features.npy", mmap_mode="r")
    return Windows(
        folder.name, header, features, rows["targets"], rows["clip"], rows["start_s"], **stretches
    )


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
    features = np.lib.format.open_memmap(
        folder / "features.npy", mode="w+", dtype=np.float32, shape=shape
    )
    targets = np.zeros((n, len(header.labels)), np.uint8)
    clip, start_s = np.zeros(n, np.int32), np.zeros(n)
    stretches: dict[str, list[str]] = {"clips": [], "groups": [], "augmentations": []}
    position, last = 0, None
    with path.open("rb") as file:
        file.readline()
        for number, text in enumerate(file, 2):
            try:
                line = Line(**orjson.loads(text))
                block = np.asarray(line.features, np.float32).reshape(-1, *header.shape)
                if not np.isfinite(block).all():
                    raise ValueError("features that are not finite")
                if (line.clip, line.augmentation) != last:
                    last = (line.clip, line.augmentation)
                    stretches["clips"].append(line.clip)
                    stretches["groups"].append(line.group)
                    stretches["augmentations"].append(line.augmentation)
                here = slice(position, position + len(block))
                features[here] = block
                targets[here] = [label in line.labels for label in header.labels]
                clip[here] = len(stretches["clips"]) - 1
                start_s[here] = line.start_s + step_s * np.arange(len(block))
            except (orjson.JSONDecodeError, TypeError, ValueError) as error:
                raise AuricleError(
                    f"{path}, line {number} is damaged ({error}): run `auricle prepare` anew"
                ) from error
            position += len(block)
    if position != n:
        raise AuricleError(
            f"{path} holds {position} windows, its header says {n}: run `auricle prepare` anew"
        )
    features.flush()
    np.savez(folder / "rows.npz", targets=targets, clip=clip, start_s=start_s)
    (folder / "stretches.json").write_bytes(orjson.dumps(stretches))


def _forget_others(path: Path, folder: Path) -> None:
    """Remove the arrays of earlier files of this name: one split needs one array."""
    note = path.parent / "arrays" / f"{path.stem}.name"
    before = note.read_text() if note.is_file() else ""
    if before not in ("", folder.name):
        shutil.rmtree(path.parent / "arrays" / before, ignore_errors=True)
    write_text(note, folder.name)
