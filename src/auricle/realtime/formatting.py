"""Names, lengths and times as a person reads them."""

import time


def printable(text: str) -> str:
    r"""Show signs that steer a terminal, or are no valid UTF-8, as escapes (`\x1b`).

    Names of files, devices and labels come from outside.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def length(seconds: float) -> str:
    """Give a length to the second: 7 s, 2 min 05 s, 3 h 20 min, 12 d 03 h."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole // 60 % 60:02d} min"
    return f"{whole // 86400} d {whole // 3600 % 24:02d} h"


def time_of(time_s: float, wall_s: float | None) -> str:
    """Give the local time of the day, or the time in the stream where that is none: 00:12.50."""
    if wall_s is not None:
        return time.strftime("%H:%M:%S", time.localtime(wall_s))
    minutes, seconds = divmod(time_s, 60)
    return f"{int(minutes):02d}:{seconds:05.2f}"
