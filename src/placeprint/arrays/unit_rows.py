"""Rows of unit length."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays.dtypes import Float32

EPSILON = 1e-12
"""Lower bound for lengths, so that a row of zeros stays zero."""


def unit_rows(rows: NDArray[np.floating[Any]]) -> Float32:
    """x / max(‖x‖, 1e-12) along the last axis, as float32; a row of zeros stays zero."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, EPSILON), np.float32)
