"""Squared Euclidean distances between rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays.dtypes import Float32, Float64


def squared_lengths(rows: Float32) -> Float32:
    """(n,) ‖x‖² of rows (n, d)."""
    lengths: Float32 = np.einsum("ij,ij->i", rows, rows)
    return lengths


def squared_distances(a: Float32, b: Float32) -> Float32:
    """(n, m) squared distances between rows (n, d) and (m, d), as ‖a‖² + ‖b‖² − 2 a·b, at least 0.

    One matrix product; near-equal rows lose digits to cancellation (see `paired_squared_distances`).
    """
    squared: Float32 = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2 * (a @ b.T)
    np.maximum(squared, 0, out=squared)
    return squared


def paired_squared_distances(a: NDArray[Any], b: NDArray[Any]) -> Float64:
    """Σ (a − b)² along the last axis, in double precision, with broadcasting.

    Equal rows have equal distances, without loss by cancellation.
    """
    difference = np.subtract(a, b, dtype=np.float64)
    summed: Float64 = np.square(difference, out=difference).sum(axis=-1)
    return summed
