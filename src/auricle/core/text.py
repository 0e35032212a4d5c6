"""Words of messages that several modules say."""

from collections.abc import Sequence


def listed(items: Sequence[str], most: int = 12, separator: str = ", ") -> str:
    """Return items in a line; of many, the first few and how many more there are."""
    more = len(items) - most
    if more <= 1:
        return separator.join(items)
    return f"{separator.join(items[:most])} and {more} more"
