"""Stage `export_model`: the trained network -> the bundle, `models/classifier/`."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from auricle import __version__
from auricle.audio.preprocess import Preprocess
from auricle.core.errors import AuricleError
from auricle.core.files import digest, whole_folder
from auricle.core.schema import check, parse_group
from auricle.core.text import listed
from auricle.datasets import window_file
from auricle.features import Features
from auricle.inference.bundle import SCHEMA, Bundle
from auricle.inference.calibration import Calibration
from auricle.inference.context import in_context
from auricle.inference.decision import Decision
from auricle.inference.model_files import (
    ESTIMATOR_FILE,
    MODEL_FILE,
    VALIDATED_FILE,
    trained_file,
)
from auricle.inference.offline import ScoredWindows
from auricle.inference.scorer import load_model
from auricle.inference.threshold_selection import ThresholdResult, choose
from auricle.pipeline.stage import Job, StageResult
from auricle.training.batches import window_weights
from auricle.training.fit import logits
from auricle.training.mlflow_tracking import Tracking, mlflow_run
from auricle.training.saving import load_keras, to_litert

# Keras and LiteRT sum in different orders; more than this, of a logit, is another network.
_AGREEMENT = 1e-5
# MLflow runs this file as it is.
_SERVED_BY = Path(__file__).with_name("mlflow_model.py")


@dataclass(frozen=True)
class Export:
    """How the bundle is made."""

    name: str
    calibration: bool

    def __post_init__(self) -> None:
        check(bool(self.name.strip()), "name must not be empty")


@dataclass(frozen=True)
class Config:
    """What this stage reads."""

    export: Export
    decision: Decision
    tracking: Tracking


def export_model(config: Config, job: Job) -> StageResult:
    """Convert, then choose calibration and thresholds on validation by the converted scores."""
    trained = trained_file(job.reads.training)
    about = json.loads((job.reads.training / "training.json").read_text())
    validation = window_file.read(job.reads.processed / "validation.jsonl")
    header = about["windows"]
    validation.header.refuse_unless(job.parameters)
    for key in ("labels", "preprocess", "features", "dataset"):
        # `dataset` tells the split, too: thresholds are never chosen on what was trained on.
        if header[key] != getattr(validation.header, key):
            raise AuricleError(
                f"The network was trained with other {key} than data/processed has now: "
                "run `auricle train` anew"
            )
    with whole_folder(job.writes.classifier) as folder:
        name, raw = _scored(trained, folder, validation)
        validated = trained.with_name(VALIDATED_FILE)
        if validated.is_file():  # what is chosen on validation must not have been trained on it
            raw = _scores_of(validated, validation)
        preprocess = parse_group(validation.header.preprocess, Preprocess, "preprocess")
        count = preprocess.windows_in(config.decision.context_s)
        scores = in_context(raw, validation.segment, count)
        weights = window_weights(validation, balance=True)
        calibration = _calibrate(
            scores, validation.targets, weights, about["targets"], config.export
        )
        probabilities = calibration.probabilities(scores)
        chosen = _thresholds(validation, preprocess, probabilities, weights, config.decision)
        # What the configuration sets is what a listener goes by, and so what is judged.
        thresholds = {
            label: config.decision.rule(label, found).on
            for label, found in chosen.thresholds.items()
        }
        Bundle(
            name=config.export.name,
            schema=SCHEMA,
            auricle_version=__version__,
            labels=header["labels"],
            preprocess=preprocess,
            features=parse_group(header["features"], Features, "features"),
            shape=header["shape"],
            calibration=calibration,
            thresholds=thresholds,
            trade_off=chosen.trade_off,
            decision=config.decision,
            dataset=header["dataset"],
            model=name,
            model_sha256=digest(folder / name),
        ).save(folder)
    with mlflow_run(config.tracking, "export", job.reads.run_note, trained) as run:
        run.metrics({f"threshold.{label}": value for label, value in thresholds.items()})
        run.bundle(job.writes.classifier, _SERVED_BY)
    size = (job.writes.classifier / name).stat().st_size
    shown = listed([f"{label} from {value:.2f}" for label, value in thresholds.items()])
    summary = "; ".join([f"{name} {size / 1000:.0f} kB, thresholds: {shown}", *chosen.notes])
    return StageResult(summary)


def _scored(
    trained: Path, folder: Path, validation: window_file.Windows
) -> tuple[str, npt.NDArray[np.float32]]:
    """Put a trained model into a folder, a network converted too; give the file that scores.

    With it come its logits of the validation windows.
    """
    header, name = validation.header, trained.name
    if name != ESTIMATOR_FILE:
        network, name = load_keras(trained), MODEL_FILE
        (folder / name).write_bytes(to_litert(network))
    (folder / trained.name).write_bytes(trained.read_bytes())
    raw = load_model(folder / name, header.shape, len(header.labels)).logits(validation.features)
    if name == MODEL_FILE:
        first = list(logits(network, validation.features[:512]))
        _check_agreement(raw, np.concatenate(first))
    return name, raw


def _scores_of(network: Path, validation: window_file.Windows) -> npt.NDArray[np.float32]:
    """Logits of the validation windows, of a network that is not kept."""
    header = validation.header
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MODEL_FILE
        path.write_bytes(to_litert(load_keras(network)))
        return load_model(path, header.shape, len(header.labels)).logits(validation.features)


def _check_agreement(ours: npt.NDArray[np.float32], keras: npt.NDArray[np.float32]) -> None:
    # Rounding goes with the largest of a window's logits: the others are sums of parts as large.
    largest = np.maximum(1, np.abs(keras).max(axis=1, keepdims=True))
    off = np.abs(ours[: len(keras)] - keras) / largest
    if off.max() > _AGREEMENT:
        raise AuricleError(
            f"LiteRT and Keras disagree by {off.max():.2g} of a logit: the conversion is wrong "
            "for a layer of this network; use another layer"
        )


def _calibrate(
    scores: npt.NDArray[np.float32],
    targets: npt.NDArray[np.uint8],
    weights: npt.NDArray[np.float32],
    link: str,
    export: Export,
) -> Calibration:
    """Platt scaling, or a temperature where labels exclude each other; the same for all labels.

    A pair of numbers a label would also move the border between two labels, by the few groups that
    validation holds, away from where training with all of its groups put it.
    """
    labels = targets.shape[1]
    scale, offset = 1.0, 0.0
    if export.calibration and link != "independent":
        scale = _temperature(scores, targets, weights, link)
    elif export.calibration:
        scale, offset = _platt(scores.reshape(-1), targets.reshape(-1), weights.repeat(labels))
    return Calibration([scale] * labels, [offset] * labels, link)


def _platt(
    scores: npt.NDArray[np.float32],
    truth: npt.NDArray[np.uint8],
    weights: npt.NDArray[np.float32],
) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(truth)) < 2:  # nothing to learn from: all windows have the label, or none
        return 1.0, 0.0
    # A weak penalty keeps the scale finite where validation is separated perfectly.
    fitted = LogisticRegression(C=100.0).fit(scores[:, None], truth, sample_weight=weights)
    scale = float(fitted.coef_[0, 0])
    return (scale, float(fitted.intercept_[0])) if scale > 0 else (1.0, 0.0)


def _temperature(
    scores: npt.NDArray[np.float32],
    targets: npt.NDArray[np.uint8],
    weights: npt.NDArray[np.float32],
    link: str,
) -> float:
    """Scale that maximises the likelihood (temperature scaling; Guo et al., 2017)."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    if link == "exclusive_or_none":
        scores = np.pad(scores, ((0, 0), (0, 1)))
        targets = np.column_stack([targets, 1 - targets.sum(axis=1)])

    def loss(log_scale: float) -> float:
        likelihood = (log_softmax(np.exp(log_scale) * scores, axis=1) * targets).sum(axis=1)
        return -float((weights * likelihood).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def _thresholds(
    validation: window_file.Windows,
    preprocess: Preprocess,
    probabilities: npt.NDArray[np.float32],
    weights: npt.NDArray[np.float32],
    decision: Decision,
) -> ThresholdResult:
    """By budget where a label has one, by F1 where it has none."""
    labels = validation.header.labels
    best = {
        label: _best_f1(validation.targets[:, i], probabilities[:, i], weights)
        for i, label in enumerate(labels)
    }
    recordings = ScoredWindows(
        probabilities,
        validation.targets,
        validation.levels_dbfs,
        validation.segment,
        preprocess,
    )
    return choose(recordings, labels, best, decision)


def _best_f1(
    truth: npt.NDArray[np.uint8],
    probability: npt.NDArray[np.float32],
    weights: npt.NDArray[np.float32],
) -> float:
    """Threshold with the best F1, within [0.5, 0.95]; 0.5 where there is nothing to choose by.

    Below 0.5 a listener would say what it holds to be less likely than not.
    """
    from sklearn.metrics import precision_recall_curve

    if len(np.unique(truth)) < 2:
        return 0.5
    precision, recall, threshold = precision_recall_curve(truth, probability, sample_weight=weights)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    return round(float(np.clip(threshold[int(np.argmax(f1[:-1]))], 0.5, 0.95)), 4)
