"""The dense network has the sizes that were published, and what was asked for inside."""

import keras
import numpy as np
import pytest

from auricle.core.errors import AuricleError
from auricle.core.schema import build
from auricle.networks import NetworkInput
from helpers import composed


def network(*overrides):
    return build(composed("network=dense", *overrides).network, "network")


def test_three_layers_of_750_have_the_published_number_of_parameters():
    assert network()(NetworkInput.unit(1, 50), 11).count_params() == 1173011


def test_layers_that_halve_over_a_spectrogram_have_the_published_number_of_parameters():
    halving = network(
        "network.units=[512,256,128]", "network.l2=[1e-3,0,0]", "network.batch_norm=true"
    )
    # 13 frames of 257 frequencies, 3 labels; published as 1.88 million.
    assert round(halving(NetworkInput.unit(13, 257), 3).count_params() / 1e6, 2) == 1.88


def test_only_the_layer_that_is_named_is_decayed():
    model = network("network.units=[8,4]", "network.l2=[1e-3,0]")(NetworkInput.unit(1, 5), 2)
    first = next(la for la in model.layers if isinstance(la, keras.layers.Dense))
    penalty = 1e-3 * np.square(first.kernel.numpy()).sum()
    assert float(sum(model.losses)) == pytest.approx(penalty, rel=1e-5)


def test_mean_and_variance_of_training_are_taken_out():
    rng = np.random.default_rng(0)
    mean, variance = rng.normal(0, 5, 6), rng.uniform(0.5, 3, 6)
    standard = rng.standard_normal((3, 1, 6)).astype(np.float32)
    raw = (standard * np.sqrt(variance) + mean).astype(np.float32)
    unit = network("network.standardise=false")(NetworkInput.unit(1, 6), 2)
    inside = network()(NetworkInput(1, 6, mean.astype(np.float32), variance.astype(np.float32)), 2)
    inside.set_weights(unit.get_weights())
    np.testing.assert_allclose(inside(raw), unit(standard), atol=1e-4)


@pytest.mark.parametrize(
    "override",
    [
        *("network.units=[]", "network.units=[0,1,1]", "network.l2=[0]", "network.l2=[0,0,-1]"),
        "network.dropout=1.0",
    ],
)
def test_settings_that_make_no_network_are_named(override):
    with pytest.raises(AuricleError, match=override.split("=")[0]):
        network(override)(NetworkInput.unit(1, 50), 2)
