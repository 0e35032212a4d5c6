"""Kinds: what the key `kind` of a configuration may name, and the schema that it then has."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from auricle.core.schema import one_of

Class = TypeVar("Class", bound=type[Any])


class Kinds:
    """The kinds of one thing, by name: a class each, or a module that holds a dataclass `Config`.

    A schema whose attribute `KINDS` is one of these stands for the schema of the kind that a
    configuration names.

    Parameters
    ----------
    key
        Full key that names the kind, for errors.
    modules
        Module of each kind, imported only when it is asked for.
    """

    def __init__(self, key: str, modules: Mapping[str, str] | None = None) -> None:
        self._key = key
        self._modules = dict(modules or {})
        self._classes: dict[str, Any] = {}

    def __iter__(self) -> Iterator[str]:
        return iter([*self._modules, *self._classes])

    def register(self, kind: str) -> Callable[[Class], Class]:
        """Return a decorator that makes a dataclass the schema of a kind."""

        def add(schema: Class) -> Class:
            self._classes[kind] = schema
            return schema

        return add

    def module(self, kind: str) -> Any:
        """Return the module of a kind."""
        return importlib.import_module(self._modules[kind])

    def schema_for(self, node: Mapping[str, Any]) -> Any:
        """Return the schema of the kind that a configuration names.

        Raises
        ------
        AuricleError
            There is no such kind.
        """
        kind = node.get("kind")
        one_of(self._key, kind, tuple(self))
        return self._classes[kind] if kind in self._classes else self.module(str(kind)).Config
