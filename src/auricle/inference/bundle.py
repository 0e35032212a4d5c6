"""The bundle: a folder with a network and everything that is needed to listen with it.

`bundle.json` describes the model beside it, `model.tflite` or `model.skops`: labels, features,
windows, decision. Nothing in it names code, and nothing outside it is needed.
`references/data_dictionary.md` has each field.
"""

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle.audio.preprocess import Preprocess
from auricle.core.errors import AuricleError
from auricle.core.files import digest, write_text
from auricle.core.schema import one_of, parse_group
from auricle.features import Features
from auricle.inference import Array
from auricle.inference.calibration import Calibration
from auricle.inference.context import in_context
from auricle.inference.decision import Decision
from auricle.inference.model_files import ESTIMATOR_FILE, MODEL_FILE
from auricle.inference.trade_off import TradeOff

SCHEMA = 5


@dataclass(frozen=True)
class Bundle:
    """What `bundle.json` holds, checked."""

    name: str
    schema: int
    auricle_version: str
    labels: list[str]
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

    def probabilities(
        self,
        logits: Array,
        context_s: float | None,
        segment: npt.NDArray[np.int32] | None = None,
    ) -> Array:
        """Return calibrated probabilities [shape=(n_windows, n_labels)] of windows in context.

        Parameters
        ----------
        logits : [shape=(n_windows, n_labels)]
            Of consecutive windows.
        context_s
            Seconds a probability is made from, the window's own included.
        segment : [shape=(n_windows,)]
            Number of the segment without a gap that each window is in; null: all are in one.
        """
        if segment is None:
            segment = np.zeros(len(logits), np.int32)
        return self.calibration.probabilities(
            in_context(logits, segment, self.preprocess.windows_in(context_s))
        )

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
