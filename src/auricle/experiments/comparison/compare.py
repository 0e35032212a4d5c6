"""`auricle results`: measure what is not known yet, and write the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auricle.core.compose import compose
from auricle.core.errors import AuricleError
from auricle.core.files import write_text
from auricle.core.schema import parse
from auricle.experiments.comparison.markdown import page_of
from auricle.experiments.comparison.measurements import measure, read_rows
from auricle.experiments.comparison.systems import Comparison
from auricle.pipeline.runner import exclusive
from auricle.pipeline.stage import StageResult

# What may be said of how it is done; what is compared stands in conf/results.
_HOW = ("tracking", "cluster", "hydra")


@dataclass(frozen=True)
class Config:
    """What this verb reads."""

    results: Comparison


def results(overrides: Sequence[str], measuring: bool = True) -> StageResult:
    """Measure what is wanted and not known, and write the page from all that is.

    Raises
    ------
    AuricleError
        A line could not be measured; the page has what could.
    """
    keys = {
        text: text.lstrip("+~").replace("/", ".").split(".")[0].split("=")[0] for text in overrides
    }
    for text, key in keys.items():
        if key not in ("results", *_HOW):
            raise AuricleError(
                f"`{text}` would change a system for this run only: what is compared stands in "
                f"conf/results/default.yaml; keys of results, {', '.join(_HOW)} may be given"
            )
    settings = parse(compose("config", overrides), Config).results
    more = [text for text, key in keys.items() if key in _HOW]
    with exclusive("results"):
        try:
            failed = measure(settings, more) if measuring else []
        finally:  # broken off, it still tells what is known
            rows = read_rows(Path(settings.table))
            write_text(Path(settings.page), page_of(settings, rows))
    if failed:
        raise AuricleError("; ".join(failed))
    lines = {(row.set, row.system, row.protocol) for row in rows}
    return StageResult(f"{len(lines)} lines of {len(rows)} jobs: {settings.page}")
