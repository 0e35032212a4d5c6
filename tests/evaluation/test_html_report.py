"""The report says what was found, escapes what a dataset may hold, and works in a browser."""

import dataclasses
import json
import re

import numpy as np
import pytest

from auricle.evaluation.cases import ScoredTestSet
from auricle.evaluation.html_report import write_report
from auricle.evaluation.leakage import LeakagePair
from auricle.evaluation.metrics import Interval
from auricle.evaluation.metrics_json import metrics_of
from auricle.evaluation.results import judge
from auricle.evaluation.robustness import Condition, ConditionScores
from browser import CHROMIUM, browser
from helpers import SURE, recording, scored, without_pictures

NASTY = ("<img src=x onerror=alert(1)>", "$x_1$ & 音楽")
CONDITIONS = [
    Condition("level_db", -20.0),
    Condition("level_db", 0.0),
    Condition("snr_db", 10.0),
    Condition("bandwidth_hz", 2000.0),
    Condition("both_db", 0.0),
    Condition("both_db", -10.0),
]
PAIR = LeakagePair(
    Interval(0.7, 0.6, 0.8), Interval(0.9, 0.8, 1.0), Interval(0.2, 0.1, 0.3), 100, 10
)


def results(folder, labels=("speech", "music"), heard=True, pair=PAIR, about=None, decision=None):
    """Results of eight recordings, one of which is taken for the other class."""
    segments, logits = [], []
    for i in range(8):
        path = recording(folder / f"{labels[i % 2][:3]}" / f"{i}.wav", seconds=5.0, seed=i)
        segments.append((str(path), [labels[i % 2]], 20))
        logits += [SURE[("speech", "music")[i % 2 if i != 3 else 0]]] * 20
    found = scored(folder, segments, logits, labels, **decision or {})
    if about is not None:
        header = dataclasses.replace(
            found.test.header, dataset={**found.test.header.dataset, **about}
        )
        test = dataclasses.replace(found.test, header=header)
        found = ScoredTestSet(np.asarray(logits, np.float32), test, found.bundle, found.bootstrap)
    same = np.asarray([logits] * len(CONDITIONS), np.float32)
    same[2] *= -1  # noise turns every answer round
    same[4] = SURE["both"]
    other = np.repeat([1, 0] * 4, 20)
    sound = ConditionScores(CONDITIONS, np.zeros(160, np.float32), same, other) if heard else None
    source = {path: ("here", "<there>")[i // 4] for i, (path, _, _) in enumerate(segments)}
    return judge(found, sound, pair, source, worst=2)


def page(folder, **how):
    write_report(results(folder, **how), folder / "dataset.json", folder / "reports")
    return (folder / "reports" / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Return the folder of a report of plain labels, and its text."""
    folder = tmp_path_factory.mktemp("plain")
    return folder, page(folder)


@pytest.fixture(scope="module")
def nasty(tmp_path_factory):
    """Return the folder of a report of labels that want to be more than text, and its text."""
    folder = tmp_path_factory.mktemp("nasty")
    return folder, page(folder, labels=NASTY)


@pytest.fixture
def words_only():
    with without_pictures():
        yield


def words(text):
    """Text of a page as it is read."""
    text = re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", text).replace("\N{NO-BREAK SPACE}", " ").split())


def test_it_says_how_often_it_is_right_and_what_a_leaky_test_would_have_claimed(plain):
    text = words(plain[1])
    # one of four recordings of music is wrong: (1 + 3/4) / 2
    assert "Speech or music: right 88 times in 100" in text
    assert "87.5 %" in text
    assert "claims 20.0 percentage points too much (10.0 to 30.0)" in text
    assert "Most often music is taken for speech: 25 % of its cases." in text
    assert "from 87.5 % to 12.5 % with noise 10 dB below the sound" in text
    assert "This evaluation leaks" not in text


def test_it_says_what_thresholds_cost_and_what_is_heard_of_two_at_once(plain):
    text = words(plain[1])
    assert (
        "Both are named in 0 % (0 % to 0 %) of the windows where a recording is 10 dB below" in text
    )
    assert "and in 100 % where it is as loud as it." in text
    # One of four recordings of 5 s without speech is named so: one event in 20 s.
    assert "At its threshold of 0.50, speech has 180 false events an hour" in text
    assert "best F1unknown180 [0," in text


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        ({"threshold": {"speech": 0.5}}, "as set"),
        ({"false_events_per_hour": {"speech": 6.0}}, "at most 6"),
        ({"threshold": 0.5, "false_events_per_hour": 6.0}, "as set"),
    ],
)
@pytest.mark.usefixtures("words_only")
def test_it_says_what_a_threshold_was_chosen_by(tmp_path, decision, told):
    text = words(page(tmp_path, decision=decision))
    assert f"speech0.50{told}unknown180 [0," in text


@pytest.mark.parametrize(
    ("about", "leaks"), [({}, 0), ({"leaks": 3}, 1), ({"split": "random_windows"}, 1)]
)
def test_metrics_say_whether_the_evaluation_leaks(tmp_path, about, leaks):
    assert metrics_of(results(tmp_path, about=about))["test"]["leaks"] == leaks


@pytest.mark.usefixtures("words_only")
def test_an_evaluation_that_leaks_says_so_first(tmp_path):
    found = results(tmp_path, about={"leaks": 3})
    write_report(found, tmp_path / "none.json", tmp_path)
    text = words((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert text.index("This evaluation leaks.") < text.index("87.5 %")
    assert "none of which it was trained on" not in text


@pytest.mark.usefixtures("words_only")
def test_a_bundle_of_one_label_is_judged_by_whether_it_sounds(tmp_path):
    path = str(recording(tmp_path / "a.wav", seconds=5.0))
    quiet = str(recording(tmp_path / "b.wav", seconds=5.0))
    logits = [[2.0]] * 20 + [[-2.0]] * 20
    found = scored(tmp_path, [(path, ["alarm"], 20), (quiet, [], 20)], logits, ["alarm"])
    write_report(judge(found, None, "no", {}, worst=1), tmp_path / "none.json", tmp_path)
    text = words((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "Alarm or not: right 100 times in 100" in text
    assert "Asked whether it sounds" in text
    assert "Nothing was tested that has not the label" not in text
    assert "Average precision of alarm: 1.000" in text
    assert "Of 20 windows without any of the labels, 0 %" in text


@pytest.mark.usefixtures("words_only")
def test_what_cannot_be_had_is_said(tmp_path):
    text = words(page(tmp_path, heard=False, pair="30 windows are too few"))
    assert "Not measured: 30 windows are too few." in text
    assert text.count("Left out") == 2


def test_labels_and_names_are_text_and_nothing_else(nasty):
    text = nasty[1]
    assert "<img" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert "&lt;there&gt;" in text


def test_it_is_the_same_bytes_each_time(plain):
    folder, text = plain
    assert page(folder) == text


def test_metrics_are_numbers_and_not_hundreds(tmp_path):
    found = metrics_of(results(tmp_path))
    json.dumps(found, allow_nan=False)
    assert found["window"]["balanced_accuracy"]["value"] == pytest.approx(0.875)
    assert found["naive"]["random_windows"] == {"value": 0.9, "low": 0.8, "high": 1.0}
    assert found["sweep"]["snr_db"] == {"10": pytest.approx(0.125)}
    # As loud as each other both are heard; 10 dB below, the label that leads is, or its other.
    assert found["sweep"]["both_db"] == {
        "0": {"named": 1, "recall": 1},
        "-10": {"named": 0, "recall": pytest.approx(0.5)},
    }
    assert {"average_precision", "roc_auc", "brier", "f1"} < set(found["label"]["speech"])
    assert len(re.findall(r"\d,|\d}", json.dumps(found))) < 120


def test_each_table_and_each_picture_is_there(plain):
    folder = plain[0] / "reports" / "plots"
    names = {path.name for path in folder.iterdir()}
    charts = ("confusion", "roc", "precision_recall", "reliability", "risk_coverage")
    for name in (*charts, "level", "snr", "bandwidth", "both", "trade_off"):
        assert {f"{name}.csv", f"{name}.png"} <= names
    assert "false_events.csv" in names
    rows = (folder / "by_source.csv").read_text().splitlines()
    assert rows[0].startswith("source,labels,clips,groups,windows,window,window_low,window_high")
    assert len(rows) == 3
    assert len((folder / "worst.csv").read_text().splitlines()) == 3


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_in_a_browser_it_asks_for_nothing_fits_a_phone_and_can_be_heard(nasty):
    url = (nasty[0] / "reports" / "report.html").as_uri()
    with browser() as shown:
        for width, scheme in ((1200, "light"), (380, "dark")):
            shown.told.clear()
            shown.open(url, width, scheme)
            assert shown.errors() == []
            assert shown.requests() == [url]
            assert shown.value("document.documentElement.scrollWidth") <= width
        played = shown.value(
            "(async () => { const sound = document.querySelector('audio'); await sound.play();"
            " return [sound.duration, document.querySelectorAll('audio').length] })()"
        )
        assert played == [pytest.approx(4, abs=0.1), 2]
        unnamed = "[...document.querySelectorAll('audio, [role=img], [role=region]')]"
        assert shown.value(f"{unnamed}.filter(e => !e.getAttribute('aria-label')).length") == 0
