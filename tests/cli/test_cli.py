"""`auricle VERB [overrides]` as a person types it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.cli.main import main
from auricle.cli.overrides import quote_path
from auricle.cli.verbs import smoke
from auricle.core.compose import compose
from auricle.core.schema import parse
from auricle.pipeline.runner import STAGES
from auricle.realtime.app import Listen


def auricle(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from auricle.cli.main import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_help_names_every_verb_and_how_to_begin() -> None:
    text = auricle("--help").stdout
    for verb in (*("repro", "compose", "listen", "classify"), *STAGES):
        assert f"\n    {verb} " in text
    assert "auricle repro experiment=smoke" in text
    assert auricle().stdout == text


@pytest.mark.parametrize("verb", ["repro", "fetch", "train", "listen", "classify"])
def test_each_verb_explains_itself(verb: str) -> None:
    text = auricle(verb, "--help").stdout
    assert text.startswith(f"usage: auricle {verb}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["listn"], "invalid choice: 'listn'"),
        (["fetch", "speech"], "`speech` is neither an override"),
        (["listen", "realtime.engine.queue=3"], "did you mean `realtime.engine.queue_s`?"),
        (["listen", "a.wav", "realtime.source.pace=slow"], "pace=slow is none of live, fast"),
        (["listen", "not/there.wav"], "There is no file not/there.wav"),
        (["listen", "--loud"], "There is no option --loud"),
        (["listen", "a.wav", "b.wav"], "listen takes one file, 2 were given"),
        (["listen", "bundle=nowhere"], "nowhere is no bundle"),
        (["listen", "-m", "realtime.engine.block_s=1,2"], "`-m` sweeps a stage"),
        (["repro", "-m", "train.epochs=1,2"], "`-m` sweeps a stage"),
        (["repro"], "There is no dvc.yaml in"),
        (["classify"], "classify wants at least one file"),
        (["classify", "a=b.wav"], "a name that holds `=` goes after `--`"),
        (["classify", "--widows", "a.wav"], "There is no option --widows"),
        (["classify", "a.wav", "--windows", "--format", "csv"], "leave out --format csv"),
        (["train", "~train.optimizer._target_"], "`train.optimizer` has no _target_"),
        (["prepare", "preprocess.window_s=nan"], "preprocess.window_s=nan must be positive"),
        (["listen", "realtime.source.path=x"], "There is no file x"),
        (["prepare"], "run `auricle fetch` first"),
        (["train", "--params", "nowhere.yaml"], "There is no file nowhere.yaml"),
        (["train", "network=none_such"], "none_such"),
        (["train", "tracking.uri=http://a:secret@b"], "http://***@b"),
    ],
)
def test_a_mistake_is_one_line_and_no_traceback(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:  # anything else would be a traceback
        main(arguments)
    assert ended.value.code in (1, 2)
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said
    assert "secret" not in said


def test_a_pipeline_verb_of_the_listener_alone_says_what_to_install() -> None:
    hide = "import sys; sys.modules['orjson'] = None; from auricle.cli.main import main; main()"
    command = [sys.executable, "-c", hide, "prepare"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "`orjson` is not installed" in result.stderr
    assert "make setup" in result.stderr
    assert "Traceback" not in result.stderr


# What Linux allows in a file's name: anything but "/" and NUL; text here, so that it can be typed.
names = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20
)


@settings(deadline=None, max_examples=20)  # each composes a configuration
@given(name=names)
def test_any_file_name_goes_through_hydra(name: str) -> None:
    override = quote_path(f"realtime.source.path=./{name}")
    config = parse(compose("listen", ["realtime/source=file", override]), Listen)
    assert config.realtime.source.path == f"./{name}"


@pytest.mark.parametrize(
    "name", ["a,b.wav", "it's.wav", 'say "hi".wav', "${x}.wav", "a=b.wav", "é ü.wav"]
)
def test_awkward_names_are_listened_to(
    name: str,
    tone: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    tone(name, seconds=0.5)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["listen", "--", name, "realtime.source.pace=fast"])
    assert ended.value.code == 1
    # After `--` everything is a path: two of them here.
    assert "listen takes one file, 2 were given" in capfd.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["listen", "realtime.source.pace=fast", "--", name])
    told = capfd.readouterr()
    assert not ended.value.code, told.err
    assert f"Listening to {name}." in told.out


def test_a_table_is_a_path_too() -> None:
    assert quote_path("dataset.table=a b,c.csv") == "dataset.table='a b,c.csv'"
    assert quote_path("dataset.table=null") == "dataset.table=null"
    assert quote_path("evaluate.noise=a b,c") == "evaluate.noise='a b,c'"
    assert quote_path("train.changes.noise=0,0.5") == "train.changes.noise=0,0.5"
    assert quote_path("network.filters=1,2") == "network.filters=1,2"


def test_paths_quoted_by_hand_can_be_swept() -> None:
    assert quote_path("dataset.path='a','b'") == "dataset.path='a','b'"


def test_smoke_takes_the_place_of_the_experiment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AURICLE_SMOKE", "1")
    assert smoke(["experiment=music_speech", "train.epochs=1"]) == [
        "experiment=smoke",
        "train.epochs=1",
    ]
    assert "AURICLE_SMOKE is set" in capsys.readouterr().err
    monkeypatch.setenv("AURICLE_SMOKE", "0")
    assert smoke(["train.epochs=1"]) == ["train.epochs=1"]
