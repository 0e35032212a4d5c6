"""Classifiers of scikit-learn in place of a network: what a network has to be better than.

Each standardises the features first. They learn labels of which just one sounds, in one go.
"""

from typing import Any

import numpy as np

from auricle.core.errors import AuricleError
from auricle.core.schema import check, one_of
from auricle.datasets.window_file import Windows
from auricle.inference import Array
from auricle.inference.sklearn_model import SklearnModel
from auricle.networks import NetworkInput
from auricle.training.batches import window_weights
from auricle.training.hyperparameters import Train


class Baseline:
    """A classifier that is yet to be fitted; called like a Keras model, it gives logits."""

    def __init__(self, of: NetworkInput, labels: int, classifier: Any) -> None:
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        pipeline = make_pipeline(StandardScaler(), classifier)
        self.estimator = SklearnModel(pipeline, (of.frames, of.coefficients), labels)

    def fit(self, windows: Windows, train: Train) -> None:
        """Learn from all windows at once.

        Raises
        ------
        AuricleError
            Labels may sound together, or there is but one.
        """
        check(
            train.targets == "exclusive",
            f"train.targets={train.targets}, but a baseline learns labels of which just one "
            "sounds: set train.targets=exclusive",
        )
        check(
            not train.changes.any,
            "train.changes are drawn anew for each batch, which a baseline does not learn by: set "
            "train/changes=none",
        )
        pipeline = self.estimator.pipeline
        name, classifier = pipeline.steps[-1]
        settings = {"random_state": train.seed} if "random_state" in classifier.get_params() else {}
        classifier.set_params(**settings)
        flat = np.asarray(windows.features).reshape(len(windows), -1)
        truth = windows.targets.argmax(axis=1)
        if len(np.unique(truth)) < 2:
            raise AuricleError("All training windows have one label: there is nothing to learn")
        weights = {}
        if type(classifier).__name__ != "KNeighborsClassifier":  # neighbours all count the same
            weights = {f"{name}__sample_weight": window_weights(windows, train.balance)}
        try:
            pipeline.fit(flat, truth, **weights)
        except ValueError as error:
            raise AuricleError(
                f"The baseline cannot learn from {len(truth)} windows ({error}): change network"
            ) from error

    def __call__(self, features: Array, training: bool = False) -> Array:
        """Logits [shape=(n_windows, n_labels)]."""
        return self.estimator.logits(np.asarray(features))

    def count_params(self) -> int:
        """How many numbers it decides by: nodes of trees, or values of the windows it keeps."""
        classifier = self.estimator.pipeline.steps[-1][1]
        if hasattr(classifier, "estimators_"):
            return sum(tree.tree_.node_count for tree in classifier.estimators_)
        if hasattr(classifier, "calibrated_classifiers_"):
            classifier = classifier.calibrated_classifiers_[0].estimator
            return int(classifier.support_vectors_.size)
        return int(classifier._fit_X.size)


def random_forest(of: NetworkInput, labels: int, *, trees: int, depth: int | None) -> Baseline:
    """Random forest (Breiman, 2001) of so many trees, each at most so deep."""
    from sklearn.ensemble import RandomForestClassifier

    check(trees > 0, f"network.trees={trees} must be positive")
    check(depth is None or depth > 0, f"network.depth={depth} must be positive")
    return Baseline(of, labels, RandomForestClassifier(trees, max_depth=depth))


def nearest_neighbours(of: NetworkInput, labels: int, *, neighbours: int, weights: str) -> Baseline:
    """Vote of the nearest training windows (Cover and Hart, 1967)."""
    from sklearn.neighbors import KNeighborsClassifier

    check(neighbours > 0, f"network.neighbours={neighbours} must be positive")
    one_of("network.weights", weights, ("uniform", "distance"))
    return Baseline(of, labels, KNeighborsClassifier(neighbours, weights=weights))


def support_vectors(of: NetworkInput, labels: int, *, c: float, kernel: str) -> Baseline:
    """Support vector machine (Cortes and Vapnik, 1995), its probabilities by Platt scaling."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.svm import SVC

    check(c > 0, f"network.c={c} must be positive")
    one_of("network.kernel", kernel, ("rbf", "linear", "poly"))
    machine = CalibratedClassifierCV(SVC(C=c, kernel=kernel), ensemble=False)
    return Baseline(of, labels, machine)
