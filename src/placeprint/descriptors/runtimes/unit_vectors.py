"""Turning the output of a network into unit vectors, or an error."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32
from placeprint.errors import PlaceprintError


def unit_vectors(rows: NDArray[Any], name: str) -> Float32:
    """(n, dim) → (n, dim) float32, rows divided by their lengths; a row of zeros becomes the first axis.

    Raises `PlaceprintError`, with the `name` of the network, for numbers that are not finite.
    """
    if not np.isfinite(rows).all():
        raise PlaceprintError(
            f"{name} returns numbers that are not finite",
            "Check its weights, preprocessing and input size, and that it runs in float32.",
        )
    wide = rows.astype(np.float64)  # the squares of large numbers overflow in float32
    wide[~wide.any(axis=1)] = np.eye(1, rows.shape[1])
    return np.asarray(wide / np.linalg.norm(wide, axis=1, keepdims=True), np.float32)
