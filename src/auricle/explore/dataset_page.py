"""The page of a dataset, and what goes beside it."""

from collections.abc import Mapping
from pathlib import Path

from auricle.core.files import write_text
from auricle.explore import dataset_plots, dataset_tables, explanations
from auricle.explore.examples import Example
from auricle.explore.findings import Finding
from auricle.explore.survey import Survey, bandwidth_hz, level_dbfs, seconds, silent
from auricle.explore.tells import bandwidth_tells, bandwidth_threshold, level_tells, level_threshold
from auricle.report.charts import svg
from auricle.report.page import Chart, render
from auricle.report.wording import counted

_FIRST = 3  # findings that are shown in full


def write_page(
    survey: Survey, found: list[Finding], heard: Mapping[str, list[Example]], folder: Path
) -> Path:
    """Write `explore.html` and `explore.csv` into a folder; give the path of the page."""
    drawn = {
        "balance": ("How much of each class", dataset_plots.draw_balance(survey)),
        "durations": (
            "How long they are",
            dataset_plots.draw_spread(survey.of(seconds), "seconds"),
        ),
        "level": (
            "How loud they are",
            dataset_plots.draw_spread(
                survey.of(level_dbfs),
                "level of what sounds, dBFS",
                level_threshold(survey) if level_tells(survey) else None,
            ),
        ),
        "bandwidth": (
            "How high they reach",
            dataset_plots.draw_spread(
                survey.of(bandwidth_hz),
                "highest frequency with energy, Hz",
                bandwidth_threshold(survey) if bandwidth_tells(survey) else None,
            ),
        ),
        "silence": (
            "How much is silence",
            dataset_plots.draw_spread(
                survey.of(lambda each: 100 * silent(each)), "% of a recording's windows"
            ),
        ),
    }
    charts = {
        name: Chart(name, title, getattr(explanations, name)(survey), svg(figure, name))
        for name, (title, figure) in drawn.items()
    }
    text = render(
        Path(__file__).with_name("dataset_page.html"),
        survey=survey,
        explanations=explanations,
        counted=counted,
        first=found[:_FIRST],
        further=found[_FIRST:],
        charts=charts,
        tables=dataset_tables,
        heard=heard,
        shown=dataset_plots.MOST_ROWS if len(survey.classes) > dataset_plots.MOST_ROWS else 0,
    )
    write_text(folder / "explore.html", text)
    dataset_tables.write_recordings(survey, folder / "explore.csv")
    return folder / "explore.html"
