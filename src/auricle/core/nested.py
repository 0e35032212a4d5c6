"""Nested mappings, such as a configuration, under dotted names."""

from collections.abc import Iterator, Mapping
from typing import Any


def flatten(node: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Leaves of nested mappings under dotted names."""
    for key, value in node.items():
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def differing(made: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """Dotted names of what differs between two configurations."""
    one, other = dict(flatten(made)), dict(flatten(asked))
    absent = object()
    return sorted(key for key in {*one, *other} if one.get(key, absent) != other.get(key, absent))
