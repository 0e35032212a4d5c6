"""The data dictionary lists the fields that the files have, all of them and in their order."""

import dataclasses
import re
from pathlib import Path

import pytest

from auricle.bundle import Bundle
from auricle.datasets.clips import Clip
from auricle.datasets.window_file import Header, Line

DICTIONARY = Path(__file__).parents[1] / "references" / "data_dictionary.md"


def listed(title):
    """Return the names in the first column of the table of a section."""
    sections = re.split(r"^## ", DICTIONARY.read_text(encoding="utf-8"), flags=re.MULTILINE)
    section = next(text for text in sections if text.splitlines()[0].strip() == title)
    return re.findall(r"^\| *`(\w+)` *\|", section, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("title", "of"),
    [
        ("clips.csv", Clip),
        ("window JSON: header", Header),
        ("window JSON: line", Line),
        ("bundle.json", Bundle),
    ],
)
def test_each_field_is_listed_in_its_order(title, of):
    assert listed(title) == [field.name for field in dataclasses.fields(of)]
