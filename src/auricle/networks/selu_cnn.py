"""Convolutions with SELU activations and overlapping pooling, averaged over the whole window."""

import itertools

import keras
from keras import layers

from auricle.core.schema import check
from auricle.networks import NetworkInput


def selu_cnn(
    of: NetworkInput,
    labels: int,
    *,
    blocks: list[list[int]],
    kernel: list[int],
    pool_sizes: list[int],
    pool_strides: list[int],
) -> keras.Model:
    """Blocks of padded convolutions, pooling after each; then the mean over all positions.

    Takes features [shape=(batch, frames, coefficients)] as they are and gives logits
    [shape=(batch, labels)]. Activations are SELU (Klambauer et al., 2017). With kernels of 3 x 3
    and 50 labels it has 85 550 parameters, with 4 x 3 and 10 labels 110 530.
    """
    widths = list(itertools.chain.from_iterable(blocks))
    check(
        bool(widths) and min(widths) > 0,
        f"network.blocks={blocks} must be lists of positive widths, a list for each block",
    )
    check(
        len(kernel) == 2 and min(kernel) > 0,
        f"network.kernel={kernel} must be two positive numbers: frames and coefficients",
    )
    for name, sizes in (("pool_sizes", pool_sizes), ("pool_strides", pool_strides)):
        check(
            len(sizes) == len(blocks) and min(sizes) > 0,
            f"network.{name}={sizes} must be {len(blocks)} positive numbers, one a block",
        )
    inputs = keras.Input((of.frames, of.coefficients), name="features")
    x = layers.Reshape((of.frames, of.coefficients, 1))(inputs)  # (220, 11, 1)
    for block, pool, stride in zip(blocks, pool_sizes, pool_strides, strict=True):
        for width in block:
            x = layers.Conv2D(width, kernel, padding="same", activation="selu")(x)
        x = layers.MaxPooling2D(pool, strides=stride, padding="same")(
            x
        )  # (220, 11), (110, 6), (55, 3)
    x = layers.GlobalAveragePooling2D()(x)
    logits = layers.Dense(labels, name="logits")(x)
    return keras.Model(inputs, logits, name="selu_cnn")
