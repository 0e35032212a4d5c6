"""A kind is a class or a module, and what is none of them is named with those there are."""

import sys
from dataclasses import dataclass
from typing import ClassVar

import pytest

from auricle.core.errors import AuricleError
from auricle.core.kinds import Kinds
from auricle.core.schema import parse_group

SHAPES = Kinds("shape.kind", {"absent": "auricle_module_that_is_not_there"})


@dataclass(frozen=True)
class Shape:
    KINDS: ClassVar[Kinds] = SHAPES
    kind: str


@SHAPES.register("square")
@dataclass(frozen=True)
class Square(Shape):
    side_m: float


def test_a_group_is_checked_against_the_schema_of_its_kind():
    square = parse_group({"kind": "square", "side_m": 2.0}, Shape, "shape")
    assert square == Square("square", 2.0)
    with pytest.raises(AuricleError, match=r"no key `shape\.sid_m`: did you mean `shape\.side_m`"):
        parse_group({"kind": "square", "sid_m": 2.0}, Shape, "shape")


@pytest.mark.parametrize("kind", ["circle", "", None, 3])
def test_a_kind_that_there_is_not_is_named_with_those_there_are(kind):
    with pytest.raises(AuricleError, match=rf"shape\.kind={kind} is none of absent, square"):
        parse_group({"kind": kind}, Shape, "shape")


def test_a_module_is_imported_when_its_kind_is_asked_for():
    assert list(SHAPES) == ["absent", "square"]
    with pytest.raises(ModuleNotFoundError, match="auricle_module_that_is_not_there"):
        SHAPES.module("absent")
    of_this = Kinds("shape.kind", {"here": __name__})
    sys.modules[__name__].Config = Square
    assert of_this.schema_for({"kind": "here"}) is Square
