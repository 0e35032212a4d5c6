"""Two small convolutional branches: mel bands in time, and the fine spectrum of the window."""

from typing import Any

import keras
from keras import layers

from auricle.core.schema import check
from auricle.networks import NetworkInput

_POSITIONS = 4  # parts of the fine spectrum whose means the classifier tells apart
_NEIGHBOURS = 4  # bins of the fine spectrum that stand side by side
_DB = 20.0  # decibels that count as one


def two_branches(
    of: NetworkInput,
    labels: int,
    *,
    filters: list[int],
    strides: list[int],
    fine_filters: list[int],
    separable: bool,
    dense_units: int,
    dropout: float,
    l2: float,
    batch_norm_momentum: float,
) -> keras.Model:
    """Convolutions with L2 and batch normalisation on both parts of `features=two_resolutions`.

    Takes features [shape=(batch, rows, columns)] and gives logits [shape=(batch, labels)]; where
    the features hold no fine spectrum, its branch is left out. `separable` convolutions are
    depthwise ones followed by pointwise ones (Howard et al., 2017).
    """
    check(bool(filters), "network.filters is empty: name at least one width")
    check(
        len(strides) == len(filters) and min(strides) > 0,
        f"network.strides={strides} must be {len(filters)} positive numbers, as filters has",
    )
    check(min([*filters, *fine_filters]) > 0, "network.filters and fine_filters must be positive")
    check(bool(fine_filters) or not of.fine_rows, "network.fine_filters is empty: name a width")
    check(dense_units > 0, f"network.dense_units={dense_units} must be positive")
    check(0 <= dropout < 1, f"network.dropout={dropout} must lie in [0, 1)")
    check(l2 >= 0, f"network.l2={l2} must not be negative")

    def settled(x: Any) -> Any:
        return layers.ReLU()(layers.BatchNormalization(momentum=batch_norm_momentum)(x))

    def convolved(x: Any, width: int, kernel: Any, strides: Any, whole: bool = True) -> Any:
        decay = keras.regularizers.L2(l2)
        common: dict[str, Any] = {"padding": "same", "use_bias": False}
        if not whole:
            x = layers.DepthwiseConv2D(
                kernel, strides=strides, depthwise_regularizer=decay, **common
            )(x)
            x, kernel, strides = settled(x), 1, 1
        return settled(
            layers.Conv2D(width, kernel, strides=strides, kernel_regularizer=decay, **common)(x)
        )

    inputs = keras.Input((of.frames, of.coefficients), name="features")
    x = layers.Rescaling(1 / _DB)(inputs)
    frames = of.frames - of.fine_rows
    bands = x[:, :frames]  # (22, 64)
    bands = layers.BatchNormalization(momentum=batch_norm_momentum)(bands)
    bands = layers.Reshape((frames, of.coefficients, 1))(bands)
    for number, width in enumerate(filters):
        kernel, step = (3, 5) if number == 0 else 3, strides[number]
        bands = convolved(bands, width, kernel, step, whole=not separable or number == 0)
    parts = _pooled(bands)
    if of.fine_rows:
        bins = of.fine_rows * of.coefficients
        # Neighbours as channels: convolutions of one channel take most of the time otherwise.
        fine = layers.Reshape((bins // _NEIGHBOURS, 1, _NEIGHBOURS))(x[:, frames:])  # (128, 1, 4)
        for number, width in enumerate(fine_filters):
            fine = convolved(fine, width, (5, 1), (1 if number == 0 else 2, 1))
        size = fine.shape[1] // _POSITIONS
        parts += [
            layers.GlobalAveragePooling2D()(fine),
            layers.GlobalMaxPooling2D()(fine),
            layers.Flatten()(layers.AveragePooling2D((size, 1))(fine)),
        ]
    x = layers.Dropout(dropout)(layers.Concatenate()(parts))
    x = layers.Dense(dense_units, activation="relu", kernel_regularizer=keras.regularizers.L2(l2))(
        x
    )
    x = layers.Dropout(dropout)(x)
    logits = layers.Dense(labels, name="logits")(x)
    return keras.Model(inputs, logits, name="two_branches")


def _pooled(bands: Any) -> list[Any]:
    """Means over time band by band, and mean and maximum over all."""
    in_time = layers.AveragePooling2D((bands.shape[1], 1))(bands)
    return [
        layers.Flatten()(in_time),
        layers.GlobalAveragePooling2D()(bands),
        layers.GlobalMaxPooling2D()(bands),
    ]
