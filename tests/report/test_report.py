"""Pages are one file, say nothing but what was put in, and are the same bytes each time."""

import base64
import io
import re

import numpy as np
import pytest
import soundfile
from PIL import Image

from auricle.report.audio_player import audio_uri
from auricle.report.charts import SERIES, axes, legend, plain, save_png, svg
from auricle.report.page import Chart, Table, render

NASTY = '<script>alert("$x_1$")</script> & _Ünïcode 音楽'


def drawn(names=("a",)):
    figure, axis = axes("x", "y")
    handles = [axis.plot([0, 1], [i, 1], color=SERIES[i])[0] for i, _ in enumerate(names)]
    legend(axis, handles, names)
    return figure


@pytest.fixture
def template(tmp_path):
    def write(body):
        text = '{% extends "base.html" %}{% import "parts.html" as parts %}'
        (tmp_path / "page.html").write_text(f"{text}{{% block main %}}{body}{{% endblock %}}")
        return tmp_path / "page.html"

    return write


def test_a_chart_is_the_same_bytes_each_time_and_takes_its_colours_from_the_page():
    text = svg(drawn(), "first")
    assert text == svg(drawn(), "first")
    assert "var(--s1)" in text
    assert "var(--ink)" in text
    assert not re.search("#[0-9a-f]{6}", text.replace("#000000", ""))


def test_charts_on_one_page_share_no_id():
    first, second = (set(re.findall(r'\bid="([^"]+)"', svg(drawn(), n))) for n in ("a", "b"))
    assert first
    assert not first & second
    text = svg(drawn(), "a")
    referred = set(re.findall(r'(?:url\(#|href="#)([^")]+)', text))
    assert referred <= set(re.findall(r'\bid="([^"]+)"', text))


def test_a_chart_says_names_as_they_are():
    text = svg(drawn((NASTY, "_hidden", "$\\frac$")), "names")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "$x_1$" in text
    assert "_hidden" in text
    assert "\\frac" in text


def test_a_chart_is_a_picture_too(tmp_path):
    save_png(drawn((NASTY,)), tmp_path / "chart.png")
    with Image.open(tmp_path / "chart.png") as picture:
        assert picture.width > 300
        assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_dollars_are_money():
    assert plain("$5 and $6") == r"\$5 and \$6"


@pytest.mark.parametrize("rate", [16000, 22050, 10000])
def test_sound_in_a_page_is_the_sound(rate):
    t = np.arange(2 * rate) / rate
    uri = audio_uri((0.4 * np.sin(2 * np.pi * 440 * t)).astype(np.float32), rate)
    assert uri == audio_uri((0.4 * np.sin(2 * np.pi * 440 * t)).astype(np.float32), rate)
    kind, _, data = uri.partition(";base64,")
    assert kind == "data:audio/mpeg"
    found, at = soundfile.read(io.BytesIO(base64.b64decode(data)))
    assert len(found) / at == pytest.approx(2, abs=0.1)
    spectrum = np.abs(np.fft.rfft(found[at // 2 : at // 2 + at]))
    assert np.argmax(spectrum) == 440
    assert np.sqrt(np.mean(found[at // 2 : at] ** 2)) == pytest.approx(0.4 / np.sqrt(2), rel=0.05)


def test_whatever_is_put_into_a_page_is_escaped(template):
    table = Table(NASTY, [NASTY, "number"], [[NASTY, "1"]])
    chart = Chart("one", NASTY, NASTY, svg(drawn(), "one"), [table])
    body = "{{ parts.table(table) }}{{ parts.chart(chart) }}{{ parts.sound('data:,', name) }}"
    text = render(template(body), table=table, chart=chart, name=NASTY)
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 7
    assert "<svg" in text


def test_a_page_names_nothing_to_fetch(template):
    text = render(template("{{ words }}"), words="hello")
    assert "default-src 'none'" in text
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', text)
    assert "@import" not in text
    assert "url(" not in text


def test_a_template_that_asks_for_what_is_not_there_is_an_error(template):
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        render(template("{{ missing }}"))
