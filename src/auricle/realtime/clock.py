"""The clock of a listener: seconds since some moment, the same for all of its threads."""

import time


def clock() -> float:
    """Seconds that go on while the machine is suspended, where the system has such a clock."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)
