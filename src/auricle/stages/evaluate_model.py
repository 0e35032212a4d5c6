"""Stage `evaluate_model`: the bundle on the test recordings -> `reports/`.

The counting rule: every window of every test recording counts, pauses too; balanced accuracy is
over windows with exactly one label, where the largest probability wins. `second` takes the mean
logit of a window and up to three before it, `clip` that of all windows of a recording.
"""

import csv
import dataclasses
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle import bundle as bundles
from auricle.config import check
from auricle.datasets import window_file
from auricle.decision import windows_in_context
from auricle.errors import AuricleError
from auricle.files import whole_file, write_text
from auricle.job import Done, Job, flatten
from auricle.metrics import (
    Interval,
    balanced_accuracy,
    confusion,
    in_context,
    over_clips,
    precision_recall_f1,
)
from auricle.tracking import Tracking, tracked

SECOND_S = 1.0


@dataclass(frozen=True)
class Evaluate:
    """How the test recordings are judged."""

    bootstrap: int
    confidence: float
    seed: int

    def __post_init__(self) -> None:
        check(self.bootstrap >= 1, f"bootstrap={self.bootstrap} must be at least 1")
        check(0 < self.confidence < 1, f"confidence={self.confidence} must lie between 0 and 1")


@dataclass(frozen=True)
class Config:
    """What this stage reads."""

    evaluate: Evaluate
    tracking: Tracking


def evaluate_model(config: Config, job: Job) -> Done:
    """Score the test windows with the bundle, as the listener would, and report."""
    bundle = bundles.load(job.reads.classifier)
    test = window_file.read(job.reads.processed / "test.jsonl")
    _check_same(bundle, test.header)
    raw = bundles.Interpreted(job.reads.classifier / bundles.MODEL_FILE).logits(test.features)
    judged = _Judged(raw, test, bundle, config.evaluate)
    report = judged.report()
    job.writes.reports.mkdir(parents=True, exist_ok=True)
    write_text(job.writes.reports / "metrics.json", json.dumps(report, indent=2) + "\n")
    plots = job.writes.reports / "plots"
    _write_confusion(judged, plots / "confusion.csv")
    _draw_confusion(judged, plots / "confusion.png")
    trained = job.reads.classifier / "model.keras"
    with tracked(config.tracking, "evaluate", job.reads.run_note, trained) as run:
        numbers = {k: v for k, v in flatten(report) if isinstance(v, int | float)}
        run.metrics({f"test.{name}": float(value) for name, value in numbers.items()})
        for path in (job.writes.reports / "metrics.json", plots / "confusion.png"):
            run.file(path, "reports")
    told = "balanced accuracy " + ", ".join(
        f"{level} {_text(report[level]['balanced_accuracy'])}" for level in LEVELS
    )
    return Done(told, {level: report[level]["balanced_accuracy"]["value"] for level in LEVELS})


LEVELS = ("window", "second", "clip")


class _Judged:
    """Test windows with their scores."""

    def __init__(
        self,
        raw: npt.NDArray[np.float32],
        test: window_file.Windows,
        bundle: bundles.Bundle,
        settings: Evaluate,
    ) -> None:
        self.bundle, self.settings, self.test, self.labels = bundle, settings, test, bundle.labels
        window_s, hop_s = bundle.preprocess.window_s, bundle.preprocess.hop_s
        second = windows_in_context(SECOND_S, window_s, hop_s)
        said = windows_in_context(bundle.decision.context_s or 0, window_s, hop_s)
        first = np.flatnonzero(np.diff(test.clip, prepend=-1))
        self.logits = {
            "window": raw,
            "second": in_context(raw, test.stretch, second),
            "clip": over_clips(raw, test.clip),
        }
        groups = np.asarray(test.groups, dtype=object)[test.stretch]
        self.groups = {"window": groups, "second": groups, "clip": groups[first]}
        self.targets = {
            "window": test.targets,
            "second": test.targets,
            "clip": test.targets[first],
        }
        self.probabilities = bundle.calibration.probabilities(in_context(raw, test.stretch, said))

    def single(self, level: str) -> tuple[Any, Any, list[str]]:
        """Truth and answer of the cases with exactly one label, and their groups."""
        targets = self.targets[level]
        one = targets.sum(axis=1) == 1
        answer = self.bundle.calibration.probabilities(self.logits[level][one]).argmax(axis=1)
        return targets[one].argmax(axis=1), answer, list(self.groups[level][one])

    def report(self) -> dict[str, Any]:
        """Give what `metrics.json` holds."""
        report: dict[str, Any] = {}
        for level in LEVELS:
            truth, answer, groups = self.single(level)
            interval = self._balanced(truth, answer, groups)
            report[level] = {
                "balanced_accuracy": dataclasses.asdict(interval),
                "cases": len(truth),
                "groups": len(set(groups)),
            }
        report["label"] = self._by_label()
        report["none"] = self._of_none()
        report["test"] = {
            "clips": self.test.header.clips,
            "windows": len(self.test),
            "dataset": self.test.header.dataset,
        }
        return report

    def _balanced(self, truth: Any, answer: Any, groups: list[str]) -> Interval:
        s = self.settings
        if not len(truth):
            raise AuricleError(
                "No test recording has exactly one label, so there is no balanced accuracy: "
                "add recordings of one label alone"
            )
        return balanced_accuracy(
            truth, answer, groups, len(self.labels), s.bootstrap, s.confidence, s.seed
        )

    def _by_label(self) -> dict[str, Any]:
        """Of every window, at the bundle's thresholds and context."""
        from sklearn.metrics import average_precision_score

        rows = {}
        for i, label in enumerate(self.labels):
            truth = self.test.targets[:, i].astype(bool)
            named = self.probabilities[:, i] >= self.bundle.thresholds[label]
            rows[label] = precision_recall_f1(truth, named)
            if truth.any():
                precision = average_precision_score(truth, self.probabilities[:, i])
                rows[label]["average_precision"] = float(precision)
        return rows

    def _of_none(self) -> dict[str, Any]:
        """Windows of recordings without a label: how many are given one all the same."""
        none = self.test.targets.sum(axis=1) == 0
        thresholds = np.array([self.bundle.thresholds[label] for label in self.labels])
        named = (self.probabilities[none] >= thresholds).any(axis=1)
        share = {"falsely_named": float(named.mean())} if none.any() else {}
        return {"cases": int(none.sum()), **share}


def _check_same(bundle: bundles.Bundle, header: window_file.Header) -> None:
    for key, ours in (
        ("labels", bundle.labels),
        ("preprocess", dataclasses.asdict(bundle.preprocess)),
        ("features", dataclasses.asdict(bundle.features)),
    ):
        if ours != getattr(header, key):
            raise AuricleError(
                f"The bundle was made with other {key} than data/processed has now: "
                "run `auricle repro`"
            )


def _write_confusion(judged: _Judged, path: Path) -> None:
    """One row a window, as `dvc plots` wants its confusion matrix."""
    truth, answer, _ = judged.single("window")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["actual", "predicted"])
    writer.writerows(
        (judged.labels[t], judged.labels[a]) for t, a in zip(truth, answer, strict=True)
    )
    write_text(path, text.getvalue())


def _draw_confusion(judged: _Judged, path: Path) -> None:
    from matplotlib.figure import Figure

    side = 0.7 * len(judged.labels)
    figure = Figure(figsize=(len(LEVELS) * (1.1 + side), 2.2 + side), layout="constrained")
    axes = figure.subplots(1, len(LEVELS), sharey=True)
    for axis, level in zip(axes, LEVELS, strict=True):
        truth, answer, _ = judged.single(level)
        counts = confusion(truth, answer, len(judged.labels))
        share = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
        axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for (row, column), value in np.ndenumerate(share):
            colour = "white" if value > 0.5 else "black"
            axis.text(column, row, f"{value:.3f}", ha="center", va="center", color=colour)
        axis.set_title(f"{level}\n{len(truth)} cases")
        axis.set_xticks(range(len(judged.labels)), judged.labels, rotation=45, ha="right")
        axis.set_yticks(range(len(judged.labels)), judged.labels)
    axes[0].set_ylabel("truth")
    axes[1].set_xlabel("answer")
    with whole_file(path) as file:
        figure.savefig(file, format="png", dpi=120, metadata={"Software": None})


def _text(interval: dict[str, float]) -> str:
    return f"{interval['value']:.3f} [{interval['low']:.3f}, {interval['high']:.3f}]"
