"""`auricle classify`: files in, what sounds in them out."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from auricle.cli.main import main
from auricle.core.project import resource
from auricle.inference.classify import classify_file
from auricle.inference.scorer import Scorer

BUNDLE = resource("models/music_speech").resolve()


@pytest.fixture
def classify(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[int, str]]:
    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(SystemExit) as ended:
            main(["classify", *arguments])
        return int(ended.value.code or 0), capsys.readouterr().out

    return call


def test_a_row_for_each_whole_window(
    classify: Callable[..., tuple[int, str]], tone: Callable[..., Path]
) -> None:
    tone("a.wav", seconds=1.1)
    status, out = classify("a.wav", "--windows", "decision.context_s=0.25", "--format", "jsonl")
    line = json.loads(out)
    assert status == 0
    assert set(line) == {"file", "labels", "window_s", "hop_s", "context_s", "probabilities"}
    assert (line["file"], line["labels"]) == ("a.wav", ["music", "speech"])
    assert (line["window_s"], line["hop_s"], line["context_s"]) == (0.25, 0.25, 0.25)
    assert np.shape(line["probabilities"]) == (4, 2)  # the last 0.1 s are no whole window


def test_a_file_shorter_than_a_window_is_one_window_padded_with_zeros(
    classify: Callable[..., tuple[int, str]], tone: Callable[..., Path], tmp_path: Path
) -> None:
    samples, rate = soundfile.read(tone("short.wav", seconds=0.1), dtype="float32")
    padded = np.pad(samples, (0, 4000 - len(samples)))
    soundfile.write(tmp_path / "padded.wav", padded, rate, subtype="FLOAT")
    soundfile.write(tmp_path / "short.wav", samples, rate, subtype="FLOAT")
    _, out = classify("short.wav", "padded.wav", "--windows")
    short, full = (json.loads(line)["probabilities"] for line in out.splitlines())
    assert len(short) == 1
    assert short == full


def test_context_is_the_mean_logit_of_the_windows_in_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "noise.wav"
    soundfile.write(path, 0.1 * rng.standard_normal(32000), 16000)
    classifier = Scorer(BUNDLE)
    heard = classify_file(path, classifier)
    assert heard.decision.context_s == 1.0
    scale, offset = classifier.bundle.calibration.scale, classifier.bundle.calibration.offset
    for i, row in enumerate(heard.probabilities()):
        mean = heard.logits[max(0, i - 3) : i + 1].astype(float).mean(axis=0)
        np.testing.assert_allclose(row, 1 / (1 + np.exp(-(mean * scale + offset))), atol=1e-6)


def test_a_file_that_fails_is_said_and_the_others_go_on(
    classify: Callable[..., tuple[int, str]], tone: Callable[..., Path], tmp_path: Path
) -> None:
    tone("a.wav")
    (tmp_path / "bad.wav").write_text("no sound")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 16000)
    status, out = classify("bad.wav", "empty.wav", "gone.wav", "a.wav", "--windows")
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 1
    assert [set(line) == {"file", "error"} for line in lines] == [True, True, True, False]
    assert "cannot be decoded" in lines[0]["error"]
    assert "holds no sound, not one sample" in lines[1]["error"]
    assert "There is no file" in lines[2]["error"]


def test_folders_are_searched_and_any_rate_is_heard(
    classify: Callable[..., tuple[int, str]], tone: Callable[..., Path], tmp_path: Path
) -> None:
    tone("b/deep/one.flac", rate=44100)
    tone("b/two.wav", rate=8000)
    (tmp_path / "b" / "notes.txt").write_text("no sound")
    status, out = classify("b", "--format", "jsonl")
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [line["file"] for line in lines] == ["b/deep/one.flac", "b/two.wav"]
    assert all(line["duration_s"] == pytest.approx(1.0, abs=0.001) for line in lines)
    assert set(lines[0]["probabilities"]) == {"music", "speech"}


def test_csv_has_a_row_an_event_and_text_reads_well(
    classify: Callable[..., tuple[int, str]],
) -> None:
    demo = str(resource("references/demo.flac").resolve())
    _, out = classify(demo, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["label"] for row in rows} == {"music", "speech"}
    assert all(float(row["start_s"]) < float(row["end_s"]) <= 40 for row in rows)
    _, text = classify(demo)
    assert text.startswith(f"{demo}  40.00 s  music 0.")
    assert len(text.splitlines()) == 1 + len(rows)


def test_another_bundle_is_used_when_named(
    classify: Callable[..., tuple[int, str]], tone: Callable[..., Path], tmp_path: Path
) -> None:
    tone("a.wav")
    other = tmp_path / "other bundle"
    other.mkdir()
    (other / "model.tflite").write_bytes((BUNDLE / "model.tflite").read_bytes())
    content = json.loads((BUNDLE / "bundle.json").read_text())
    content["labels"] = ["violin", "tuba"]
    content["thresholds"] = {"violin": 0.5, "tuba": 0.5}
    content["trade_off"] |= {"hours": {}, "false_events": {}, "named": {}}
    (other / "bundle.json").write_text(json.dumps(content))
    _, out = classify("a.wav", "--bundle", "other bundle", "--windows")
    assert json.loads(out)["labels"] == ["violin", "tuba"]
