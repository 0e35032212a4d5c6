"""Where the files of a project are, and those that Auricle ships."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
INSTALLED = Path(__file__).resolve().parents[1] / "share"


def resource(path: str) -> Path:
    """Path of something the project ships: the working folder's, the checkout's or the wheel's."""
    for root in (Path(), CHECKOUT, INSTALLED):
        if (root / path).exists():
            return root / path
    return Path(path)


@dataclass(frozen=True)
class ProjectPaths:
    """The folders of a project, below one root; some may lie `elsewhere`, by their name."""

    root: Path
    elsewhere: Mapping[str, Path] = field(default_factory=dict)

    @property
    def raw(self) -> Path:
        """The list of recordings, and those that Auricle made or fetched."""
        return self.elsewhere.get("raw", self.root / "data" / "raw")

    @property
    def processed(self) -> Path:
        """The window JSON of each split."""
        return self.elsewhere.get("processed", self.root / "data" / "processed")

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
        return self.elsewhere.get("reports", self.root / "reports")
