"""The data dictionary lists the fields that the files have, all of them and in their order."""

import dataclasses
import json
import re

import pytest

from auricle.datasets.clips import Clip
from auricle.datasets.manifest.pieces import Piece
from auricle.datasets.window_file import Header, Line
from auricle.experiments.comparison.measurements import Row
from auricle.inference.bundle import Bundle
from auricle.realtime.sinks.jsonl import Jsonl
from auricle.realtime.sinks.rotating_file import RotatingFile
from auricle.realtime.sinks.table import FIELDS
from helpers import ROOT
from listening import begun, sound, trouble

DICTIONARY = ROOT / "references" / "data_dictionary.md"


def rows(title):
    """Return the cells of each row of the table of a section."""
    sections = re.split(r"^## ", DICTIONARY.read_text(encoding="utf-8"), flags=re.MULTILINE)
    section = next(text for text in sections if text.splitlines()[0].strip() == title)
    return re.findall(r"^\| *`(\w+)` *\|([^|]*)\|", section, flags=re.MULTILINE)


def listed(title):
    """Return the names in the first column of the table of a section."""
    return [name for name, _ in rows(title)]


@pytest.mark.parametrize(
    ("title", "of"),
    [
        ("clips.csv", Clip),
        ("manifest_music_speech.csv", Piece),
        ("window JSON: header", Header),
        ("window JSON: line", Line),
        ("bundle.json", Bundle),
        ("results.csv", Row),
    ],
)
def test_each_field_is_listed_in_its_order(title, of):
    assert listed(title) == [field.name for field in dataclasses.fields(of)]


def test_each_event_has_the_fields_that_are_listed_for_it(tmp_path):
    sink, _ = begun(Jsonl(RotatingFile(tmp_path / "e", 1e6, 1), None))
    for kind in ("start", "ongoing", "end"):
        sink.sound(sound(kind, "speech", 1, 2))
    sink.trouble(trouble("lost", 1))
    sink.trouble(trouble("lost", 1, 2))
    sink.end("")
    events = [json.loads(line) for line in (tmp_path / "e").read_text().splitlines()]
    assert len({event["event"] for event in events}) == 7
    for event in events:
        of = [name for name, kinds in rows("events") if {"all", event["event"]} & words(kinds)]
        assert sorted(event) == sorted(of)


def words(cell):
    return {word.strip() for word in cell.split(",")}


def test_a_table_of_sounds_has_the_columns_that_are_listed():
    assert listed("table of sounds") == list(FIELDS)
