"""Exploring a dataset: what is measured is what was planted, and what matters is said."""

import csv
import re
import shutil

import numpy as np
import pytest
import soundfile

from auricle.audio.io import read_blocks
from auricle.audio.preprocess import PreprocessSettings
from auricle.cli.main import main
from auricle.core.compose import compose
from auricle.core.errors import AuricleError
from auricle.core.schema import parse_group
from auricle.explore import explanations, shortcuts
from auricle.explore.dataset_page import write_page
from auricle.explore.dataset_tables import write_recordings
from auricle.explore.examples import choose, examples
from auricle.explore.findings import findings
from auricle.explore.measure import Explore, Meter, measure
from auricle.explore.survey import survey
from auricle.explore.tells import level_threshold
from auricle.features import Features
from helpers import HERE, RATE, ROOT, folder_dataset, recording

DICTIONARY = ROOT / "references" / "data_dictionary.md"
COMPOSED = compose("config", [])
EXPLORE = parse_group(COMPOSED.explore, Explore, "explore")
PREPROCESS = parse_group(COMPOSED.preprocess, PreprocessSettings, "preprocess")
FEATURES = parse_group(COMPOSED.features, Features, "features")


def sine(amplitude=0.5, hz=440.0, seconds=2):
    """Whole periods a window of 0.25 s."""
    return amplitude * np.sin(2 * np.pi * hz * np.arange(seconds * RATE) / RATE)


def measured(tmp_path, samples, rate=RATE, **how):
    path = tmp_path / "one.wav"
    soundfile.write(path, samples, rate, **{"subtype": "PCM_16", **how})
    listed = folder_clips(tmp_path, [path])
    return measure(listed[0], PREPROCESS.fitted(0.25, 0.25), EXPLORE)


def folder_clips(root, files, labels=("speech",)):
    from auricle.datasets.clips import list_clips

    fields = {"labels": tuple(labels), "group": ""}
    return list_clips([(path, fields | {"group": path.name}) for path in files])


def surveyed(tmp_path, **changes):
    dataset = folder_dataset(tmp_path, **changes)
    clips = dataset.fetch(tmp_path, HERE).clips
    return survey("mine", clips, PREPROCESS, FEATURES, EXPLORE, HERE)


def titles(of):
    return [each.title for each in findings(of)]


def noises(root, name, count=4, seconds=1.0, first=0):
    return [recording(root / name / f"{i}.wav", seconds, seed=first + i) for i in range(count)]


@pytest.mark.parametrize("amplitude", [0.01, 0.5, 0.9])
def test_the_level_of_a_sine_is_its_amplitude_over_the_root_of_two(tmp_path, amplitude):
    found = measured(tmp_path, sine(amplitude))
    assert found.level_dbfs == pytest.approx(20 * np.log10(amplitude / np.sqrt(2)), abs=0.02)
    assert found.peak == pytest.approx(amplitude, abs=1e-4)
    assert found.silent == 0


def test_the_level_is_of_what_sounds_and_pauses_are_silent(tmp_path):
    sound = np.concatenate([sine(0.5, seconds=3), np.zeros(RATE)])
    found = measured(tmp_path, sound)
    assert found.level_dbfs == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.02)
    assert found.silent == found.digital == 0.25


@pytest.mark.parametrize(("below_db", "silent"), [(29, 0.0), (31, 0.5)])
def test_a_pause_is_silent_from_30_db_below_the_loudest(tmp_path, below_db, silent):
    quiet = sine(0.5 * 10 ** (-below_db / 20))
    found = measured(tmp_path, np.concatenate([sine(0.5), quiet]))
    assert (found.silent, found.digital) == (silent, 0.0)


def test_a_dc_offset_is_measured_and_is_no_level(tmp_path):
    found = measured(tmp_path, sine(0.1) + 0.25)
    assert found.offset == pytest.approx(0.25, abs=1e-4)
    assert found.level_dbfs == pytest.approx(20 * np.log10(0.1 / np.sqrt(2)), abs=0.02)


def test_clipping_is_the_share_of_a_period_at_full_scale(tmp_path):
    # A sine of amplitude 2 lies at or above 1 for two thirds of each half period.
    found = measured(tmp_path, np.clip(sine(2.0, hz=100), -1, 1))
    assert found.clipped == pytest.approx(2 / 3, abs=0.02)
    assert found.clipped_runs == 2 * 100 * 2


def test_peaks_at_full_scale_are_no_clipping(tmp_path):
    samples = np.zeros(RATE)
    samples[::1000] = 1.0
    found = measured(tmp_path, samples)
    assert found.clipped == pytest.approx(1e-3)
    assert found.clipped_runs == 0


def test_clipping_of_one_channel_is_seen(tmp_path):
    stereo = np.stack([np.clip(sine(2.0), -1, 1), 0 * sine()], axis=1)
    found = measured(tmp_path, stereo)
    assert found.clipped_runs > 0
    assert found.channels == 2


@pytest.mark.parametrize("sizes", [[1], [7], [1000], [3, 1, 500]])
def test_the_size_of_blocks_changes_nothing(sizes):
    rng = np.random.default_rng(0)
    sound = np.clip(rng.standard_normal(5000), -1, 1).astype(np.float32)[:, None]
    sound[100:140] = sound[2000:2002] = sound[4995:] = 1.0

    def meter(parts):
        one = Meter(0.05, EXPLORE)
        for part in parts:
            one.push(part, 8000)
        return one.measured(None, "", 1)

    starts = np.cumsum(np.resize(sizes, 6000))
    parts = np.split(sound, starts[starts < len(sound)])
    whole, cut = vars(meter([sound])), vars(meter(parts))
    assert cut.pop("level_dbfs") == pytest.approx(whole.pop("level_dbfs"), abs=1e-4)
    assert cut.pop("offset") == pytest.approx(whole.pop("offset"), abs=1e-7)
    assert cut == whole


@pytest.mark.parametrize(("hz", "rate"), [(3000, 16000), (9000, 44100)])
def test_the_bandwidth_is_the_highest_frequency_there_is(tmp_path, hz, rate):
    sound = sum(np.sin(2 * np.pi * f * np.arange(2 * rate) / rate) for f in (300, hz)) / 4
    found = measured(tmp_path, sound, rate, subtype="FLOAT")
    assert found.bandwidth_hz == pytest.approx(hz, abs=8 * rate / 2048)
    assert found.sample_rate_hz == rate


def test_a_tap_sees_what_the_file_holds_and_changes_nothing(tone):
    path, seen = tone("a.wav", rate=44100), []
    plain = list(read_blocks(path, RATE))
    tapped = list(read_blocks(path, RATE, tap=lambda block, rate: seen.append((block, rate))))
    assert [rate for _, rate in seen] == [44100]
    assert np.concatenate([block for block, _ in seen]).shape == (44100, 1)
    assert np.array_equal(np.concatenate(plain), np.concatenate(tapped))


def test_the_best_threshold_is_found_from_either_side():
    values = {"a": np.array([1.0, 2, 3, 9]), "b": np.array([4.0, 5, 6, 7])}
    best = shortcuts.best_threshold(values, {"a": 4, "b": 4})
    assert (best.name, best.above, best.value, best.balanced_accuracy) == ("a", False, 3.5, 0.875)
    assert best.by_chance > 0.875  # four groups each prove nothing
    assert not best.tells(0.75, 0.0)


def test_chance_stays_below_what_is_called_chance_in_19_of_20():
    rng = np.random.default_rng(0)
    limit = shortcuts.by_chance(50, 80)
    found = [
        shortcuts.best_threshold(
            {"a": rng.standard_normal(50), "b": rng.standard_normal(80)}, {"a": 50, "b": 80}
        ).balanced_accuracy
        for _ in range(500)
    ]
    assert 0.01 < np.mean(np.array(found) > limit) < 0.08


def test_a_name_guesses_the_class_as_often_as_it_goes_with_it():
    classes = ["a"] * 4 + ["b"] * 2
    assert shortcuts.balanced_accuracy_of_names(classes, ["x"] * 6) == 0.5
    assert shortcuts.balanced_accuracy_of_names(classes, classes) == 1.0
    assert shortcuts.balanced_accuracy_of_names(classes, ["x", "x", "x", "y", "y", "y"]) == 0.875


def test_a_copy_under_another_label_is_named_first(tmp_path):
    files = noises(tmp_path, "dog") + noises(tmp_path, "cat", first=10)
    shutil.copy(files[0], tmp_path / "cat" / "copy.wav")
    of = surveyed(tmp_path)
    assert titles(of)[0] == "The same sound has different labels"
    assert "cat/copy.wav is cat, dog/0.wav is dog" in findings(of)[0].sentence
    assert len(of.mislabelled) == 1
    assert of.apart == []


def test_a_louder_copy_in_another_group_is_found(tmp_path):
    noises(tmp_path, "cat", first=10)
    files = noises(tmp_path, "dog", seconds=4)
    samples, rate = soundfile.read(files[0])
    soundfile.write(tmp_path / "dog" / "louder.flac", 2 * samples, rate)
    of = surveyed(tmp_path)
    assert [(pair.first, pair.second) for pair in of.apart] == [
        (str(files[0]), str(tmp_path / "dog" / "louder.flac"))
    ]
    assert "The same sound stands in different groups" in titles(of)


def test_a_class_that_is_louder_is_told_by_its_level(tmp_path):
    for i in range(20):
        for name, gain in (("loud", 1.0), ("soft", 0.1)):
            path = recording(tmp_path / name / f"{i}.wav", 0.5, seed=i + 100 * (gain < 1))
            samples, rate = soundfile.read(path)
            soundfile.write(path, gain * samples, rate)
    of = surveyed(tmp_path)
    best = level_threshold(of)
    assert (best.name, best.above, best.balanced_accuracy) == ("loud", True, 1.0)
    assert best.gap == pytest.approx(20, abs=0.5)
    assert "balanced accuracy of 100\N{NO-BREAK SPACE}%" in explanations.level(of)
    assert "features take it out" in explanations.level(of)
    assert "Loudness alone tells a class" not in titles(of)


def test_few_groups_are_pointed_at(tmp_path):
    noises(tmp_path, "dog", 12)
    noises(tmp_path, "cat", 2, first=50)
    found = next(f for f in findings(surveyed(tmp_path)) if "split" in f.title)
    assert "cat (2)" in found.sentence
    assert "dog" not in found.sentence


def test_one_class_is_said(tmp_path):
    noises(tmp_path, "dog", 12)
    of = surveyed(tmp_path)
    assert titles(of)[0] == "There is only one class"
    assert write_page(of, findings(of), {}, tmp_path / "out").is_file()


def test_what_cannot_be_read_is_named_with_its_reason(tmp_path):
    noises(tmp_path, "dog")
    (tmp_path / "dog" / "broken.wav").write_bytes(b"no sound")
    of = surveyed(tmp_path)
    assert len(of.used) == 4
    found = next(f for f in findings(of) if "cannot be read" in f.title)
    assert found.paths == [str(tmp_path / "dog" / "broken.wav")]
    assert "cannot be decoded" in found.sentence
    write_recordings(of, tmp_path / "explore.csv")
    with (tmp_path / "explore.csv").open(newline="") as file:
        row = next(r for r in csv.DictReader(file) if "broken" in r["path"])
    assert row["problem"]
    assert row["level_dbfs"] == row["seconds"] == ""


def test_nothing_to_read_is_an_error(tmp_path):
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog" / "broken.wav").write_bytes(b"no sound")
    with pytest.raises(AuricleError, match=r"None of the 1 recordings can be read: .*broken\.wav"):
        surveyed(tmp_path)
    with pytest.raises(AuricleError, match="lists no recordings"):
        survey("mine", [], PREPROCESS, FEATURES, EXPLORE, HERE)


def test_examples_are_of_different_groups(tmp_path):
    noises(tmp_path, "dog", 3)
    of = surveyed(tmp_path)
    groups = [each.clip.group for each in choose(of)["dog"]]
    assert len(groups) == len(set(groups)) == EXPLORE.examples_per_class


def test_the_page_is_whole_the_same_each_time_and_escapes_names(tmp_path):
    evil = "<img src=x onerror=alert(1)>"
    noises(tmp_path / "in", evil.replace("/", ""), 3)
    noises(tmp_path / "in", "a & b $x$", 3, first=10)
    of = surveyed(tmp_path / "in")
    pages = [
        write_page(of, findings(of), examples(of, HERE), tmp_path / str(i)).read_bytes()
        for i in range(2)
    ]
    assert pages[0] == pages[1]
    text = pages[0].decode()
    assert evil not in text
    assert "&lt;img src=x" in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert text.count("<audio") == 4
    assert "data:image/png;base64" in text
    with (tmp_path / "0" / "explore.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == [c.clip.path for c in of.recordings]
    section = DICTIONARY.read_text(encoding="utf-8").split("## explore.csv")[1].split("## ")[0]
    assert list(rows[0]) == re.findall(r"^\| `(\w+)`", section, re.MULTILINE)
    assert float(rows[0]["level_dbfs"]) == pytest.approx(-20, abs=1)


def test_the_command_writes_the_page_and_says_a_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    noises(tmp_path / "sounds", "dog", 3, 0.3)
    noises(tmp_path / "sounds", "cat", 3, 0.3, first=9)
    with pytest.raises(SystemExit) as done:
        main(
            [
                *("explore", "dataset=folder", "dataset.path=sounds", "dataset.background=null"),
                *("cluster.workers=1", "explore.examples_per_class=0"),
            ]
        )
    told = capsys.readouterr().err
    assert done.value.code == 0, told
    assert "6 recordings, 2 s, 2 classes, 6 groups; a class has few groups" in told
    assert (tmp_path / "reports" / "explore.html").is_file()


def test_an_empty_dataset_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sounds").mkdir()
    with pytest.raises(SystemExit):
        main(["explore", "dataset=folder", "dataset.path=sounds", "dataset.background=null"])
    told = capsys.readouterr().err
    assert told.startswith("auricle: ") and "holds no recordings" in told
