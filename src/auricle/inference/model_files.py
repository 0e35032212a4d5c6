"""Names of the files that hold a trained model."""

from pathlib import Path

from auricle.core.files import need_file

MODEL_FILE = "model.tflite"  # a network as a listener runs it
KERAS_FILE = "model.keras"  # what that was made of; a listener does without
VALIDATED_FILE = "validated.keras"  # where the mean of two is kept: the one that was validated
ESTIMATOR_FILE = "model.skops"  # a baseline: what was trained, and what a listener runs


def trained_file(folder: Path) -> Path:
    """Give the trained model in a folder: a network, or a baseline.

    Raises
    ------
    AuricleError
        There is none.
    """
    baseline = folder / ESTIMATOR_FILE
    return (
        baseline
        if baseline.is_file()
        else need_file(folder / KERAS_FILE, "run `auricle train` first")
    )
