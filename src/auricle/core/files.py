"""Files that appear whole or not at all.

What is being written has a hidden name beside its place, which ends in `.unfinished`. Only a
process that is killed leaves such a file or folder; whoever writes to that place next removes it.
"""

import glob
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from auricle.core.errors import AuricleError

_UNFINISHED = ".unfinished"


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file that takes the place of `path` when the block ends well.

    A block that fails, or a process that is killed, leaves what was at `path` before.
    """
    with _naming(path):
        handle, name = tempfile.mkstemp(_UNFINISHED, _prefix(path), _cleared(path))
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            # mkstemp makes files only their owner can read; an output is an ordinary file.
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder that takes the place of `path` when the block ends well."""
    with _naming(path):
        building = Path(tempfile.mkdtemp(_UNFINISHED, _prefix(path), _cleared(path)))
        try:
            yield building
            building.chmod(0o777 & ~_umask())
            if path.exists():
                shutil.rmtree(path)
            building.replace(path)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise


def clear_unfinished(folder: Path, name: str = "*") -> None:
    """Remove what killed processes left in a folder of what was to be `name`.

    Nobody else may be writing it now.
    """
    # Eight characters are what tempfile draws; a name that itself has dots is another's.
    for left in folder.glob(f".{name}.????????{_UNFINISHED}"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path`, whole or not at all, in UTF-8."""
    with whole_file(path) as file:
        file.write(text.encode())


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Hexadecimal digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def need_file(path: Path, remedy: str) -> Path:
    """Return `path`, or refuse with the remedy where there is no such file."""
    if not path.is_file():
        raise AuricleError(f"There is no file {path}: {remedy}")
    return path


def _prefix(path: Path) -> str:
    return f".{path.name}."


def _cleared(path: Path) -> Path:
    """Folder to write `path` in, made where it is missing and rid of what was left of `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    clear_unfinished(path.parent, glob.escape(path.name))
    return path.parent


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name `path` in errors of the system that name no file, or the temporary one."""
    try:
        yield
    except OSError as error:
        if error.filename is None or _UNFINISHED in str(error.filename):
            error.filename = str(path)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
