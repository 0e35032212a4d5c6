"""What every stage is given, and what it returns."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auricle.core.project import ProjectPaths


@dataclass(frozen=True)
class Job:
    """One run of a stage.

    It reads from the project and writes to it; a job of a sweep writes into a folder of its own,
    and puts its `name` before what it tells, because others tell at the same time.
    """

    reads: ProjectPaths = field(default_factory=lambda: ProjectPaths(Path()))
    writes: ProjectPaths = field(default_factory=lambda: ProjectPaths(Path()))
    parameters: dict[str, Any] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class StageResult:
    """What a stage returns: a line for a person, numbers for a table, what a search minimises."""

    summary: str
    numbers: dict[str, float] = field(default_factory=dict)
    objective: float | None = None
