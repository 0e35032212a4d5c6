"""`auricle explore`: look at a dataset, write its page, say in a line what matters."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auricle.audio.preprocess import PreprocessSettings
from auricle.core.compose import compose
from auricle.core.parallel import Cluster
from auricle.core.project import ProjectPaths
from auricle.core.schema import parse
from auricle.datasets.clips import Dataset, read_about, read_clips
from auricle.explore.dataset_page import write_page
from auricle.explore.examples import examples, spectrum_of
from auricle.explore.explanations import headline
from auricle.explore.findings import findings
from auricle.explore.measure import Explore
from auricle.explore.survey import Survey, survey
from auricle.features import Features
from auricle.pipeline.runner import exclusive
from auricle.pipeline.stage import StageResult
from auricle.pipeline.window_cache import listed


@dataclass(frozen=True)
class Config:
    """What this verb reads."""

    dataset: Dataset
    preprocess: PreprocessSettings
    features: Features
    explore: Explore
    cluster: Cluster


def look(overrides: Sequence[str]) -> tuple[Config, Survey]:
    """Measure the recordings of a dataset, which is fetched if need be."""
    composed = compose("config", overrides)
    config = parse(composed, Config)
    spectrum_of(config.features)  # said now, not after all has been decoded
    raw = listed(composed, ProjectPaths(Path()))
    name, clips = read_about(raw)["name"], read_clips(raw)
    settings = (config.preprocess, config.features, config.explore, config.cluster)
    return config, survey(name, clips, *settings)


def explore(overrides: Sequence[str]) -> StageResult:
    """Look at a dataset and write `explore.html` and `explore.csv`."""
    with exclusive("explore"):
        config, found = look(overrides)
        todo, heard = findings(found), examples(found, config.cluster)
        page = write_page(found, todo, heard, ProjectPaths(Path()).reports)
    first = "".join(f"; {each.title[0].lower()}{each.title[1:]}" for each in todo[:3])
    groups = len({each.clip.group for each in found.used})
    return StageResult(
        f"{headline(found)}, {groups} groups{first or '; nothing stands out'}: {page}"
    )
