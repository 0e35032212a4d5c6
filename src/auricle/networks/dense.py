"""Dense layers over all values of a window at once."""

import keras
from keras import layers

from auricle.core.schema import check
from auricle.networks import NetworkInput


def dense(
    of: NetworkInput,
    labels: int,
    *,
    units: list[int],
    l2: list[float],
    batch_norm: bool,
    dropout: float,
    standardise: bool,
) -> keras.Model:
    """Dense layers, each with ReLU and dropout; `batch_norm` stands before the ReLU.

    Takes features [shape=(batch, frames, coefficients)] and gives logits [shape=(batch, labels)];
    `standardise` takes mean and variance of each coefficient in training out of them. With 50
    values, three layers of 750 and 11 labels it has 1 173 011 parameters.
    """
    check(bool(units), "network.units is empty: name at least one width")
    check(min(units) > 0, f"network.units={units} must be positive")
    check(
        len(l2) == len(units) and min(l2) >= 0,
        f"network.l2={l2} must be {len(units)} numbers that are not negative, one a layer",
    )
    check(0 <= dropout < 1, f"network.dropout={dropout} must lie in [0, 1)")
    inputs = keras.Input((of.frames, of.coefficients), name="features")
    x = inputs
    if standardise:
        x = layers.Normalization(axis=-1, mean=of.mean, variance=of.variance)(x)
    x = layers.Flatten()(x)
    for width, decay in zip(units, l2, strict=True):
        x = layers.Dense(width, kernel_regularizer=keras.regularizers.L2(decay))(x)
        if batch_norm:
            x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
        x = layers.Dropout(dropout)(x)
    logits = layers.Dense(labels, name="logits")(x)
    return keras.Model(inputs, logits, name="dense")
