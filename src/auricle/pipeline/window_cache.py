"""The windows a job of a sweep learns from: the project's, or a cache that jobs share.

A job whose dataset, preprocessing, features or augmentation are the project's reads
`data/processed`. Any other is prepared once, under a lock, into `data/processed/cache/HASH`, which
can be deleted at any time.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from filelock import FileLock
from omegaconf import DictConfig

from auricle.core.compose import to_plain
from auricle.core.errors import AuricleError
from auricle.core.nested import differing
from auricle.core.project import ProjectPaths
from auricle.datasets import window_file
from auricle.datasets.clips import read_about, source_of
from auricle.pipeline.code_graph import code_sha256
from auricle.pipeline.runner import run

# What decides the windows, besides the recordings and the code that cuts them.
_GROUPS = ("dataset", "preprocess", "features", "augment")


def listed(config: DictConfig, project: ProjectPaths) -> Path:
    """Folder with the list of this dataset's recordings: the project's, or fetched into the cache.

    What the project fetched is taken as it is; `auricle fetch` looks for changes.
    """
    source = source_of(to_plain(config)["dataset"])
    try:
        if read_about(project.raw).get("source") == source:
            return project.raw
    except AuricleError:
        pass  # nothing was fetched here yet
    folder = project.processed / "cache" / f"raw-{_hash(source)}"
    with _locked(folder):
        run("fetch", config, project, ProjectPaths(project.root, {"raw": folder}))
    return folder


def prepared(config: DictConfig, project: ProjectPaths) -> dict[str, Path]:
    """Where a job finds `raw`, `processed` and their `reports`, made for it if need be."""
    raw = listed(config, project)
    asked = {group: to_plain(config)[group] for group in _GROUPS}
    if raw == project.raw and _is_of(project.processed, raw, asked):
        return {"raw": raw, "processed": project.processed, "reports": project.reports}
    fingerprint = read_about(raw)["fingerprint"]
    folder = (
        project.processed / "cache" / _hash([fingerprint, asked, code_sha256("prepare_dataset")])
    )
    reports = folder / "reports"
    with _locked(folder):
        # Written last: without it a preparation was broken off.
        if not (reports / "dataset.json").is_file():
            writes = ProjectPaths(project.root, {"processed": folder, "reports": reports})
            run("prepare", config, ProjectPaths(project.root, {"raw": raw}), writes)
    return {"raw": raw, "processed": folder, "reports": reports}


def _is_of(processed: Path, raw: Path, asked: dict[str, Any]) -> bool:
    """Whether windows are those of a configuration and of the recordings that are listed."""
    try:
        header = window_file.read_header(processed / "train.jsonl")
    except AuricleError:
        return False
    same = header.dataset["fingerprint"] == read_about(raw)["fingerprint"]
    return same and not differing(header.made_with(), asked)


def _locked(folder: Path) -> FileLock:
    folder.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(folder.with_name(f"{folder.name}.lock"))


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
