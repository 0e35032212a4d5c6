"""A file is asked for as often as was said, patiently, and comes whole or not at all."""

import subprocess
import sys
import threading
from dataclasses import replace
from functools import partial
from unittest.mock import Mock

import pytest

from auricle.core.download import UnreachableError, download
from auricle.core.errors import AuricleError
from origin_server import Answer, origin_server

get = partial(download, attempts=4, timeout_s=5, wait_s=8)
BUSY = Answer(status=503)


@pytest.fixture
def origin(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr("pooch.core.time", Mock())  # waits seconds between whole downloads
    with origin_server() as server:
        yield server


@pytest.fixture
def clock():
    """Give what to stop with that waits no time; `waited_s` is what it was to be."""
    stop = threading.Event()
    stop.waited_s = []
    stop.wait = stop.waited_s.append
    return stop


def test_attempts_are_counted_whatever_fails(origin, clock, tmp_path):
    origin.answers["a"] = [BUSY, Answer(b"part", promised=9), BUSY, Answer(b"part", promised=8)]
    with pytest.raises(AuricleError, match="broke off: 4 of 8 bytes came"):
        get(f"{origin.address}/a", tmp_path / "a", stop=clock)
    assert origin.asked["a"] == 4
    assert not list(tmp_path.iterdir())


def test_a_file_that_broke_off_comes_whole_the_next_time(origin, tmp_path):
    origin.answers["a"] = [Answer(b"part", promised=9), Answer(b"the whole")]
    path = get(f"{origin.address}/a", tmp_path / "a")
    assert path.read_bytes() == b"the whole"
    assert list(tmp_path.iterdir()) == [path]


def test_waits_are_doubled_and_not_all_the_same(origin, clock, tmp_path):
    origin.answers["a"] = BUSY
    with pytest.raises(UnreachableError, match="answers 503 Service Unavailable"):
        get(f"{origin.address}/a", tmp_path / "a", stop=clock)
    assert len(clock.waited_s) == 3
    for waited_s, least_s in zip(clock.waited_s, (8, 16, 32), strict=True):
        assert least_s < waited_s < least_s + 4


def test_a_server_may_ask_for_a_minute_and_no_more(origin, clock, tmp_path):
    asked = [Answer(status=503, headers={"Retry-After": text}) for text in ("20", "3600")]
    origin.answers["a"] = [*asked, Answer(b"whole")]
    get(f"{origin.address}/a", tmp_path / "a", stop=clock)
    assert clock.waited_s == [20, 60]


@pytest.mark.parametrize("answer", [BUSY, Answer(b"part", promised=9)])
def test_nothing_is_asked_for_again_once_it_is_to_stop(answer, origin, tmp_path):
    stop = threading.Event()
    origin.answers["a"] = replace(answer, do=stop.set)
    with pytest.raises(AuricleError):
        get(f"{origin.address}/a", tmp_path / "a", stop=stop)
    assert origin.asked["a"] == 1


def test_stopping_ends_a_wait(origin, tmp_path):
    stop = threading.Event()
    begin = threading.Timer(0.05, stop.set).start
    first = Answer(status=429, headers={"Retry-After": "50"}, do=begin)
    origin.answers["a"] = [first, BUSY]
    with pytest.raises(UnreachableError):
        get(f"{origin.address}/a", tmp_path / "a", stop=stop)
    assert origin.asked["a"] == 2


def test_another_server_may_be_sent_on_to(origin, tmp_path):
    with origin_server() as other:
        other.answers["b"] = Answer(b"whole")
        origin.answers["a"] = Answer(status=302, headers={"Location": f"{other.address}/b"})
        assert get(f"{origin.address}/a", tmp_path / "a").read_bytes() == b"whole"
        with pytest.raises(AuricleError, match=f"sends on to {other.address}, which is not"):
            get(f"{origin.address}/a", tmp_path / "b", same_host=True)
        assert other.asked["b"] == 1


def test_what_downloads_is_loaded_only_to_download():
    code = "import sys, auricle.core.download; print({'pooch', 'requests'} & {*sys.modules})"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"
