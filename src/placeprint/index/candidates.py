"""Which vectors may be the nearest: by |x|² − 2xq in single precision, through matrix products."""

import numpy as np
from numpy.typing import NDArray

from placeprint.index.index import Float, Ids

QUERIES, COLUMNS = 256, 2048
"""Sides of the blocks of products: 2 MB stay in a processor's cache."""

CROWD = 4
"""Candidates a query, as multiples of those wanted, at which the farther ones are dropped."""


def square_lengths(vectors: Float) -> Float:
    """(n,) |x|² of rows (n, d)."""
    lengths: Float = np.einsum("ij,ij->i", vectors, vectors)
    return lengths


def candidates(queries: Float, vectors: Float, lengths: Float, count: int) -> tuple[Float, Ids]:
    """For each of `queries` (q, d) the `count` <= n nearest of `vectors` (n, d), ascending.

    `lengths` are their `square_lengths`. Returns |x − q|² − |q|² as single precision gives it, and rows
    (q, count); which of several at one rounded distance are taken is arbitrary. Memory: about
    `CROWD` · `QUERIES` · `count` beside the result.
    """
    values = np.empty((len(queries), count), np.float32)
    rows = np.empty((len(queries), count), np.int64)
    for start in range(0, len(queries), QUERIES):
        some = slice(start, start + QUERIES)
        values[some], rows[some] = _candidates(queries[some], vectors, lengths, count)
    return values, rows


def _candidates(queries: Float, vectors: Float, lengths: Float, count: int) -> tuple[Float, Ids]:
    asking: Float = queries * np.float32(-2)
    limit: Float = np.full((len(queries), 1), np.inf, np.float32)
    query, row, value = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32)
    width = max(COLUMNS, 2 * count)
    for start in range(0, len(vectors), width):
        some = slice(start, start + width)
        values: Float = asking @ vectors[some].T
        values += lengths[some]
        if start == 0:  # the count-th nearest of some vectors is no nearer than that of all
            limit = np.partition(values, count - 1, axis=1)[:, count - 1 : count]
        near = np.flatnonzero(values <= limit)
        query = np.concatenate([query, near // values.shape[1]])
        row = np.concatenate([row, near % values.shape[1] + start])
        value = np.concatenate([value, values.ravel()[near]])
        if len(query) > CROWD * count * len(queries):
            kept = _first(query, value, count)
            query, row, value = query[kept], row[kept], value[kept]
            limit = value[count - 1 :: count, None]
    kept = _first(query, value, count)
    return value[kept].reshape(-1, count), row[kept].reshape(-1, count)


def _first(query: Ids, value: Float, count: int) -> NDArray[np.intp]:
    """Places of the `count` smallest values of each query, by query and then by value."""
    order = np.lexsort((value, query))
    begins = np.flatnonzero(np.diff(query[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(begins, np.diff(begins, append=len(order)))
    return order[rank < count]
