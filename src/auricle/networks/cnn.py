"""A small convolutional network over mel bands in time, which hears in which order they sound."""

import keras
import numpy as np
from keras import layers

from auricle.core.schema import check
from auricle.networks import NetworkInput


def cnn(
    of: NetworkInput,
    labels: int,
    *,
    filters: int,
    kernel_size: int,
    time_steps: int,
    dropout: float,
    l2: float,
    batch_norm_momentum: float,
) -> keras.Model:
    """Four convolutions, each with L2 and batch normalisation, then the means of parts of time.

    Takes features [shape=(batch, frames, coefficients)] as `features.extract` gives them and
    gives logits [shape=(batch, labels)]; the normalisation is inside. Cepstral coefficients are
    turned into mel bands first, where what is near in pitch is near; `time_steps` parts of the
    window stay apart to the end, so that order in time is heard.
    """
    check(filters > 0, f"network.filters={filters} must be positive")
    check(kernel_size > 0, f"network.kernel_size={kernel_size} must be positive")
    check(time_steps > 0, f"network.time_steps={time_steps} must be positive")
    check(0 <= dropout < 1, f"network.dropout={dropout} must lie in [0, 1)")
    check(l2 >= 0, f"network.l2={l2} must not be negative")

    inputs = keras.Input((of.frames, of.coefficients), name="features")
    x, mean, variance = inputs, of.mean, of.variance
    if of.to_bands is not None:
        bands = layers.Dense(of.to_bands.shape[1], use_bias=False, trainable=False, name="bands")
        x = bands(x)  # (72, 40)
        bands.set_weights([of.to_bands])
        # Of coefficients that vary independently of each other, as cepstral ones nearly do.
        mean, variance = mean @ of.to_bands, variance @ np.square(of.to_bands)
    x = layers.Normalization(axis=-1, mean=mean, variance=variance)(x)
    x = layers.Reshape((*x.shape[1:], 1))(x)  # (72, 40, 1)
    for width, kernel, strides, pool in (
        (filters, kernel_size + 2, 2, None),  # (36, 20)
        (3 * filters // 2, kernel_size, (1, 2), (2, 1)),  # (18, 10)
        (2 * filters, kernel_size, 1, 2),  # (9, 5)
        (3 * filters, kernel_size, 1, None),
    ):
        x = layers.Conv2D(
            width,
            kernel,
            strides=strides,
            padding="same",
            use_bias=False,
            kernel_regularizer=keras.regularizers.L2(l2),
        )(x)
        x = layers.BatchNormalization(momentum=batch_norm_momentum)(x)
        x = layers.ReLU()(x)
        if pool:
            x = layers.MaxPooling2D(pool, padding="same")(x)
    steps = -(-x.shape[1] // time_steps)
    x = layers.AveragePooling2D((steps, 2), padding="same")(x)  # (3, 3)
    x = layers.Flatten()(x)
    x = layers.Dropout(dropout)(x)
    logits = layers.Dense(labels, name="logits", kernel_regularizer=keras.regularizers.L2(l2))(x)
    return keras.Model(inputs, logits, name="cnn")
