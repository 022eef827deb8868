"""The stored vectors nearest to a query vector, read a few at a time."""

from collections.abc import Callable, Iterable

import numpy as np

from placeprint.arrays import Float32, Int64, chunks, nearest

Read = Callable[[Int64], Float32]
"""From rows (k,) to their current vectors (k, dim); a photo without a vector has a row of NaN."""

FLOATS = 2**17
"""How many numbers are read at a time: half a megabyte, which fits in the CPU's cache."""


def nearest_among(query: Float32, rows: Int64, read: Read, count: int) -> tuple[Float32, Int64]:
    """Squared Euclidean distances, and the `count` of `rows` that are nearest to `query` (dim,).

    Nearest first, ties by row. Rows without a vector are left out, so there may be fewer; a query without one
    has none.
    """

    def parts() -> Iterable[tuple[Int64, Float32, None]]:
        for some in chunks(len(rows), max(1, FLOATS // len(query))):
            vectors = read(rows[some])
            there = np.isfinite(vectors[:, 0])
            yield rows[some][there], np.asarray(vectors[there], np.float32), None

    count = min(count, len(rows)) if np.isfinite(query[0]) else 0
    distances, found = nearest(query[None] if count else np.zeros_like(query[None]), parts, count)
    kept = found[0] >= 0
    return distances[0, kept].astype(np.float32), found[0, kept]
