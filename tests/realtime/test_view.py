"""The terminal view: what is heard in large letters, the last minute, health, troubles in words."""

import io
import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from auricle.realtime.terminal.banner import large
from auricle.realtime.terminal.history import History
from auricle.realtime.terminal.view import View
from listening import NOON_S, begun, sound, trouble, update


class Screen(io.StringIO):
    """A terminal of a given size: keeps what it is written, and can say what it then shows."""

    def __init__(self, width=80, height=24, encoding="utf-8"):
        super().__init__()
        self.width, self.height, self.codes = width, height, encoding

    @property
    def encoding(self):
        return self.codes

    def isatty(self):
        return True

    def shown(self):
        """Follow the codes that move the cursor and erase; leave out those that style."""
        cells, x, y = [[" "] * self.width for _ in range(self.height)], 0, 0
        for code, text in re.findall(r"\x1b\[([?\d;]*[A-Za-z])|([^\x1b]+)", self.getvalue()):
            assert code[-1:] in ("", "H", "K", "m") or code in ("?1049h", "?25l"), code
            if code == "?1049h":
                cells = [[" "] * self.width for _ in range(self.height)]
            elif code.endswith("H"):
                y, x = (int(n) - 1 for n in (code[:-1] or "1;1").split(";"))
            elif code == "0K":
                cells[y][x:] = [" "] * (self.width - x)
            for sign in text:
                assert sign.isprintable(), repr(sign)
                assert x < self.width, "a line is longer than the screen is wide"
                cells[y][x : x + cell_len(sign)] = [sign, *[""] * (cell_len(sign) - 1)]
                x += cell_len(sign)
        return ["".join(row).rstrip() for row in cells]


class Clock:
    """The view's clock, which the test moves."""

    now_s = 1000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock(monkeypatch):
    ours = Clock()
    monkeypatch.setattr("auricle.realtime.terminal.view.clock", ours)
    return ours


def view_on(screen, labels=("music", "speech"), environment=None, **changes):
    console = Console(
        file=screen,
        width=screen.width,
        height=screen.height,
        _environ={"TERM": "xterm-256color", **(environment or {})},
    )
    return begun(View(console), labels, **changes)


def hear(view, clock, end_s, probabilities=(0.0, 0.0), sounding=(), **changes):
    clock.now_s = 1000.0 + end_s
    view.update(update(end_s, probabilities, sounding=sounding, **changes))


def drawn(view):
    view.refresh()
    return view._console.file.shown()


def with_word(lines, word, sizes=(1, 2, 4)):
    """Whether a word is shown in large letters of one of these sizes."""
    blocks = [large(word, size) for size in sizes]
    return any(
        all(part.rstrip() in line for part, line in zip(block, lines[i:], strict=False))
        for block in blocks
        for i in range(len(lines) - len(block) + 1)
    )


def test_what_sounds_is_named_in_large_letters(clock):
    view, _ = view_on(Screen())
    hear(view, clock, 5.0, (0.02, 0.97), ["speech"])
    lines = drawn(view)
    assert with_word(lines, "speech", [2]) and not with_word(lines, "music")


@pytest.mark.parametrize("size", [(80, 24), (40, 24), (200, 50)])
def test_two_labels_that_sound_are_both_shown(size, clock):
    view, _ = view_on(Screen(*size))
    hear(view, clock, 5.0, (0.9, 0.97), ["music", "speech"])
    lines = drawn(view)
    assert with_word(lines, "speech") and with_word(lines, "music")


@pytest.mark.parametrize(
    ("state", "words"),
    [("silence", "silence"), ("none", "none of these"), ("uncertain", "not sure")],
)
def test_each_state_has_its_words(state, words, clock):
    view, _ = view_on(Screen())
    hear(view, clock, 5.0, state=state)
    assert with_word(drawn(view), words)


def test_a_label_without_letters_is_shown_plainly(clock):
    view, _ = view_on(Screen(), ["日本語", "hör mal"])
    hear(view, clock, 5.0, (0.9, 0.9), ["日本語", "hör mal"])
    lines = drawn(view)
    assert any("日本語" in line and "hör mal" in line for line in lines[1:8])


def test_every_letter_is_another():
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_&+/()'."
    shapes = [tuple(large(sign, 1)) for sign in signs]
    assert len(set(shapes)) == len(signs)
    assert large("a", 2) == large("A", 2)
    assert [len(large("speech", size)) for size in (1, 2, 4)] == [3, 5, 10]


def test_probabilities_level_floor_and_how_long_it_sounds_are_there(clock):
    view, _ = view_on(Screen())
    view.sound(sound("start", "speech", 2.0, 2.75))
    hear(view, clock, 14.0, (0.25, 0.97), ["speech"], level_dbfs=-20.0, floor_dbfs=-60.0)
    lines = drawn(view)
    music, speech = (
        next(li for li in lines if li.startswith(f" {n} ")) for n in ("music", "speech")
    )
    assert "25 %" in music and "97 %" in speech
    assert "● 12 s" in speech and "●" not in music
    bars = {
        name: row.count("█") + row.count("▌") / 2 for name, row in (("m", music), ("s", speech))
    }
    assert bars["m"] / (bars["m"] + music.count("─")) == pytest.approx(0.25, abs=0.02)
    assert bars["s"] / bars["m"] == pytest.approx(0.97 / 0.25, rel=0.05)
    level = next(line for line in lines if line.startswith(" level"))
    assert "-20.0 dBFS" in level and "floor -60" in level
    bar = level.split("dBFS ")[1].split(" floor")[0]
    assert bar.index("┃") / len(bar) == pytest.approx(0.25, abs=0.02)  # of -80 to 0 dB
    assert bar.index("─") / len(bar) == pytest.approx(0.75, abs=0.02)


def test_health_is_shown(clock):
    view, health = view_on(Screen())
    health.dropped_s, health.overflows, health.gaps, health.missing_s = 1.5, 2, 3, 4.25
    health.queue_s, health.queue_age_s = 0.12, 0.34
    for ms in range(100):
        health.latency.add(ms / 1000)
    hear(view, clock, 125.0)
    text = "\n".join(drawn(view))
    for words in (
        "USB microphone",
        "2 min 05 s",
        "dropped 1.50 s",
        "overflows 2",
        "gaps 3 (4.2 s)",
    ):
        assert words in text
    for words in ("queue 0.12 s, age 0.34 s", "latency 50 ms, 99 % 99 ms", "bundle of_tests"):
        assert words in text


def test_a_source_that_has_not_come_yet_is_waited_for_a_moment_before_anything_is_drawn(clock):
    view, _ = view_on(Screen())
    view.refresh()
    assert view._console.file.getvalue() == ""
    clock.now_s += 0.5
    assert "USB microphone" in drawn(view)[0]


def test_a_demonstration_is_called_one(clock):
    view, _ = view_on(Screen(), demonstration=True)
    hear(view, clock, 1.0)
    assert "DEMONSTRATION" in drawn(view)[0]


def test_a_trouble_is_told_in_words_and_its_age_goes_on_without_sound(clock):
    view, _ = view_on(Screen())
    hear(view, clock, 10.0, (0.9, 0.1), ["music"])
    view.trouble(trouble("lost", 10.0, text="the cable came off: put it in again"))
    clock.now_s += 75
    lines = drawn(view)
    assert any("THE SOURCE IS GONE, for 1 min 15 s" in line for line in lines)
    assert any("the cable came off: put it in again" in line for line in lines)
    assert with_word(lines, "no source") and not with_word(lines, "music")
    assert not any("90 %" in line for line in lines), "what was heard before is not now"
    clock.now_s += 1
    assert any("for 1 min 16 s" in line for line in drawn(view))
    hear(view, clock, 86.0, (0.1, 0.9), ["speech"])
    view.trouble(trouble("lost", 10.0, 86.0))
    lines = drawn(view)
    assert with_word(lines, "speech") and not any("GONE" in line for line in lines)
    assert any("over after 1 min 16 s: the source is gone" in line for line in lines)


@pytest.mark.parametrize(
    ("cause", "words"),
    [("lost", "no source"), ("moved", "no source"), ("stalled", "no sound"), ("muted", "muted")],
)
def test_what_keeps_it_from_hearing_takes_the_place_of_what_it_heard(cause, words, clock):
    view, _ = view_on(Screen())
    hear(view, clock, 10.0, (0.9, 0.1), ["music"])
    view.trouble(trouble(cause, 10.0))
    lines = drawn(view)
    assert with_word(lines, words) and not with_word(lines, "music")


def test_the_last_events_are_listed_the_newest_first(clock):
    view, _ = view_on(Screen())
    for i in range(20):
        view.sound(sound("start", "speech", 2 * i, 2 * i + 0.75))
        view.sound(sound("end", "speech", 2 * i, 2 * i + 1))
    hear(view, clock, 40.0)
    told = [line for line in drawn(view) if "ended after" in line]
    assert told[0] == " 00:39.00  speech ended after 1.00 s (90%)"
    assert [line[:9] for line in told] == [f" 00:{39 - 2 * i}.00" for i in range(len(told))]
    assert len(told) >= 3


def minute(lines, name):
    return [line for line in lines if f"{line} ".startswith(f" {name} ")][-1][9:]


def test_the_last_minute_has_a_column_a_second(clock):
    view, _ = view_on(Screen())
    for i in range(160):  # 40 s: silence, then music, then nothing for 5 s, then speech
        end_s = 0.25 * (i + 1)
        if 20 < end_s <= 25:
            continue
        loud = 0.99 if 10 < end_s <= 20 else 0.0
        hear(view, clock, end_s, (loud, 0.5 if end_s > 25 else 0.0), ["music"] if loud else [])
    view.trouble(trouble("gap", 20.0, 25.0))
    lines = drawn(view)
    assert minute(lines, "music") == " " * 20 + "▁" * 10 + "█" * 10 + " " * 5 + "▁" * 15
    assert minute(lines, "speech") == " " * 20 + "▁" * 20 + " " * 5 + "▅" * 15
    assert minute(lines, "trouble") == " " * 40 + "█" * 5
    axis = next(line for line in lines if "now" in line)
    assert axis[9:].index("-60 s") == 0 and axis[9:].index("-30 s") == 30 and len(axis) == 9 + 60


def test_the_last_minute_goes_on_while_nothing_comes(clock):
    view, _ = view_on(Screen())
    hear(view, clock, 30.0, (0.99, 0.0), ["music"])
    assert minute(drawn(view), "music") == " " * 59 + "█"
    clock.now_s += 20
    assert minute(drawn(view), "music") == " " * 39 + "█"
    assert not any("99 %" in line for line in drawn(view)), "that was 20 s ago"
    clock.now_s += 60
    assert minute(drawn(view), "music") == ""
    # A file that was paused goes on where it was: in the picture that is now.
    clock.now_s += 0.25
    view.update(update(30.25, (0.99, 0.0), sounding=["music"]))
    assert minute(drawn(view), "music") == " " * 59 + "█"


@pytest.mark.parametrize(("width", "columns"), [(40, 30), (80, 60), (200, 120), (300, 240)])
def test_the_minute_fits_the_width(width, columns, clock):
    view, _ = view_on(Screen(width))
    for i in range(400):
        hear(view, clock, 0.25 * (i + 1), (0.99, 0.99), ["music"])
    row = minute(drawn(view), "music")
    assert row in ("█" * columns, "█" * (columns - 1) + " ")


@settings(deadline=None, max_examples=50)
@given(
    spans=st.lists(st.tuples(st.integers(0, 600), st.integers(1, 40)), max_size=20),
    most=st.integers(15, 300),
)
def test_any_minute_keeps_the_largest_of_each_column(spans, most):
    """Against a list of all that was ever heard, in steps of a quarter of a second."""
    past, heard, now = History(1), {}, 0
    for start, count in sorted(spans):
        for step in range(max(start, now), start + count):
            p = (step * 37 % 100) / 100
            heard[step], now = p, step + 1
            past.hear(step / 4, (step + 1) / 4, np.array([p], np.float32), [p > 0.5])
    (row,), (on,), _ = past.columns(most)
    each = 240 // len(row)
    assert len(row) <= most or each == 16
    end = -(-now // each) * each
    for column in range(len(row)):
        first = end - 240 + column * each
        inside = [heard[s] for s in range(max(first, now - 240), first + each) if s in heard]
        if inside:
            assert row[column] == pytest.approx(max(inside))
            assert on[column] == (max(inside) > 0.5)
        else:
            assert np.isnan(row[column]) and not on[column]


FOREIGN = ("a\x1b[2J", "b\n")
MANY = [f"label {i} of many" for i in range(40)]


@settings(deadline=None, max_examples=80)
@given(
    width=st.integers(5, 220),
    height=st.integers(2, 60),
    labels=st.sampled_from([("music", "speech"), MANY, ("日本語の音", "x" * 300), FOREIGN]),
    causes=st.sets(st.sampled_from(["lost", "muted", "sink", "dropped"])),
    on=st.integers(0, 3),
)
@example(width=80, height=24, labels=FOREIGN, causes=set(), on=1)
@example(width=80, height=24, labels=FOREIGN, causes={"sink"}, on=2)
def test_it_fits_any_terminal(width, height, labels, causes, on):
    """`Screen.shown` fails where a line is too long, or a name from outside steers the terminal."""
    screen = Screen(width, height)
    view, _ = view_on(screen, labels, source="device\n\x1b[31m " * 5)
    view.update(update(1.0, np.linspace(0, 1, len(labels)), sounding=labels[:on]))
    for cause in causes:
        view.trouble(trouble(cause, 1.0, text="words " * 40))
    view.note("a note\x1b[2J")
    assert any(drawn(view))


def test_only_what_changed_is_written_and_the_screen_is_right(clock):
    screen = Screen()
    view, _ = view_on(screen)
    rng = np.random.default_rng(0)
    hear(view, clock, 1.0)
    drawn(view)
    whole = len(screen.getvalue())
    for i in range(60):
        on = ["speech"] if i % 20 > 10 else []
        hear(view, clock, 1.25 + 0.25 * i, rng.random(2), on)
        if i % 20 == 15:
            view.trouble(trouble("dropped", i, i + 1))
        view.refresh()
    assert len(screen.getvalue()) < 40 * whole
    again = Screen()
    view._console.file = again
    view._size = (0, 0)  # as if the terminal had another size: all is drawn anew
    view.refresh()
    assert screen.shown() == again.shown()


def test_a_terminal_that_grows_is_filled(clock):
    screen = Screen(40, 12)
    view, _ = view_on(screen)
    hear(view, clock, 1.0)
    drawn(view)
    screen.width, screen.height = 100, 30
    view._console.size = (100, 30)
    assert max(map(len, drawn(view))) > 60


def colours(text):
    return re.findall(r"\x1b\[(?:\d+;)*(?:3[0-7]|9[0-7]|38;[\d;]*)(?:;\d+)*m", text)


def test_colours_are_left_out_on_request_and_nothing_is_lost_by_that(clock):
    plain, styled = Screen(), Screen()
    for screen, environment in ((plain, {"NO_COLOR": "1"}), (styled, {})):
        clock.now_s = 1000.0
        view, _ = view_on(screen, environment=environment)
        view.sound(sound("start", "speech", 0.0, 1.0))
        hear(view, clock, 5.0, (0.1, 0.97), ["speech"])
        view.trouble(trouble("sink", 4.0))
        view.refresh()
    assert colours(styled.getvalue()) and not colours(plain.getvalue())
    assert plain.shown() == styled.shown()


def test_a_terminal_of_ascii_letters_gets_no_others(clock):
    screen = Screen(encoding="ascii")
    view, _ = view_on(screen, ["music", "speech"], demonstration=True)
    view.sound(sound("start", "speech", 0.0, 1.0))
    hear(view, clock, 5.0, (0.3, 0.97), ["speech"])
    view.trouble(trouble("sink", 4.0))
    view.refresh()
    assert screen.getvalue().isascii()


def test_the_terminal_is_given_back_with_a_summary(clock):
    screen = Screen()
    view, _ = view_on(screen)
    view.note("a note")
    assert screen.getvalue() == ""
    hear(view, clock, 1.0)
    view.refresh()
    assert screen.getvalue().startswith("\x1b[?1049h")
    view.end("Heard 1.00 s.")
    before, after = screen.getvalue().split("\x1b[?1049l")
    assert "\x1b[?25l" in before
    assert after == "\x1b[?25hHeard 1.00 s.\n"


def test_times_of_the_day_are_local(clock, monkeypatch):
    import time

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    view, _ = view_on(Screen())
    view.sound(sound("end", "speech", 0.0, 1.0, NOON_S))
    hear(view, clock, 1.0)
    assert any(line.startswith(" 13:00:01  speech ended") for line in drawn(view))
    monkeypatch.undo()
    time.tzset()
