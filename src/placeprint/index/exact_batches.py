"""Nearest neighbors of many queries at once, exactly, in bounded memory."""

import numpy as np

from placeprint.index.candidates import candidates, square_lengths
from placeprint.index.index import Float, Ids

BLOCK = 65_536
"""Database vectors that are read at a time (a memory-mapped file stays on the disk)."""

QUERIES = 1024
"""Queries that are compared at a time."""

SPARE = 8
"""Candidates beyond k whose distance is taken again without cancellation."""


def exact_search(queries: Float, vectors: Float, k: int) -> tuple[Ids, Float]:
    """Row numbers and squared Euclidean distances (q, min(k, n)) of the nearest of `vectors` (n, d).

    Both are float32; `vectors` may be memory-mapped. Matrix products (faiss's, where it is
    installed) choose the candidates by |x|² - 2xq;
    their distances are then summed as (x - q)², so that equal vectors have equal distances, and equal
    distances are ordered by row. Memory: QUERIES x k, whatever n is.
    """
    k = min(k, len(vectors))
    rows = np.empty((len(queries), k), np.int64)
    squared = np.empty((len(queries), k), np.float32)
    for start in range(0, len(queries), QUERIES):
        some = slice(start, start + QUERIES)
        rows[some], squared[some] = _search(np.ascontiguousarray(queries[some]), vectors, k)
    return rows, squared


def _search(queries: Float, vectors: Float, k: int) -> tuple[Ids, Float]:
    best_rows = np.zeros((len(queries), 0), np.int64)
    best = np.zeros((len(queries), 0), np.float32)
    for start in range(0, len(vectors), BLOCK):
        block = np.ascontiguousarray(vectors[start : start + BLOCK])
        near = _near(queries, block, min(k + SPARE, len(block)))
        rows = np.concatenate([best_rows, near + start], axis=1)
        squared = np.concatenate([best, _squared(queries, block, near)], axis=1)
        order = np.lexsort((rows, squared))[:, :k]
        best_rows, best = np.take_along_axis(rows, order, 1), np.take_along_axis(squared, order, 1)
    return best_rows, best


def _near(queries: Float, block: Float, count: int) -> Ids:
    """Rows (q, count) of the nearest in single precision: by faiss where it is installed, the quicker."""
    try:
        import faiss
    except ImportError:
        return candidates(queries, block, square_lengths(block), count)[1]
    near: Ids = faiss.knn(queries, block, count)[1]
    return near


def _squared(queries: Float, block: Float, rows: Ids) -> Float:
    """(q, m) sums of (x - q)² for `rows` (q, m) of `block`, a query at a time."""
    out = np.empty(rows.shape, np.float32)
    for query, near, squared in zip(queries, rows, out, strict=True):
        difference = block[near] - query
        np.einsum("ij,ij->i", difference, difference, out=squared)
    return out
