"""Where a stage reads and writes, and what is recorded of its configuration."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Places:
    """The folders of a project, below one root."""

    root: Path

    @property
    def raw(self) -> Path:
        """The list of recordings, and those that Auricle made or fetched."""
        return self.root / "data" / "raw"

    @property
    def processed(self) -> Path:
        """The window JSON of each split."""
        return self.root / "data" / "processed"

    @property
    def training(self) -> Path:
        """The trained network."""
        return self.root / "models" / "training"

    @property
    def classifier(self) -> Path:
        """The bundle."""
        return self.root / "models" / "classifier"

    @property
    def run_note(self) -> Path:
        """Which MLflow run the trained network belongs to."""
        return self.root / "models" / "run.json"

    @property
    def reports(self) -> Path:
        """Metrics and plots."""
        return self.root / "reports"


@dataclass(frozen=True)
class Job:
    """One run of a stage.

    It reads from the project and writes to it; a job of a sweep writes into a folder of its own.
    """

    reads: Places = field(default_factory=lambda: Places(Path()))
    writes: Places = field(default_factory=lambda: Places(Path()))
    parameters: dict[str, Any] = field(default_factory=dict)
