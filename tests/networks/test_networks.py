"""The networks have the layers, shapes and sizes that their configuration says."""

import dataclasses
import itertools
import math

import keras
import numpy as np
import pytest
import scipy.fft

from auricle.core.errors import AuricleError
from auricle.networks import NetworkInput, build_network
from auricle.networks.cnn import cnn

SETTINGS = {
    "filters": 4,
    "kernel_size": 3,
    "time_steps": 3,
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


@pytest.mark.parametrize(("frames", "coefficients"), [(72, 40), (22, 40), (11, 13), (9, 8)])
@pytest.mark.parametrize("filters", [2, 5])
@pytest.mark.parametrize("kernel_size", [3, 5])
@pytest.mark.parametrize("time_steps", [1, 3])
def test_the_parameters_are_as_many_as_the_layers_say(
    frames, coefficients, filters, kernel_size, time_steps
):
    labels = 3
    widths = [1, filters, 3 * filters // 2, 2 * filters, 3 * filters]
    kernels = [kernel_size + 2, *[kernel_size] * 3]
    convolutions = sum(
        kernel**2 * before * after + 4 * after  # 4: what batch normalisation keeps
        for kernel, (before, after) in zip(kernels, itertools.pairwise(widths), strict=True)
    )
    # The first convolution and two poolings halve, rounded up; the last pooling halves the bands.
    steps = math.ceil(frames / 8)
    steps = math.ceil(steps / math.ceil(steps / time_steps))
    flat = steps * math.ceil(coefficients / 16) * widths[-1]
    model = build(
        *(frames, coefficients, labels),
        filters=filters,
        kernel_size=kernel_size,
        time_steps=time_steps,
    )
    assert model.count_params() == convolutions + (flat + 1) * labels


def test_weights_are_decayed_and_activations_normalised():
    model = build(l2=0.01)
    convolutions = layers_of(model, keras.layers.Conv2D)
    dense = layers_of(model, keras.layers.Dense)
    assert len(convolutions) == 4
    assert len(layers_of(model, keras.layers.BatchNormalization)) == 4
    assert len(layers_of(model, keras.layers.Dropout)) == 1
    penalty = sum(0.01 * np.square(la.kernel.numpy()).sum() for la in [*convolutions, *dense])
    assert float(sum(model.losses)) == pytest.approx(penalty, rel=1e-5)


def test_the_same_sounds_in_another_order_are_not_the_same():
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((2, 1, 36, 8)).astype(np.float32)
    keras.utils.set_random_seed(1)
    model = build(72, 8)
    forth = model(np.concatenate([first, second], axis=1), training=False)
    back = model(np.concatenate([second, first], axis=1), training=False)
    assert not np.allclose(forth, back, atol=1e-3)


def test_cepstral_coefficients_are_heard_as_the_mel_bands_they_are_of():
    rng = np.random.default_rng(0)
    bands = rng.standard_normal((3, 22, 40)).astype(np.float32)
    cepstrum = scipy.fft.dct(bands, norm="ortho").astype(np.float32)
    unit = NetworkInput.unit(22, 40)
    keras.utils.set_random_seed(1)
    of_bands = cnn(unit, 2, **SETTINGS)
    inverse = scipy.fft.idct(np.eye(40), norm="ortho").astype(np.float32)
    of_cepstrum = cnn(dataclasses.replace(unit, to_bands=inverse), 2, **SETTINGS)
    weights = of_cepstrum.get_weights()
    of_cepstrum.set_weights([weights[0], *of_bands.get_weights()])
    expected = of_bands(bands, training=False)
    assert np.allclose(of_cepstrum(cepstrum, training=False), expected, atol=1e-4)
    assert not of_cepstrum.get_layer("bands").trainable


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
        ({"time_steps": 0}, "network.time_steps=0"),
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
