"""Users' mistakes and faults of the outside world, each said in one line with its remedy."""

import errno
import os

# What to do about what the system refuses.
_REMEDIES = {
    errno.ENOSPC: "free some space, then run it again",
    errno.EDQUOT: "free some of your quota, then run it again",
    errno.EROFS: "build in a copy that you may write to; `listen` and `classify` only read",
    errno.EACCES: "see to its permissions, or build in a copy that you may write to",
}


class AuricleError(Exception):
    """Something came from outside that cannot be used; shown in one line, without a traceback.

    The message names the value that came, what was wanted and the remedy.
    """


def describe_os_error(error: OSError) -> str:
    """Say in one line what the system refused, of which file, and what to do."""
    # Libraries add words of their own to the system's.
    what = os.strerror(error.errno) if error.errno else str(error)
    remedy = f"; {_REMEDIES[error.errno]}" if error.errno in _REMEDIES else ""
    where = f": {error.filename}" if error.filename else ""
    return f"{what}{where}{remedy}"
