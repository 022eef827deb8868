"""Which rows may be the nearest: by ‖x‖² − 2⟨x, q⟩ in single precision, with matrix products."""

import numpy as np

from placeprint.arrays.chunks import chunks
from placeprint.arrays.distances import squared_lengths
from placeprint.arrays.dtypes import Float32, Int64

QUERIES, COLUMNS = 256, 2048
"""Sides of the blocks of products: 2 MB fit in a CPU's cache."""

CROWD = 4
"""Candidates per query, as a multiple of those wanted, at which the farther ones are dropped."""

FAISS_FROM = 1 << 24
"""Number of products from which faiss, if installed, is faster."""


def nearest_candidates(
    queries: Float32, rows: Float32, lengths: Float32 | None, count: int
) -> tuple[Float32, Int64]:
    """For each of `queries` (q, d), the `count` ≤ n nearest of `rows` (n, d), ascending.

    `lengths` are their squared lengths; None: by −⟨x, q⟩ alone. Returns ‖x‖² − 2⟨x, q⟩ (or −⟨x, q⟩) in single
    precision, and row numbers (q, count); ties in rounded distance are broken arbitrarily. Memory: about
    `CROWD` · `QUERIES` · `count` besides the result.
    """
    if len(queries) * len(rows) >= FAISS_FROM and (found := _by_faiss(queries, rows, lengths, count)):
        return found
    asking = queries * np.float32(-1 if lengths is None else -2)
    values = np.empty((len(queries), count), np.float32)
    at = np.empty((len(queries), count), np.int64)
    for some in chunks(len(queries), QUERIES):
        values[some], at[some] = _candidates(asking[some], rows, lengths, count)
    return values, at


def _by_faiss(
    queries: Float32, rows: Float32, lengths: Float32 | None, count: int
) -> tuple[Float32, Int64] | None:
    try:
        import faiss
    except ImportError:
        return None
    metric = faiss.METRIC_INNER_PRODUCT if lengths is None else faiss.METRIC_L2
    values, at = faiss.knn(queries, rows, count, metric=metric)
    if lengths is None:
        return -values, at
    return values - squared_lengths(queries)[:, None], at


def _candidates(asking: Float32, rows: Float32, lengths: Float32 | None, count: int) -> tuple[Float32, Int64]:
    limit: Float32 = np.full((len(asking), 1), np.inf, np.float32)
    query, row, value = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32)
    for some in chunks(len(rows), max(COLUMNS, 2 * count)):
        values: Float32 = asking @ rows[some].T
        if lengths is not None:
            values += lengths[some]
        if some.start == 0:  # the count-th nearest of some rows is at least as far as that of all
            limit = np.partition(values, count - 1, axis=1)[:, count - 1 : count]
        near = np.flatnonzero(values <= limit)
        query = np.concatenate([query, near // values.shape[1]])
        row = np.concatenate([row, near % values.shape[1] + some.start])
        value = np.concatenate([value, values.ravel()[near]])
        if len(query) > CROWD * count * len(asking):
            kept = _first(query, value, count)
            query, row, value = query[kept], row[kept], value[kept]
            limit = value[count - 1 :: count, None]
    kept = _first(query, value, count)
    return value[kept].reshape(-1, count), row[kept].reshape(-1, count)


def _first(query: Int64, value: Float32, count: int) -> Int64:
    """Places of the `count` smallest values for each query, by query and then by value."""
    order = np.lexsort((value, query))
    begins = np.flatnonzero(np.diff(query[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(begins, np.diff(begins, append=len(order)))
    return order[rank < count]
