"""The nearest definite negatives in the whole database, exactly, in bounded memory."""

from collections.abc import Sequence

import numpy as np

from placeprint.arrays import Bool, Float32, Int64, nearest_rows
from placeprint.training.mining.nearest_among import Read

FLOATS = 2**24
"""How many numbers of the database are in memory at a time: 64 MB."""


def nearest_allowed(
    queries: Float32, barred: Sequence[Int64], size: int, read: Read, count: int
) -> tuple[Int64, Float32]:
    """Database rows and squared distances (q, count) of those nearest to each query, excluding its `barred`
    rows; nearest first, ties by row.

    `queries` (q, dim), `size` database rows returned by `read`. Row -1 and NaN if there are fewer. A query
    without a vector has none.
    """
    best = np.zeros((len(queries), 0), np.int64)
    distances = np.zeros((len(queries), 0), np.float32)
    known = np.isfinite(queries.sum(axis=1))
    size = size if known.any() else 0
    step = max(1, FLOATS // queries.shape[1])
    for start in range(0, size, step):
        rows = np.arange(start, min(start + step, size))
        stored = read(rows)
        there = np.isfinite(stored[:, 0])
        if not there.all():
            rows, stored = rows[there], stored[there]
        near, squared = _search(queries, known, barred, rows, stored, count)
        best, distances = np.hstack([best, near]), np.hstack([distances, squared])
        order = np.lexsort((best, distances))[:, :count]
        best, distances = np.take_along_axis(best, order, 1), np.take_along_axis(distances, order, 1)
    missing = ((0, 0), (0, count - best.shape[1]))
    best = np.pad(best, missing, constant_values=-1)
    distances = np.pad(distances, missing, constant_values=np.inf)
    found = np.isfinite(distances)
    return np.where(found, best, -1), np.where(found, distances, np.float32(np.nan))


def _search(
    queries: Float32, known: Bool, barred: Sequence[Int64], rows: Int64, stored: Float32, count: int
) -> tuple[Int64, Float32]:
    """The nearest in one block; barred rows get infinite distance, and `count` others are found besides."""
    crowd = max((int(np.isin(rows, each).sum()) for each in barred), default=0)
    width = min(count + crowd, len(rows))
    near = np.full((len(queries), width), -1, np.int64)
    squared = np.full((len(queries), width), np.inf, np.float32)
    if width:
        squared[known], found = nearest_rows(queries[known], stored, width)
        near[known] = rows[found]
    for i, each in enumerate(barred):
        squared[i, np.isin(near[i], each)] = np.inf
    return near, squared
