"""The network of two branches is small, causal by its input, and LiteRT agrees with it."""

import keras
import numpy as np
import pytest

from auricle.core.errors import AuricleError
from auricle.core.schema import build
from auricle.inference.scorer import LiteRTModel
from auricle.networks import NetworkInput, build_network
from auricle.training.saving import to_litert
from helpers import composed

MOST_PARAMETERS = 100_000


def network(*overrides, shape=(30, 64), fine_rows=8, labels=2):
    config = composed("network=two_branches", *overrides)
    return build_network(
        build(config.network, "network"), NetworkInput.unit(*shape, fine_rows), labels
    )


def test_it_is_as_small_as_is_promised_and_has_batch_normalisation_and_decay():
    model = network()
    assert model.count_params() <= MOST_PARAMETERS
    kinds = [type(layer).__name__ for layer in model.layers]
    assert "BatchNormalization" in kinds
    weighty = [layer for layer in model.layers if type(layer).__name__ == "Conv2D"]
    assert weighty
    assert all(layer.kernel_regularizer is not None for layer in weighty)


@pytest.mark.parametrize("separable", ["true", pytest.param("false", marks=pytest.mark.system)])
def test_litert_agrees_with_keras(separable, tmp_path):
    model = network(f"network.separable={separable}")
    path = tmp_path / "model.tflite"
    path.write_bytes(to_litert(model))
    features = np.random.default_rng(0).normal(0, 10, (5, 30, 64)).astype(np.float32)
    expected = np.asarray(model(features, training=False))
    np.testing.assert_allclose(LiteRTModel(path).logits(features), expected, atol=1e-5)


def test_both_parts_decide():
    keras.utils.set_random_seed(0)  # what an untrained network gives is small, and differs
    model = network()
    rng = np.random.default_rng(0)
    features = rng.normal(0, 10, (1, 30, 64)).astype(np.float32)
    before = np.asarray(model(features, training=False))
    for rows in (slice(0, 22), slice(22, 30)):
        other = features.copy()
        other[:, rows] += rng.normal(0, 10, other[:, rows].shape)
        # A part that is left out would leave every bit as it was.
        assert not np.array_equal(np.asarray(model(other, training=False)), before)


def test_without_a_fine_spectrum_it_takes_plain_features():
    model = network(shape=(22, 40), fine_rows=0, labels=3)
    assert model.output_shape == (None, 3)


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        (["network.filters=[]"], "network.filters is empty"),
        (["network.fine_filters=[]"], "network.fine_filters is empty"),
        (["network.filters=[16,0]", "network.strides=[2,1]"], "must be positive"),
        (["network.strides=[2,1]"], r"network.strides=\[2, 1\] must be 5 positive numbers"),
        (["network.dropout=1"], "network.dropout=1.0 must lie in"),
    ],
)
def test_wrong_hyperparameters_are_refused_by_name(overrides, named):
    with pytest.raises(AuricleError, match=named):
        network(*overrides)
