"""A scikit-learn classifier as a scorer, kept in a file that holds data and no code (skops)."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from auricle.core.errors import AuricleError
from auricle.core.files import whole_file
from auricle.inference import Array

# What a file may hold besides what skops trusts by itself: parts of the classifiers, all numbers.
_TRUSTED = frozenset(
    {
        "sklearn.tree._tree.Tree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
    }
)
_LEAST = 1e-6  # probability of a class that no neighbour or tree voted for
_DATE = (1980, 1, 1, 0, 0, 0)


class SklearnModel:
    """Features in, logits out, for labels of which just one sounds.

    Parameters
    ----------
    pipeline
        A fitted scikit-learn pipeline over flat features, whose classes are label numbers.
    shape
        Frames and coefficients of a window.
    labels
        How many there are.
    """

    def __init__(self, pipeline: Any, shape: tuple[int, int], labels: int) -> None:
        self.pipeline, self.input_shape, self.labels = pipeline, shape, labels

    def logits(self, features: Array) -> Array:
        """Log-probabilities [shape=(n_windows, n_labels)] of features [n_windows, *shape]."""
        if not len(features):
            return np.zeros((0, self.labels), np.float32)
        flat = features.reshape(len(features), -1)
        found = self.pipeline.predict_proba(flat)
        scores = np.full((len(features), self.labels), _LEAST)
        scores[:, self.pipeline.classes_] = np.maximum(found, _LEAST)
        return np.log(scores).astype(np.float32)

    def save(self, path: Path) -> None:
        """Write as skops; the same classifier gives the same bytes."""
        import skops.io

        dated = skops.io.dumps(self.pipeline, compression=zipfile.ZIP_DEFLATED)
        with whole_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
            for name, data in _settled(dated):
                new.writestr(zipfile.ZipInfo(name, _DATE), data, zipfile.ZIP_DEFLATED)


def load(path: Path, shape: tuple[int, int], labels: int) -> SklearnModel:
    """Load a classifier; nothing in the file is run.

    Raises
    ------
    AuricleError
        scikit-learn and skops are not installed, or the file holds anything but a classifier that
        takes such features and gives such labels.
    """
    try:
        import skops.io
    except ImportError as error:
        raise AuricleError(
            f"{path} is a scikit-learn classifier, which needs scikit-learn and skops: install "
            "`auricle[train]`"
        ) from error
    try:
        unknown = sorted(set(skops.io.get_untrusted_types(file=path)) - _TRUSTED)
        if unknown:
            raise AuricleError(
                f"{path} holds {', '.join(unknown)}, which could run code: it is not loaded; "
                "build the bundle anew"
            )
        pipeline = skops.io.load(path, trusted=sorted(_TRUSTED))
        takes, classes = pipeline.n_features_in_, pipeline.classes_
    except (ValueError, KeyError, TypeError, OSError, AttributeError, zipfile.BadZipFile) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise AuricleError(
            f"{path} is no classifier that skops can load ({reason}): build the bundle anew"
        ) from error
    if takes != shape[0] * shape[1] or not set(classes.tolist()) <= set(range(labels)):
        raise AuricleError(
            f"{path} takes {takes} values and gives the labels {classes.tolist()}, but the bundle "
            f"has features of {shape[0]} x {shape[1]} and {labels} labels: build it anew"
        )
    return SklearnModel(pipeline, shape, labels)


def _settled(dated: bytes) -> list[tuple[str, bytes]]:
    """Files of a skops archive in order, with numbers in place of addresses and random names."""
    with zipfile.ZipFile(io.BytesIO(dated)) as old:
        files = {name: old.read(name) for name in old.namelist()}
    schema = json.loads(files.pop("schema.json"))
    text = json.dumps(schema)
    numbers: dict[str, str] = {}
    for address in re.findall(r'"__id__": (\d+)', text):
        numbers.setdefault(address, str(len(numbers)))
    text = re.sub(r'("__id__": )(\d+)', lambda m: m[1] + numbers[m[2]], text)
    names = {old: f"{i}{Path(old).suffix}" for i, old in enumerate(_in_order(text, list(files)))}
    for old_name, new_name in names.items():
        text = text.replace(json.dumps(old_name), json.dumps(new_name))
    named = sorted((names[name], data) for name, data in files.items())
    return [("schema.json", text.encode()), *named]


def _in_order(text: str, names: list[str]) -> list[str]:
    return sorted(names, key=text.find)
