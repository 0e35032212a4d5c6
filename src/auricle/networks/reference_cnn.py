"""Three unpadded convolutions with pooling between them, for small inputs taken as they are."""

import keras
from keras import layers

from auricle.core.schema import check
from auricle.networks import NetworkInput


def reference_cnn(
    of: NetworkInput,
    labels: int,
    *,
    filters: list[int],
    kernel_sizes: list[int],
    pool_sizes: list[int],
    dense_units: int,
    l2: float,
) -> keras.Model:
    """Convolutions with L2, each followed by batch normalisation and pooling; then a dense layer.

    Takes features [shape=(batch, frames, coefficients)] as they are and gives logits
    [shape=(batch, labels)]. With 11 x 13 features and one label it has 25 921 parameters.
    """
    check(bool(filters), "network.filters is empty: name at least one width")
    check(min(filters) > 0, f"network.filters={filters} must be positive")
    for name, sizes in (("kernel_sizes", kernel_sizes), ("pool_sizes", pool_sizes)):
        check(
            len(sizes) == len(filters) and min(sizes) > 0,
            f"network.{name}={sizes} must be {len(filters)} positive numbers, as filters has",
        )
    check(dense_units > 0, f"network.dense_units={dense_units} must be positive")
    check(l2 >= 0, f"network.l2={l2} must not be negative")
    inputs = keras.Input((of.frames, of.coefficients), name="features")
    x = layers.Reshape((of.frames, of.coefficients, 1))(inputs)  # (11, 13, 1)
    for width, kernel, pool in zip(filters, kernel_sizes, pool_sizes, strict=True):
        decay = keras.regularizers.L2(l2)
        x = layers.Conv2D(width, kernel, activation="relu", kernel_regularizer=decay)(x)
        x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(pool, strides=2, padding="same")(x)  # (5, 6), (2, 2), (1, 1)
    x = layers.Flatten()(x)
    x = layers.Dense(dense_units, activation="relu")(x)
    logits = layers.Dense(labels, name="logits")(x)
    return keras.Model(inputs, logits, name="reference_cnn")
