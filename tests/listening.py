"""What an engine tells its sinks, and a listener as a process of its own."""

import os
import subprocess
import sys

import numpy as np

from auricle.realtime.events import Health, Session, Sound, Trouble, Update

NOON_S = 1795176000.0  # 2026-11-20T12:00:00Z


def session(labels=("music", "speech"), **changes):
    plain = {
        "run_id": "7f8a",
        "bundle": "of_tests",
        "bundle_folder": "models/of_tests",
        "bundle_sha256": "0" * 64,
        "labels": list(labels),
        "sample_rate_hz": 16000,
        "hop_s": 0.25,
        "source": "USB microphone",
        "demonstration": False,
    }
    return Session(**{**plain, **changes})


def update(end_s, probabilities=(0.0, 0.0), state="silence", sounding=(), **changes):
    plain = {
        "start_s": end_s - 0.25,
        "end_s": end_s,
        "wall_s": None,
        "level_dbfs": -20.0,
        "floor_dbfs": -60.0,
        "probabilities": np.array(probabilities, np.float32),
        "state": "sounding" if sounding else state,
        "sounding": list(sounding),
    }
    return Update(**{**plain, **changes})


def sound(kind, label, start_s, end_s, wall_s=None):
    """Give a sound; `wall_s` is the time of the day when the stream began."""
    walls = (None, None) if wall_s is None else (wall_s + start_s, wall_s + end_s)
    return Sound(kind, label, start_s, end_s, *walls, 0.9, 0.95, -20.0)


def trouble(cause, start_s, end_s=None, text="what came, and what helps"):
    return Trouble(cause, text, start_s, None, end_s, None)


def begun(sink, labels=("music", "speech"), **changes):
    """Begin a sink of given labels and return it with its health."""
    about = session(labels, **changes)
    health = Health(about.source)
    sink.begin(about, health)
    return sink, health


LISTEN = [sys.executable, "-c", "from auricle.cli.main import main; main()", "listen"]
DEMONSTRATION = "realtime/source=demonstration"


def listener(*arguments, **options):
    """Start `auricle listen` on the demonstration, in a process of its own."""
    command = [*LISTEN, DEMONSTRATION, *arguments]
    plain = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = {**os.environ, **options.pop("env", {})}
    return subprocess.Popen(command, env=environment, **{**plain, **options})
