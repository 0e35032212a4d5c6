"""The reference network has the layers and the size that were published."""

import keras
import pytest

from auricle.core.errors import AuricleError
from auricle.core.schema import build
from auricle.networks import NetworkInput, build_network
from helpers import composed


def network(*overrides):
    return build(composed("network=reference_cnn", *overrides).network, "network")


def test_it_has_the_published_number_of_parameters():
    assert network()(NetworkInput.unit(11, 13), 1).count_params() == 25921


def test_convolutions_alone_are_decayed():
    model = network()(NetworkInput.unit(11, 13), 2)
    decayed = [la for la in model.layers if getattr(la, "kernel_regularizer", None)]
    assert [type(la) for la in decayed] == [keras.layers.Conv2D] * 3
    assert all(la.kernel_regularizer.l2 == pytest.approx(1e-3) for la in decayed)


def test_a_window_too_small_for_it_is_said_with_its_shape():
    with pytest.raises(AuricleError, match="4 frames x 13 coefficients"):
        build_network(network(), NetworkInput.unit(4, 13), 2)


@pytest.mark.parametrize(
    "override",
    [
        *("network.filters=[]", "network.filters=[0,1,1]", "network.kernel_sizes=[3]"),
        *("network.pool_sizes=[3,3,0]", "network.dense_units=0", "network.l2=-1"),
    ],
)
def test_settings_that_make_no_network_are_named(override):
    with pytest.raises(AuricleError, match=override.split("=")[0]):
        network(override)(NetworkInput.unit(11, 13), 2)
