"""The networks have the layers, shapes and sizes that their configuration says."""

import itertools
import math

import keras
import numpy as np
import pytest

from auricle.core.errors import AuricleError
from auricle.networks import NetworkInput, build_network
from auricle.networks.cnn import cnn

SETTINGS = {
    "filters": 4,
    "kernel_size": 3,
    "dense_units": 8,
    "dropout": 0.3,
    "l2": 1e-3,
    "batch_norm_momentum": 0.9,
}


def build(frames=22, coefficients=40, labels=2, **changes):
    return cnn(NetworkInput.unit(frames, coefficients), labels, **{**SETTINGS, **changes})


def layers_of(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


@pytest.mark.parametrize(("frames", "coefficients"), [(22, 40), (11, 13), (1, 1), (2, 5)])
@pytest.mark.parametrize("labels", [1, 4])
def test_a_window_has_a_logit_a_label(frames, coefficients, labels):
    model = build(frames, coefficients, labels)
    logits = model(np.zeros((3, frames, coefficients), np.float32), training=False)
    assert logits.shape == (3, labels)


@pytest.mark.parametrize(("frames", "coefficients"), [(22, 40), (11, 13), (9, 8)])
@pytest.mark.parametrize("filters", [2, 5])
@pytest.mark.parametrize("kernel_size", [3, 5])
def test_the_parameters_are_as_many_as_the_layers_say(frames, coefficients, filters, kernel_size):
    dense, labels = 8, 3
    widths = [1, filters, 2 * filters, 2 * filters]
    convolutions = sum(
        kernel_size**2 * before * after + 4 * after  # 4: what batch normalisation keeps
        for before, after in itertools.pairwise(widths)
    )
    # Each of the three poolings halves, rounded up.
    flat = math.ceil(frames / 8) * math.ceil(coefficients / 8) * widths[-1]
    wanted = convolutions + (flat + 1) * dense + (dense + 1) * labels
    model = build(
        frames, coefficients, labels, filters=filters, kernel_size=kernel_size, dense_units=dense
    )
    assert model.count_params() == wanted


def test_weights_are_decayed_and_activations_normalised():
    model = build(l2=0.01)
    convolutions = layers_of(model, keras.layers.Conv2D)
    dense = [la for la in layers_of(model, keras.layers.Dense) if la.name != "logits"]
    assert len(convolutions) == 3
    assert len(layers_of(model, keras.layers.BatchNormalization)) == 3
    assert len(layers_of(model, keras.layers.Dropout)) == 2
    penalty = sum(0.01 * np.square(la.kernel.numpy()).sum() for la in [*convolutions, *dense])
    assert float(sum(model.losses)) == pytest.approx(penalty, rel=1e-5)


def test_the_training_mean_and_variance_are_inside():
    rng = np.random.default_rng(0)
    mean, deviation = rng.normal(0, 5, 8), rng.uniform(0.5, 3, 8)
    standard = rng.standard_normal((2, 6, 8)).astype(np.float32)
    raw = (standard * deviation + mean).astype(np.float32)
    keras.utils.set_random_seed(1)
    unit = build(6, 8)
    given = NetworkInput(6, 8, mean.astype(np.float32), np.square(deviation).astype(np.float32))
    inside = cnn(given, 2, **SETTINGS)
    inside.set_weights(unit.get_weights())
    assert np.allclose(inside(raw, training=False), unit(standard, training=False), atol=1e-4)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"filters": 0}, "network.filters=0"),
        ({"kernel_size": 0}, "network.kernel_size=0"),
        ({"dense_units": -1}, "network.dense_units=-1"),
        ({"dropout": 1.0}, r"network.dropout=1.0 must lie in \[0, 1\)"),
        ({"l2": -0.1}, "network.l2=-0.1"),
    ],
)
def test_settings_that_make_no_network_are_named(wrong, named):
    with pytest.raises(AuricleError, match=named):
        build(**wrong)


def test_a_window_too_small_for_a_network_is_said_with_its_shape():
    def greedy(of, labels):
        inputs = keras.Input((of.frames, of.coefficients, 1))
        return keras.Model(inputs, keras.layers.Conv2D(1, 9, padding="valid")(inputs))

    with pytest.raises(
        AuricleError, match=r"3 frames x 40 coefficients .*change network, features or preprocess"
    ):
        build_network(greedy, NetworkInput.unit(3, 40), 2)
