"""The page of a dataset, and what goes beside it."""

from collections.abc import Mapping
from pathlib import Path

from auricle.explore import figures, tables, words
from auricle.explore.examples import Example
from auricle.explore.findings import Finding
from auricle.explore.survey import Survey, bandwidth_hz, level_dbfs, seconds, silent
from auricle.explore.tells import (
    bandwidth_tells,
    bandwidth_threshold,
    level_tells,
    level_threshold,
)
from auricle.files import write_text
from auricle.report.charts import svg
from auricle.report.page import Chart, render
from auricle.report.words import counted

_FIRST = 3  # findings that are shown in full


def write_page(
    survey: Survey, found: list[Finding], heard: Mapping[str, list[Example]], folder: Path
) -> Path:
    """Write `explore.html` and `explore.csv` into a folder; give the path of the page."""
    drawn = {
        "balance": ("How much of each class", figures.draw_balance(survey)),
        "durations": ("How long they are", figures.draw_spread(survey.of(seconds), "seconds")),
        "level": (
            "How loud they are",
            figures.draw_spread(
                survey.of(level_dbfs),
                "level of what sounds, dBFS",
                level_threshold(survey) if level_tells(survey) else None,
            ),
        ),
        "bandwidth": (
            "How high they reach",
            figures.draw_spread(
                survey.of(bandwidth_hz),
                "highest frequency with energy, Hz",
                bandwidth_threshold(survey) if bandwidth_tells(survey) else None,
            ),
        ),
        "silence": (
            "How much is silence",
            figures.draw_spread(
                survey.of(lambda each: 100 * silent(each)), "% of a recording's windows"
            ),
        ),
    }
    charts = {
        name: Chart(name, title, getattr(words, name)(survey), svg(figure, name))
        for name, (title, figure) in drawn.items()
    }
    text = render(
        Path(__file__).with_name("page.html"),
        survey=survey,
        words=words,
        counted=counted,
        first=found[:_FIRST],
        further=found[_FIRST:],
        charts=charts,
        tables=tables,
        heard=heard,
        shown=figures.MOST_ROWS if len(survey.classes) > figures.MOST_ROWS else 0,
    )
    write_text(folder / "explore.html", text)
    write_text(folder / "explore.csv", tables.to_csv(survey))
    return folder / "explore.html"
