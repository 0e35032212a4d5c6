"""`python -m benchmarks.study.built`: judge the network that was built last on all recordings.

After `auricle repro` that is the starter corpus's; after `auricle repro experiment=starter_full`
that of two hours of each kind. One that recordings were trained on has no business here.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from auricle.core.errors import AuricleError
from auricle.inference import bundle as bundles
from auricle.training.saving import load_keras
from benchmarks.measure import ROOT
from benchmarks.study import trial
from benchmarks.study.__main__ import add
from benchmarks.study.recordings import LABELS


def main() -> None:
    """Judge a bundle that holds its `model.keras`, and add a row to the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study.built")
    parser.add_argument("--bundle", type=Path, default=ROOT / "models/classifier")
    parser.add_argument("--table", type=Path, default=ROOT / "references/study_generated.csv")
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    bundle = bundles.load(options.bundle)
    if not str(bundle.dataset["name"]).startswith("starter"):
        raise AuricleError(
            f"{options.bundle} was trained on {bundle.dataset['name']}, not on generated sound"
        )
    network = load_keras(options.bundle / "model.keras")
    order = [bundle.labels.index(label) for label in LABELS]

    def model(features: Any, training: bool) -> Any:
        return np.asarray(network(features, training=training))[:, order]

    name = f"auricle repro dataset={bundle.dataset['name']}"
    windows = json.loads((ROOT / "models/training/training.json").read_text())["windows"]["windows"]
    row = {"variant": name, "held out": "all", "seed": 0, "parameters": network.count_params()}
    row |= {"windows": windows}
    row |= trial.judged(model, None, bundle.features, bundle.preprocess)
    add(options.table, row | {"prepare_s": 0, "seconds": 0})


if __name__ == "__main__":
    try:
        main()
    except AuricleError as error:
        sys.exit(str(error))
