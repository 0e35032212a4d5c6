"""Words of messages that several modules say."""

from collections.abc import Sequence

_SHOWN = 12


def listed(items: Sequence[str]) -> str:
    """Return items in a line; of many, the first few and how many more there are."""
    more = len(items) - _SHOWN
    if more <= 1:
        return ", ".join(items)
    return f"{', '.join(items[:_SHOWN])} and {more} more"
