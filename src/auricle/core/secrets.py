"""Users, passwords and tokens in URLs: masked where shown, refused where they would be stored."""

import re
from collections.abc import Iterable

from auricle.core.errors import AuricleError

# User, password or token of a URL: all that stands before the last @ of its authority.
_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s]+(?=@)")


def mask(text: str) -> str:
    """Hide user, password or token of every URL in a text."""
    return _CREDENTIALS.sub("***", text)


def refuse_passwords(texts: Iterable[str]) -> None:
    """Refuse URLs with a user, password or token: they would be stored with the outputs."""
    for text in texts:
        if _CREDENTIALS.search(text):
            raise AuricleError(
                f"{mask(text)} holds a user, password or token, which would be stored in "
                "configuration files: put it into an environment variable instead "
                "(MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD for tracking.uri)"
            )
