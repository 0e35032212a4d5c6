"""The bundle: a folder with a network and everything that is needed to listen with it.

`bundle.json` describes the model beside it, `model.tflite` or `model.skops`: labels, features,
windows, decision. Nothing in it names code, and nothing outside it is needed.
`references/data_dictionary.md` has each field.
"""

import dataclasses
import json
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle import estimator
from auricle.audio import Samples
from auricle.config import one_of, parse_group
from auricle.decision import Calibration, Decision
from auricle.errors import AuricleError
from auricle.features import Features, extract, shape
from auricle.files import digest, write_text
from auricle.model_files import ESTIMATOR_FILE, MODEL_FILE
from auricle.preprocess import Preprocess
from auricle.quiet import quietly
from auricle.thresholds import TradeOff

SCHEMA = 4
Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Bundle:
    """What `bundle.json` holds, checked."""

    name: str
    schema: int
    auricle_version: str
    labels: list[str]
    targets: str
    preprocess: Preprocess
    features: Features
    shape: list[int]
    calibration: Calibration
    thresholds: dict[str, float]
    trade_off: TradeOff
    decision: Decision
    dataset: dict[str, Any]
    model: str
    model_sha256: str

    def __post_init__(self) -> None:
        one_of("model", self.model, (MODEL_FILE, ESTIMATOR_FILE))

    def save(self, folder: Path) -> None:
        """Write `bundle.json` into a folder."""
        text = json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False)
        write_text(folder / "bundle.json", text + "\n")

    def thresholds_for(self, decision: Decision) -> dict[str, float]:
        """Thresholds of all labels under a decision that may have other budgets than the bundle.

        Another budget is read off the trade-off, which holds for the bundle's own durations.

        Raises
        ------
        AuricleError
            The bundle knows no trade-off, or no threshold of it keeps the budget.
        """
        thresholds = dict(self.thresholds)
        for label in self.labels:
            budget = decision.budget(label)
            if budget is None or budget == self.decision.budget(label):
                continue
            found = self.trade_off.within(label, budget)
            if found is None:
                raise AuricleError(
                    f"decision.false_events_per_hour={budget:g} cannot be kept: the bundle "
                    f"{self.name} does not know how often {label} is named falsely; set "
                    f"decision.threshold={{{label}: 0.8}} or the like, or build the bundle anew"
                )
            least = self.trade_off.per_hour(label)[-1]
            if least > budget * (1 + 1e-6):
                raise AuricleError(
                    f"decision.false_events_per_hour={budget:g} cannot be kept: at the highest "
                    f"threshold {label} was still named falsely {least:.3g} times an hour in the "
                    f"{self.trade_off.hours[label]:.2g} h of validation of {self.name}; ask for "
                    f"{math.ceil(least)} or more, or set decision.threshold={{{label}: 0.99}}"
                )
            thresholds[label] = found
        return thresholds


class Interpreted:
    """A LiteRT model: features in, logits out. It needs no TensorFlow."""

    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        try:
            with quietly():
                self._interpreter = Interpreter(model_path=str(path), num_threads=1)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise AuricleError(f"{path} is no model that LiteRT can run: {error}") from error
        # Some clusters work in threads, which would take each other's scores.
        self._alone = threading.Lock()
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        self.input_shape = tuple(int(n) for n in self._input["shape"][1:])
        self.labels = int(self._output["shape"][-1])

    def logits(self, features: Array) -> Array:
        """Logits [shape=(n_windows, n_labels)] of features [shape=(n_windows, frames, coefs)].

        Window by window, so that a window scores the same alone and among others.
        """
        scores = np.empty((len(features), self.labels), np.float32)
        with self._alone:
            for row, window in enumerate(features):
                self._interpreter.set_tensor(self._input["index"], window[None])
                self._interpreter.invoke()
                scores[row] = self._interpreter.get_tensor(self._output["index"])[0]
        return scores


class Classifier:
    """A loaded bundle: windows of sound in, logits out.

    Parameters
    ----------
    folder
        Folder with `bundle.json` and the model that it names.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bundle = load(folder)
        self._model = scorer_of(
            folder / self.bundle.model, self.bundle.shape, len(self.bundle.labels)
        )
        rate = self.bundle.preprocess.sample_rate_hz
        given = shape(self.bundle.preprocess.window, rate, self.bundle.features)
        takes, said = self._model.input_shape, tuple(self.bundle.shape)
        if not takes == said == given or self._model.labels != len(self.bundle.labels):
            raise AuricleError(
                f"{folder}: the model takes {takes} and gives {self._model.labels} scores, but "
                f"the bundle's features have the shape {given}, it says {said} and names "
                f"{len(self.bundle.labels)} labels: build the bundle anew"
            )

    def logits(self, windows: Samples) -> Array:
        """Logits [shape=(n_windows, n_labels)] of windows [shape=(n_windows, window)]."""
        bundle = self.bundle
        return self._model.logits(
            extract(windows, bundle.preprocess.sample_rate_hz, bundle.features)
        )


def scorer_of(path: Path, shape: Sequence[int], labels: int) -> Interpreted | estimator.Estimator:
    """Load the model of a bundle, whichever it is: features in, logits out."""
    if path.name != ESTIMATOR_FILE:
        return Interpreted(path)
    return estimator.load(path, (shape[0], shape[1]), labels)


def load(folder: Path) -> Bundle:
    """Read and check `bundle.json`.

    Raises
    ------
    AuricleError
        The bundle is missing, of another schema, damaged, or does not fit its model file.
    """
    path = folder / "bundle.json"
    if not path.is_file():
        raise AuricleError(
            f"{folder} is no bundle (it holds no bundle.json): build one with `auricle repro`, "
            "or name another with bundle=FOLDER"
        )
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
    except (ValueError, OSError) as error:
        raise AuricleError(f"{path} cannot be read ({error}): copy or build it anew") from error
    # Configuration would resolve the one, from the environment too, and import the other.
    if "${" in text or "_target_" in text:
        raise AuricleError(f"{path} holds ${{...}} or _target_: a bundle is data, build it anew")
    if not isinstance(content, Mapping) or content.get("schema") != SCHEMA:
        found = content.get("schema") if isinstance(content, Mapping) else content
        raise AuricleError(
            f"{path} has schema {found!r}, this Auricle reads {SCHEMA}: "
            "update Auricle, or build the bundle anew with `auricle export`"
        )
    bundle = _parse(content, path)
    model = folder / bundle.model
    if not model.is_file():
        raise AuricleError(f"{folder} holds no {bundle.model}: copy or build the bundle anew")
    if digest(model) != bundle.model_sha256:
        raise AuricleError(
            f"{model} is not the file that {path} describes (its SHA-256 differs): "
            "copy or build the bundle anew"
        )
    return bundle


def _parse(content: Mapping[str, Any], path: Path) -> Bundle:
    names = {field.name for field in dataclasses.fields(Bundle)}
    if names != set(content):
        wrong = sorted(names ^ set(content))
        raise AuricleError(f"{path} has missing or unknown fields: {', '.join(wrong)}")
    try:
        bundle: Bundle = parse_group(content, Bundle, "bundle")
    except AuricleError as error:
        raise AuricleError(f"{path}: {error}") from error
    labels = len(bundle.labels)
    if len(bundle.shape) != 2:
        raise AuricleError(f"{path} has the shape {bundle.shape}, but two numbers are wanted")
    sizes = (len(bundle.calibration.scale), len(bundle.calibration.offset), len(bundle.thresholds))
    if set(sizes) != {labels} or set(bundle.thresholds) != set(bundle.labels):
        raise AuricleError(
            f"{path} has {labels} labels, but {sizes[0]} calibration scales, {sizes[1]} offsets "
            f"and {sizes[2]} thresholds: build the bundle anew"
        )
    traded = set(bundle.trade_off.hours)
    if traded and traded != set(bundle.labels):
        raise AuricleError(
            f"{path} has a trade-off of {', '.join(sorted(traded))}, which are not its labels: "
            "build the bundle anew"
        )
    return bundle
