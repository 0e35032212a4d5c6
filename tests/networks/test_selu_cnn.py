"""The SELU network has the sizes that were published."""

import numpy as np
import pytest

from auricle.core.errors import AuricleError
from auricle.core.schema import build
from auricle.networks import NetworkInput
from helpers import composed


def network(*overrides):
    return build(composed("network=selu_cnn", *overrides).network, "network")


@pytest.mark.parametrize(
    ("kernel", "labels", "parameters"), [("[3,3]", 50, 85550), ("[4,3]", 10, 110530)]
)
def test_it_has_the_published_number_of_parameters(kernel, labels, parameters):
    model = network(f"network.kernel={kernel}")(NetworkInput.unit(220, 11), labels)
    assert model.count_params() == parameters


def test_pooling_halves_twice_and_keeps_the_first_size():
    model = network()(NetworkInput.unit(220, 11), 2)
    sizes = [la.output.shape[1:3] for la in model.layers if "max_pooling" in la.name]
    assert sizes == [(220, 11), (110, 6), (55, 3)]


def test_a_small_window_has_logits_too():
    logits = network()(NetworkInput.unit(2, 3), 4)(np.zeros((1, 2, 3), np.float32))
    assert logits.shape == (1, 4)


@pytest.mark.parametrize(
    "override",
    [
        *("network.blocks=[]", "network.blocks=[[0],[1],[1]]", "network.kernel=[3]"),
        *("network.pool_sizes=[3]", "network.pool_strides=[1,2,0]"),
    ],
)
def test_settings_that_make_no_network_are_named(override):
    with pytest.raises(AuricleError, match=override.split("=")[0]):
        network(override)(NetworkInput.unit(220, 11), 2)
