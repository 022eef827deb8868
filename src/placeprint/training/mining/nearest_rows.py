"""The nearest of some stored vectors to a query vector, read a few at a time."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Vectors = NDArray[np.float32]

Read = Callable[[Ids], Vectors]
"""Rows (k,) to their current vectors (k, dim); a photo without a vector has a row of NaN."""

FLOATS = 2**17
"""Numbers that are read at a time: half a megabyte, which the processor's cache holds."""


def nearest_rows(query: Vectors, rows: Ids, read: Read, count: int) -> tuple[Ids, Vectors]:
    """The `count` of `rows` that are nearest to `query` (dim,), and their squared Euclidean distances.

    Nearest first, equal distances by row. Rows without a vector are left out, so there may be fewer.
    """
    step = max(1, FLOATS // len(query))
    parts = [np.zeros(0, np.float32)]
    for start in range(0, len(rows), step):
        difference = read(rows[start : start + step]) - query
        parts.append(np.einsum("ij,ij->i", difference, difference))
    squared = np.concatenate(parts)
    order = np.lexsort((rows, squared))[:count]
    order = order[np.isfinite(squared[order])]  # NaN is sorted behind every number
    return rows[order], squared[order]
