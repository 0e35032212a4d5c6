"""Files that appear whole or not at all."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from auricle.errors import AuricleError


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file that takes the place of `path` when the block ends well.

    A block that fails, or a process that is killed, leaves what was at `path` before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
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
def whole_folder(path: Path, keep: bool = False) -> Iterator[Path]:
    """Give a temporary folder that takes the place of `path` when the block ends well.

    With `keep`, a folder that another process put there meanwhile stays: it holds the same.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        yield building
        building.chmod(0o777 & ~_umask())
        if path.exists() and not keep:
            shutil.rmtree(path)
        try:
            building.replace(path)
        except OSError:
            if not (keep and path.is_dir()):
                raise
            shutil.rmtree(building)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


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


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
