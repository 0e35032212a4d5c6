"""A page from a template: everything that is put in is escaped, unless it is our own chart."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Table:
    """A table of text and numbers; columns after the first `names` are numbers."""

    caption: str
    columns: list[str]
    rows: list[list[str]]
    names: int = 1


@dataclass(frozen=True)
class Chart:
    """A figure, one sentence that says what it shows, and its numbers for who cannot see it."""

    name: str
    title: str
    sentence: str
    svg: str
    tables: list[Table] = field(default_factory=list)


def render(template: Path, **content: Any) -> str:
    """Fill in a template, which may extend `base.html` and import `parts.html` of this package."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([template.parent, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template.name).render(**content)
