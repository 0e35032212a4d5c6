"""`auricle classify`: sound files in, probabilities and events out."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from auricle.audio.io import SUFFIXES, load, read_blocks
from auricle.audio.level import level_dbfs
from auricle.core.csv_table import csv_line
from auricle.core.errors import AuricleError
from auricle.inference.decision import Decision
from auricle.inference.offline import follow
from auricle.inference.scorer import Scorer
from auricle.inference.tracker import Tracker


@dataclass(frozen=True)
class ScoredRecording:
    """What a scorer hears in one file.

    `logits` [shape=(n_windows, n_labels)] and `levels_dbfs` [shape=(n_windows,)] are of each
    whole window from sample 0 on, and of what is left at the end, filled up with zeros.
    """

    path: Path
    scorer: Scorer
    decision: Decision
    duration_s: float
    logits: npt.NDArray[np.float32]
    levels_dbfs: npt.NDArray[np.float32]

    def probabilities(self) -> npt.NDArray[np.float32]:
        """After calibration and context, before gate, smoothing and thresholds."""
        return self.scorer.bundle.probabilities(self.logits, self.decision.context_s)

    def events(self) -> list[dict[str, Any]]:
        """Begin, end and mean probability of each label that sounds, as a listener says it."""
        bundle = self.scorer.bundle
        tracker = Tracker(
            self.decision.rules(bundle.labels, bundle.thresholds_for(self.decision)), self.decision
        )
        ended, _ = follow(tracker, self.probabilities(), self.levels_dbfs, bundle.preprocess)
        events = [
            {
                "label": span.label,
                "start_s": round(span.start_s, 3),
                "end_s": round(min(span.end_s, self.duration_s), 3),
                "confidence": round(span.confidence, 4),
            }
            for span in ended
        ]
        return sorted(events, key=lambda event: (event["start_s"], event["label"]))

    def summary(self) -> dict[str, Any]:
        """Mean probability of each label over the file, and the events in it."""
        labels = self.scorer.bundle.labels
        mean = self.probabilities().mean(axis=0)
        return {
            "file": str(self.path),
            "duration_s": round(self.duration_s, 3),
            "probabilities": {
                label: round(float(p), 4) for label, p in zip(labels, mean, strict=True)
            },
            "events": self.events(),
        }

    def windows(self) -> dict[str, Any]:
        """All windows' probabilities, a row each."""
        bundle = self.scorer.bundle
        return {
            "file": str(self.path),
            "labels": bundle.labels,
            "window_s": bundle.preprocess.length_s,
            "hop_s": bundle.preprocess.step_s,
            "context_s": self.decision.context_s,
            "probabilities": [[float(p) for p in row] for row in self.probabilities()],
        }


def classify_file(path: Path, scorer: Scorer, decision: Decision | None = None) -> ScoredRecording:
    """Hear a file, block by block, so that its length does not matter to memory.

    Raises
    ------
    AuricleError
        The file cannot be decoded, or holds no sample.
    """
    bundle = scorer.bundle
    preprocess = bundle.preprocess
    decision = decision.over(bundle.decision, bundle.labels) if decision else bundle.decision
    if preprocess.why_not_live:
        return _classify_whole(path, scorer, decision)
    windower, samples, logits, levels = preprocess.windower(), 0, [], []
    for block in read_blocks(path, preprocess.sample_rate_hz):
        samples += len(block)
        windows = windower.push(block)
        logits.append(scorer.logits(windows))
        levels.append(level_dbfs(windows))
    # A file is heard in any case, if it is shorter than a window.
    tail = windower.pad() if samples < preprocess.window else preprocess.end(windower)
    logits.append(scorer.logits(tail))
    levels.append(level_dbfs(tail))
    duration_s = samples / preprocess.sample_rate_hz
    return ScoredRecording(
        path, scorer, decision, duration_s, np.concatenate(logits), np.concatenate(levels)
    )


def _classify_whole(path: Path, scorer: Scorer, decision: Decision) -> ScoredRecording:
    """Hear a file that must be known whole before its first window."""
    preprocess = scorer.bundle.preprocess
    samples = load(path, preprocess.sample_rate_hz)
    windows = preprocess.windows(samples)
    duration_s = len(samples) / preprocess.sample_rate_hz
    logits, levels = scorer.logits(windows), level_dbfs(windows)
    return ScoredRecording(path, scorer, decision, duration_s, logits, levels)


def classify(
    paths: Sequence[str],
    scorer: Scorer,
    decision: Decision,
    form: str,
    windows: bool,
    out: TextIO | None = None,
) -> int:
    """Classify files and the sound files in folders; give the exit status, 1 if any failed."""
    out = out or sys.stdout
    writer = _WRITERS["windows" if windows else form](out, scorer.bundle.labels)
    failed = 0
    for path in _files(paths):
        try:
            writer.heard(classify_file(path, scorer, decision))
        except AuricleError as error:
            failed = 1
            writer.failed(path, str(error))
        out.flush()
    return failed


def _files(paths: Sequence[str]) -> Iterator[Path]:
    for name in paths:
        path = Path(name)
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
            yield from inside or [path]
        else:
            yield path


class _Text:
    def __init__(self, out: TextIO, labels: Sequence[str]) -> None:
        self._out = out

    def heard(self, heard: ScoredRecording) -> None:
        summary = heard.summary()
        mean = "  ".join(f"{label} {p:.2f}" for label, p in summary["probabilities"].items())
        self._line(f"{summary['file']}  {summary['duration_s']:.2f} s  {mean}")
        for event in summary["events"]:
            self._line(
                f"  {event['start_s']:8.2f} - {event['end_s']:8.2f} s  {event['label']}  "
                f"{event['confidence']:.2f}"
            )

    def failed(self, path: Path, error: str) -> None:
        sys.stderr.write(f"{error}\n")

    def _line(self, text: str) -> None:
        # A name that is no valid UTF-8 must not end the run.
        self._out.write(text.encode("utf-8", "backslashreplace").decode() + "\n")


class _JsonLines:
    windows = False

    def __init__(self, out: TextIO, labels: Sequence[str]) -> None:
        self._out = out

    def heard(self, heard: ScoredRecording) -> None:
        self._line(heard.windows() if self.windows else heard.summary())

    def failed(self, path: Path, error: str) -> None:
        self._line({"file": str(path), "error": error})

    def _line(self, content: dict[str, Any]) -> None:
        self._out.write(json.dumps(content) + "\n")


class _WindowLines(_JsonLines):
    windows = True


class _Csv:
    """A row an event; a file without one has a row without label, one that failed has an error."""

    FIELDS = ("file", "duration_s", "label", "start_s", "end_s", "confidence", "error")

    def __init__(self, out: TextIO, labels: Sequence[str]) -> None:
        self._out = out
        out.write(csv_line(self.FIELDS))

    def heard(self, heard: ScoredRecording) -> None:
        summary = heard.summary()
        common = {"file": summary["file"], "duration_s": summary["duration_s"]}
        for event in summary["events"] or [{}]:
            self._row({**common, **event})

    def failed(self, path: Path, error: str) -> None:
        self._row({"file": str(path), "error": error})

    def _row(self, fields: Mapping[str, Any]) -> None:
        self._out.write(csv_line(fields.get(name) for name in self.FIELDS))


_WRITERS: dict[str, Any] = {
    "text": _Text,
    "jsonl": _JsonLines,
    "csv": _Csv,
    "windows": _WindowLines,
}
