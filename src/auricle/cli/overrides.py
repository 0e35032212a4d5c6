"""What on the command line is an override, what a path, and how a path is written in Hydra."""

import re

from auricle.core.compose import quoted

SOURCE = re.compile(r"realtime[./]source")
_OVERRIDE = re.compile(r"[+~]{0,2}[A-Za-z_][\w./@:-]*=.*|~[A-Za-z_][\w./@]*", re.DOTALL)
_PATH_KEYS = re.compile(
    r"([+]{0,2}(?:(?:[\w./@]+\.)?(?:path|table|table_root|url|cache|store)|evaluate\.noise)|bundle)"
    r"=(.*)",
    re.DOTALL,
)
URL = re.compile(r"[A-Za-z][\w+.-]*://", re.ASCII)


def is_override(text: str) -> bool:
    """Whether an argument is an override of Hydra; a URL may hold `=` too."""
    return bool(_OVERRIDE.fullmatch(text)) and not URL.match(text)


def as_path(text: str) -> str:
    """Write a path so that it is taken for nothing else."""
    return f"./{text}" if text == "-" or URL.match(text) else text


def quote_path(override: str) -> str:
    """Quote the value of an override that is a path, so that any file name goes through Hydra.

    A sweep over paths is written `dataset.path=choice(a,b)`: a comma belongs to a name.
    """
    match = _PATH_KEYS.fullmatch(override)
    if match is None or re.fullmatch(r"null|\?\?\?|choice\(.*\)|(['\"]).*\1", match[2], re.DOTALL):
        return override
    return f"{match[1]}={quoted(match[2])}"
