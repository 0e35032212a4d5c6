"""Keep what is heard in memory: a process that crashes leaves no copy of it."""

import ctypes
import sys

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def dump_nothing() -> None:
    """Let this process, and those that it starts, leave no core file.

    What the system writes to its swap is not in a program's hands.
    """
    import resource  # of POSIX systems only

    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    least = 0
    if sys.platform == "linux":
        # A program that takes cores (`|...` in core_pattern) is run whatever the limit, but for
        # this one, which is too small for a file as well.
        least = 1 if hard else 0
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (least, least))
