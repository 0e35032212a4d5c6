"""Systems are compared under one evaluation, measured once, and what is not known is said."""

import dataclasses
import json
import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from auricle.cli.main import main
from auricle.core.compose import CONF_DIR, compose
from auricle.core.errors import AuricleError
from auricle.core.schema import parse_group
from auricle.experiments.comparison.markdown import page_of
from auricle.experiments.comparison.measurements import Row, configuration_of, current, read_rows
from auricle.experiments.comparison.systems import (
    AS_EVALUATED,
    HONEST,
    Comparison,
    Line,
    Recordings,
)
from helpers import composing_once, recording, without_pictures

# A baseline, because nothing here is about training, and it takes no time.
SMALL = [
    *("network=nearest_neighbours", "train.targets=exclusive", "train/changes=none"),
    *("augment=none", "evaluate.bootstrap=20", "evaluate.context_s=[]", "cluster.workers=1"),
    *("dataset.split=fold", "dataset.folds=3"),
]
# In this process: one that is started for each sweep would load TensorFlow each time.
HOW = [
    "tracking=none",
    "hydra/launcher=basic",
    "hydra/job_logging=none",
    "hydra/hydra_logging=none",
]
ROOT = CONF_DIR.parent


OTHERWISE = {"overrides": ["features=mfcc_mean"], "as_evaluated": None}


def comparison(**changes):
    """Two classes of six recordings each, and two systems, one judged carelessly too."""
    plain = {
        "page": "out/results.md",
        "table": "out/results.csv",
        "only": [],
        "jobs": 1,
        "sets": {
            "here": {
                "title": "Hiss or noise",
                "says": "Two classes.",
                "level": "clip",
                "overrides": ["dataset=folder", "dataset.background=null", *SMALL],
                "places": ["sounds"],
                "place_key": "dataset.path",
                "beside": [],
                "seeds": [0],
            },
            "away": {
                "title": "Elsewhere",
                "says": "Not here.",
                "level": "window",
                "overrides": ["dataset=urbansound8k"],
                "places": ["nowhere"],
                "place_key": "dataset.path",
                "beside": [],
                "seeds": [0],
            },
        },
        "systems": {
            "ours": {
                "title": "Ours",
                "overrides": [],
                "sets": ["here", "away"],
                "claim": None,
                "as_evaluated": None,
            },
            "theirs": {
                "title": "Theirs",
                "overrides": ["features=log_mel"],
                "sets": ["here"],
                "claim": "99 %",
                "as_evaluated": ["dataset.test_share=0.3", "dataset.stop_on_test=true"],
            },
        },
    }
    return {**plain, **changes}


def call(settings: dict, *arguments: str) -> int:
    texts = [
        f"results.{key}={json.dumps(value)}" for key, value in settings.items() if key in PLAIN
    ]
    others = ["~results.sets", "~results.systems"]  # those of conf/
    added = [
        f"+results.{group}.{name}={flow(node)}"
        for group in ("sets", "systems")
        for name, node in settings[group].items()
    ]
    with pytest.raises(SystemExit) as ended:
        main(["results", *texts, *others, *added, *HOW, *arguments])
    return int(ended.value.code or 0)


PLAIN = ("page", "table", "jobs")


def flow(node) -> str:
    """Write a value as Hydra's overrides do."""
    if isinstance(node, dict):
        return "{" + ", ".join(f"{key}: {flow(value)}" for key, value in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(map(flow, node)) + "]"
    return "null" if node is None else json.dumps(node)


@pytest.fixture(scope="module", autouse=True)
def composed_once() -> Iterator[None]:
    """Compose what several lines and calls ask for once, which is most of what they do."""
    ours = "auricle.experiments"
    with composing_once(f"{ours}.comparison.measurements", f"{ours}.cross_validation"):
        yield


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Work in a folder with the recordings; its jobs draw no pictures."""
    folder = tmp_path_factory.mktemp("project")
    for i in range(6):
        recording(folder / "sounds" / "hiss" / f"{i}.wav", seconds=2.0, seed=i)
        recording(folder / "sounds" / "noise" / f"{i}.wav", seconds=2.0, seed=100 + i)
    with pytest.MonkeyPatch.context() as patch, without_pictures():
        patch.chdir(folder)
        yield folder


def only(*names):
    return f"results.only=[{','.join(names)}]"


def runs(project: Path) -> int:
    return len(list(project.glob("multirun/*")))


def test_each_line_is_measured_once_and_told_on_the_page(project: Path) -> None:
    settings = comparison()
    assert call(settings, only("here", "theirs")) == 0
    rows = read_rows(project / "out/results.csv")
    assert [(row.system, row.protocol, row.split, row.seed) for row in rows] == [
        ("theirs", AS_EVALUATED, "0", 0),
        *(("theirs", HONEST, fold, 0) for fold in "123"),
    ]
    found = [row.clip for row in rows if row.protocol == HONEST]
    page = (project / "out/results.md").read_text()
    line = next(line for line in page.splitlines() if line.startswith("| Theirs |"))
    assert f"| {statistics.fmean(found):.3f} ({statistics.stdev(found):.3f}) |" in line
    assert "Folds 1, 2, 3, 1 seed each." in page
    assert "Ours: not measured yet: `auricle fetch dataset=folder" in page
    before = runs(project)
    assert call(settings, only("here", "theirs")) == 0
    assert runs(project) == before


def test_what_is_configured_otherwise_is_measured_anew(project: Path) -> None:
    settings = comparison()
    rows, before = read_rows(project / "out/results.csv"), runs(project)
    settings["systems"]["theirs"]["as_evaluated"] += ["features=mfcc_mean"]  # it has one job
    assert call(settings, only("here", "theirs")) == 0
    again = read_rows(project / "out/results.csv")
    assert runs(project) == before + 1
    assert [row for row in rows if row.protocol == HONEST] == [
        row for row in again if row.protocol == HONEST
    ]
    assert len(again) == len(rows)
    assert {row.configuration for row in again if row.protocol != HONEST}.isdisjoint(
        row.configuration for row in rows
    )


@pytest.mark.system
def test_where_recordings_lie_changes_nothing_and_which_they_are_does(project: Path) -> None:
    settings = comparison(page="out/moved.md", table="out/moved.csv")
    settings["systems"]["theirs"] |= OTHERWISE
    assert call(settings, only("here", "theirs")) == 0
    before = runs(project)
    shutil.copytree("sounds", "moved")
    settings["sets"]["here"]["places"] = ["nowhere", "moved"]
    assert call(settings, only("here", "theirs")) == 0
    assert runs(project) == before
    recording(project / "moved" / "hiss" / "0.wav", seconds=2.0, seed=50)
    assert call(settings, only("here", "theirs")) == 0
    assert runs(project) == before + 1


def test_a_line_that_fails_is_named_and_leaves_the_others(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, before = comparison(page="out/other.md"), read_rows(project / "out/results.csv")
    settings["systems"]["ours"]["overrides"] = ["network.neighbours=0"]
    assert call(settings, only("here", "ours")) == 1
    told = capsys.readouterr().err
    assert "Hiss or noise, Ours, honest" in told
    assert "neighbours=0" in told
    assert read_rows(project / "out/results.csv") == before
    assert "| Theirs |" in (project / "out/other.md").read_text()


def test_a_set_that_is_not_at_hand_is_left_out_with_a_command() -> None:
    page = page_of(Comparison(**comparison()), [])
    assert (
        "Ours: needs Elsewhere: `auricle fetch dataset=urbansound8k && "
        "auricle results 'results.only=[away]'`" in page
    )
    assert "- **Theirs**: 99 %." in page


@pytest.mark.parametrize("given", ["train.epochs=1", "experiment=smoke", "+dataset.path=x"])
def test_a_key_that_would_change_a_system_is_refused(
    project: Path, given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(comparison(), given) == 1
    assert "would change a system for this run only" in capsys.readouterr().err


def test_a_damaged_table_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "out/bad.csv").write_text("set,system\na,b\n")
    assert call(comparison(table="out/bad.csv"), only("here", "ours")) == 1
    assert "out/bad.csv is damaged" in capsys.readouterr().err
    assert (project / "out/bad.csv").read_text() == "set,system\na,b\n"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"only": ["nothing"]}, "only=nothing is none of here, away, ours, theirs"),
        ({"sets": {}}, "systems.ours.sets names here, which `sets` has not"),
        ({"jobs": 0}, "jobs=0"),
    ],
)
def test_wrong_settings_are_refused_by_name(changes: dict, named: str) -> None:
    with pytest.raises(AuricleError, match=named):
        Comparison(**comparison(**changes))


def row(line: Line, split: str, seed: int, clip: float) -> Row:
    key = (line.of, line.name, line.protocol)
    known = (configuration_of(line), "abc")
    return Row(*key, *known, split, seed, clip / 2, clip / 2, clip, 1234567, 9)


def test_the_best_honest_system_stands_first_and_careless_figures_apart() -> None:
    settings = Comparison(**comparison())
    ours, _, theirs, careless = (line for line in sorted_lines(settings))
    rows = [row(ours, fold, 0, 0.6) for fold in "12"]
    rows += [row(theirs, "1", 0, 0.6), row(theirs, "1", 1, 0.8), row(theirs, "2", 0, 0.9)]
    rows += [row(careless, "0", 0, 0.99)]
    lines = page_of(settings, rows).splitlines()
    table = [line for line in lines if line.startswith(("| Ours", "| Theirs"))]
    assert table == [
        "| Theirs | 0.800 (0.141) | 0.400 (0.071) | 0.400 (0.071) | 0.990 | 1,234,567 |",
        "| Ours | 0.600 (0.000) | 0.300 (0.000) | 0.300 (0.000) |  | 1,234,567 |",
    ]


def test_figures_of_another_configuration_are_not_shown() -> None:
    settings = Comparison(**comparison())
    ours, *_ = sorted_lines(settings)
    old = dataclasses.replace(row(ours, "1", 0, 0.6), configuration="old")
    assert "0.600" in page_of(settings, [row(ours, "1", 0, 0.6)])
    assert "0.600" not in page_of(settings, [old])


def test_a_set_without_what_it_needs_beside_it_is_not_at_hand(tmp_path: Path) -> None:
    node = comparison()["sets"]["here"] | {"places": [str(tmp_path)]}
    assert Recordings(**node).place == str(tmp_path)
    assert Recordings(**node | {"beside": [str(tmp_path / "more")]}).place is None


def sorted_lines(settings: Comparison) -> list[Line]:
    def order(line: Line) -> tuple[str, bool, bool]:
        return line.name, line.of != "here", line.protocol != HONEST

    return sorted(settings.lines(), key=order)


@pytest.mark.system
def test_the_page_that_is_shipped_is_of_the_table_that_is_shipped() -> None:
    settings = parse_group(compose("config", []).results, Comparison, "results")
    rows = read_rows(ROOT / settings.table)
    assert (ROOT / settings.page).read_text() == page_of(settings, rows)
    known = [row for line in settings.lines() for row in current(line, rows)]
    assert len(known) == len(rows), "some were measured with another configuration: auricle results"
