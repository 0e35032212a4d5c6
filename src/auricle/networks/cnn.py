"""A small convolutional network over the features of one window."""

import keras
from keras import layers

from auricle.core.schema import check
from auricle.networks import NetworkInput


def cnn(
    of: NetworkInput,
    labels: int,
    *,
    filters: int,
    kernel_size: int,
    dense_units: int,
    dropout: float,
    l2: float,
    batch_norm_momentum: float,
) -> keras.Model:
    """Three convolutions, each with L2, batch normalisation and pooling, then a dense layer.

    Takes features [shape=(batch, frames, coefficients)] as `features.extract` gives them and
    gives logits [shape=(batch, labels)]; the normalisation is inside.
    """
    check(filters > 0, f"network.filters={filters} must be positive")
    check(kernel_size > 0, f"network.kernel_size={kernel_size} must be positive")
    check(dense_units > 0, f"network.dense_units={dense_units} must be positive")
    check(0 <= dropout < 1, f"network.dropout={dropout} must lie in [0, 1)")
    check(l2 >= 0, f"network.l2={l2} must not be negative")

    def decay() -> keras.Regularizer:
        return keras.regularizers.L2(l2)

    inputs = keras.Input((of.frames, of.coefficients), name="features")
    x = layers.Normalization(axis=-1, mean=of.mean, variance=of.variance)(inputs)
    x = layers.Reshape((of.frames, of.coefficients, 1))(x)  # (22, 40, 1)
    for width in (filters, 2 * filters, 2 * filters):
        x = layers.Conv2D(
            width, kernel_size, padding="same", use_bias=False, kernel_regularizer=decay()
        )(x)
        x = layers.BatchNormalization(momentum=batch_norm_momentum)(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D(2, padding="same")(x)  # (11, 20), (6, 10), (3, 5)
    x = layers.Flatten()(x)
    x = layers.Dropout(dropout)(x)
    x = layers.Dense(dense_units, activation="relu", kernel_regularizer=decay())(x)
    x = layers.Dropout(dropout)(x)
    logits = layers.Dense(labels, name="logits")(x)
    return keras.Model(inputs, logits, name="cnn")
