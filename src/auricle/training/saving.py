"""Trained models as files that are the same for the same weights, and as LiteRT models."""

import errno
import json
import os
import re
import shutil
import tempfile
import zipfile
from pathlib import Path

import keras

from auricle.core.errors import AuricleError
from auricle.core.files import whole_file
from auricle.core.native_output import silenced
from auricle.inference.model_files import ESTIMATOR_FILE, KERAS_FILE, VALIDATED_FILE
from auricle.training.baselines import Baseline

_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a zip file can hold

_ROOM = 1 << 20  # bytes; a disk with less is as good as full


def save(model: keras.Model | Baseline, folder: Path, validated: keras.Model | None = None) -> None:
    """Save a trained model under the name that `trained_file` looks for.

    With it comes the network that was `validated`, if the one that is kept saw validation.
    """
    if validated is not None:
        save_keras(validated, folder / VALIDATED_FILE)
    if isinstance(model, Baseline):
        model.estimator.save(folder / ESTIMATOR_FILE)
    else:
        save_keras(model, folder / KERAS_FILE)


def save_keras(model: keras.Model, path: Path) -> None:
    """Save as `.keras`, with fixed dates: two saves of one model are the same bytes."""
    # On the disk it is for, so that no other one has to have room.
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        dated = Path(folder) / "model.keras"
        # A compiled model would bring its optimizer's state, twice the size of the weights.
        bare = keras.Model(model.input, model.output, name=model.name)
        bare.save(dated)
        with (
            zipfile.ZipFile(dated) as old,
            whole_file(path) as file,
            zipfile.ZipFile(file, "w") as new,
        ):
            for name in sorted(old.namelist()):
                data = old.read(name)
                if name == "metadata.json":
                    data = json.dumps(json.loads(data) | {"date_saved": ""}).encode()
                elif name == "config.json":
                    data = _counted(data)
                new.writestr(zipfile.ZipInfo(name, _DATE), data)


def _counted(config: bytes) -> bytes:
    """Count shared objects in their order; Keras takes their addresses in memory."""
    numbers: dict[bytes, bytes] = {}

    def number(match: re.Match[bytes]) -> bytes:
        return match[1] + numbers.setdefault(match[2], b"%d" % len(numbers))

    return re.sub(rb'("shared_object_id": )(\d+)', number, config)


def load_keras(path: Path) -> keras.Model:
    """Load a `.keras` file; `safe_mode` keeps it from bringing code."""
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise AuricleError(
            f"{path} cannot be loaded ({str(error).splitlines()[0]}): run `auricle train` anew"
        ) from error


def to_litert(model: keras.Model) -> bytes:
    """Convert to a LiteRT flatbuffer: float32, builtin operators only.

    Raises
    ------
    AuricleError
        The model needs operators that a plain LiteRT interpreter lacks.
    """
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    try:
        with silenced():
            converted: bytes = converter.convert()
    except Exception as error:  # the converter raises a type of its own, not exported
        # It works in the system's folder for temporary files, and hides what a full disk refused.
        disk = tempfile.gettempdir()
        if shutil.disk_usage(disk).free < _ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), disk) from error
        reason = str(error).strip().splitlines()[0]
        raise AuricleError(
            f"The network cannot be converted to LiteRT's builtin operators ({reason}): "
            "use layers that can"
        ) from error
    return converted
