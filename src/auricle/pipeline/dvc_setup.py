"""What `dvc repro` needs of the folder it works in, and does not say well by itself."""

import errno
import os
import sys
from pathlib import Path


def make_ready() -> None:
    """Refuse a folder that cannot be written to; let DVC do without a git repository.

    Raises
    ------
    OSError
        The folder cannot be written to.
    """
    here = Path.cwd()
    if not os.access(here, os.W_OK):
        code = errno.EROFS if os.statvfs(here).f_flag & os.ST_RDONLY else errno.EACCES
        raise OSError(code, os.strerror(code), str(here))
    if not any((folder / ".git").exists() for folder in (here, *here.parents)):
        _tell_of_no_git()


def _tell_of_no_git() -> None:
    """DVC refuses to build what was downloaded without its history, unless it is told."""
    from dvc.config import Config

    config = Config(dvc_dir=".dvc")
    if config["core"].get("no_scm"):
        return
    with config.edit("local") as local:
        local["core"]["no_scm"] = True
    sys.stderr.write(
        "There is no git repository here: .dvc/config.local now tells DVC so (core.no_scm). "
        "After `git init`, take it out again.\n"
    )
