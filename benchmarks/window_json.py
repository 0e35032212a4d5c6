"""The window JSON: a line of 60 s written and read, against the standard library's json."""

import io
import json

import numpy as np
import orjson

from auricle.datasets.window_file import Line
from benchmarks.figure import Figure
from benchmarks.measure import cpu_s

_SHAPE = (240, 22, 40)  # 60 s of the default features


def run() -> list[Figure]:
    """CPU time of one line, each way."""
    rows = np.random.default_rng(0).normal(0, 20, _SHAPE).astype(np.float32)
    levels = np.zeros(len(rows), np.float32)
    line = Line("data/raw/clip.flac", "clip", ["music"], "none", 0.0, levels, rows)
    text = line.to_json()

    def write_json() -> None:
        # json knows no arrays: making lists of them is part of writing with it.
        lists = {"levels_dbfs": levels.tolist(), "features": rows.tolist()}
        json.dump({**vars(line), **lists}, io.StringIO(), indent=4)

    def read() -> np.ndarray:
        return np.asarray(Line(**orjson.loads(text)).features, np.float32)

    def read_json() -> np.ndarray:
        return np.asarray(Line(**json.load(io.BytesIO(text))).features, np.float32)

    np.testing.assert_array_equal(read(), rows)
    np.testing.assert_array_equal(read_json(), rows)
    written = cpu_s(line.to_json, write_json)
    taken = cpu_s(read, read_json)
    return [
        Figure(
            "writing a window JSON line of 60 s",
            1e3 * written[0],
            "ms",
            1e3 * written[1],
            "json.dump(indent=4)",
            least=20,
        ),
        Figure(
            "reading it into a float32 array",
            1e3 * taken[0],
            "ms",
            1e3 * taken[1],
            "json.load of the same line",
            least=1.4,
        ),
    ]
