"""Nearest neighbours of many queries at once, exactly, in bounded memory."""

import numpy as np

from placeprint.index.index import Float, Ids

BLOCK = 65_536
"""Database vectors that are read at a time (a memory-mapped file stays on the disk)."""

QUERIES = 1024
"""Queries that are compared at a time."""

SPARE = 8
"""Candidates beyond k whose distance is taken again without cancellation."""


def exact_search(queries: Float, vectors: Float, k: int) -> tuple[Ids, Float]:
    """Row numbers and squared Euclidean distances (q, min(k, n)) of the nearest of `vectors` (n, d).

    Both are float32; `vectors` may be memory-mapped. faiss chooses the candidates by |x|² + |q|² - 2xq;
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
    import faiss

    best_rows = np.zeros((len(queries), 0), np.int64)
    best = np.zeros((len(queries), 0), np.float32)
    for start in range(0, len(vectors), BLOCK):
        block = np.ascontiguousarray(vectors[start : start + BLOCK])
        _, near = faiss.knn(queries, block, min(k + SPARE, len(block)))
        rows = np.concatenate([best_rows, near + start], axis=1)
        squared = np.concatenate([best, _squared(queries, block, near)], axis=1)
        order = np.lexsort((rows, squared))[:, :k]
        best_rows, best = np.take_along_axis(rows, order, 1), np.take_along_axis(squared, order, 1)
    return best_rows, best


def _squared(queries: Float, block: Float, rows: Ids) -> Float:
    import faiss

    out = np.empty(rows.shape, np.float32)
    pointer, (count, each) = faiss.swig_ptr, rows.shape
    rows = np.ascontiguousarray(rows, np.int64)
    faiss.fvec_L2sqr_by_idx(  # type: ignore[attr-defined]
        pointer(out), pointer(queries), pointer(block), pointer(rows), queries.shape[1], count, each
    )
    return out
