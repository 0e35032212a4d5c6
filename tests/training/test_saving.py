"""A network is saved as the same bytes each time, and as a LiteRT model of builtin operators."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from auricle.core.errors import AuricleError
from auricle.networks import NetworkInput
from auricle.networks.cnn import cnn
from auricle.training.fit import logits
from auricle.training.saving import load_keras, save_keras, to_litert


def small_network():
    keras.backend.clear_session()  # layers are numbered from the start, as in a new process
    keras.utils.set_random_seed(0)
    return cnn(
        NetworkInput.unit(8, 8),
        2,
        filters=2,
        kernel_size=3,
        time_steps=2,
        dropout=0.1,
        l2=0.0,
        batch_norm_momentum=0.9,
    )


@pytest.fixture(scope="module")
def model():
    return small_network()


def test_two_saves_of_one_network_are_the_same_bytes(model, tmp_path):
    for name in ("one", "two"):
        save_keras(model, tmp_path / f"{name}.keras")
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "two.keras").read_bytes()


def test_a_saved_network_answers_as_before(model, tmp_path):
    save_keras(model, tmp_path / "model.keras")
    features = np.random.default_rng(0).standard_normal((5, 8, 8)).astype(np.float32)
    loaded = load_keras(tmp_path / "model.keras")
    assert np.array_equal(loaded(features, training=False), model(features, training=False))


SAVE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_saving import small_network
from auricle.training.saving import save_keras
save_keras(small_network(), Path(sys.argv[2]))
"""


@pytest.mark.system
def test_another_process_saves_the_same_network_as_the_same_bytes(model, tmp_path):
    save_keras(model, tmp_path / "here.keras")
    here = Path(__file__).parent
    command = [sys.executable, "-c", SAVE, here, tmp_path / "there.keras"]
    subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / "here.keras").read_bytes() == (tmp_path / "there.keras").read_bytes()


@pytest.mark.filterwarnings("error::UserWarning")
def test_a_loaded_network_is_used_without_a_warning(model, tmp_path):
    save_keras(model, tmp_path / "model.keras")
    loaded = load_keras(tmp_path / "model.keras")
    assert next(logits(loaded, np.zeros((2, 8, 8), np.float32))).shape == (2, 2)


@pytest.mark.parametrize("keep", [0, 100, -100])
def test_a_damaged_file_is_refused_with_a_remedy(model, tmp_path, keep):
    save_keras(model, tmp_path / "whole.keras")
    (tmp_path / "model.keras").write_bytes((tmp_path / "whole.keras").read_bytes()[:keep])
    with pytest.raises(AuricleError, match=r"model\.keras cannot be loaded .*`auricle train` anew"):
        load_keras(tmp_path / "model.keras")


def test_words_are_no_network(tmp_path):
    (tmp_path / "model.keras").write_text("these are words, not a network")
    with pytest.raises(AuricleError, match=r"model\.keras cannot be loaded"):
        load_keras(tmp_path / "model.keras")


def test_a_network_that_brings_code_is_refused(tmp_path):
    inputs = keras.Input((4,))
    outputs = keras.layers.Lambda(lambda x: x * 2)(inputs)
    keras.Model(inputs, outputs).save(tmp_path / "model.keras")
    with pytest.raises(AuricleError, match=r"model\.keras cannot be loaded"):
        load_keras(tmp_path / "model.keras")


def test_the_litert_model_holds_builtin_float_operators_only(model):
    interpreter = Interpreter(model_content=to_litert(model))
    interpreter.allocate_tensors()
    operators = {op["op_name"] for op in interpreter._get_ops_details()}
    assert "CONV_2D" in operators
    assert not [name for name in operators if name.startswith(("Flex", "CUSTOM", "Custom"))]
    assert {t["dtype"] for t in interpreter.get_tensor_details()} <= {np.float32, np.int32}


def test_converting_twice_gives_the_same_bytes(model):
    assert to_litert(model) == to_litert(model)


def test_a_layer_that_litert_lacks_is_refused():
    inputs = keras.Input((8,))
    outputs = keras.ops.linalg.det(keras.layers.Reshape((2, 4))(inputs)[:, :, :2])
    with pytest.raises(AuricleError, match="cannot be converted to LiteRT's builtin operators"):
        to_litert(keras.Model(inputs, outputs))
