"""A loaded bundle: windows of sound in, logits out."""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from auricle.audio import Samples
from auricle.core.errors import AuricleError
from auricle.core.native_output import silenced
from auricle.features import extract, shape
from auricle.inference import Array, sklearn_model
from auricle.inference.bundle import load
from auricle.inference.model_files import ESTIMATOR_FILE


class LiteRTModel:
    """A LiteRT model: features in, logits out. It needs no TensorFlow."""

    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        try:
            with silenced():
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


class Scorer:
    """A loaded bundle: windows of sound in, logits out.

    Parameters
    ----------
    folder
        Folder with `bundle.json` and the model that it names.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bundle = load(folder)
        self._model = load_model(
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
        return self.logits_of(extract(windows, bundle.preprocess.sample_rate_hz, bundle.features))

    def logits_of(self, features: Array) -> Array:
        """Logits [shape=(n_windows, n_labels)] of features [shape=(n_windows, *bundle.shape)]."""
        return self._model.logits(features)


def load_model(
    path: Path, shape: Sequence[int], labels: int
) -> LiteRTModel | sklearn_model.SklearnModel:
    """Load the model of a bundle, whichever it is: features in, logits out."""
    if path.name != ESTIMATOR_FILE:
        return LiteRTModel(path)
    return sklearn_model.load(path, (shape[0], shape[1]), labels)
