"""The nearest of many rows, exactly: the common kernel of exact search, evaluation and mining.

Single-precision matrix products select candidates, double precision orders them, and if rounding could have
hidden a nearer row (such as a photo that is in the database a hundred times), all rows that are near enough
are compared again in double precision. So the result depends neither on chunks, nor on other queries, nor
on what is installed.
"""

from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias

import numpy as np

from placeprint.arrays.chunks import chunks
from placeprint.arrays.distances import paired_squared_distances, squared_lengths
from placeprint.arrays.dtypes import Float32, Float64, Int64
from placeprint.arrays.nearest_candidates import nearest_candidates

Metric: TypeAlias = Literal["l2", "ip"]
"""Squared Euclidean distance ‖x − q‖², or 1 − ⟨x, q⟩; smaller means nearer."""

Parts: TypeAlias = Callable[[], Iterable[tuple[Int64, Float32, Float32 | None]]]
"""The rows in parts: (ids (m,), rows (m, d), their `squared_lengths` or None), in any order of ids."""

ROWS = 65_536
"""Rows compared at a time: a memory-mapped file stays on disk."""

QUERIES = 4096
"""Queries at a time."""

SPARE = 32
"""Candidates beyond k that are compared again in double precision."""

NUMBERS = 1 << 21
"""Products held at a time: 8 MB."""

DIFFERENCES = 1 << 15
"""Differences held at a time in double precision: they stay in a processor's cache."""


def nearest_rows(queries: Float32, rows: Float32, k: int, metric: Metric = "l2") -> tuple[Float64, Int64]:
    """Distances and row numbers (q, min(k, n)) of the nearest of `rows` (n, d) to each of `queries` (q, d).

    Nearest first, ties by row. `rows` may be memory-mapped.
    """

    def parts() -> Iterable[tuple[Int64, Float32, None]]:
        for some in chunks(len(rows), ROWS):
            yield np.arange(some.start, some.stop), np.ascontiguousarray(rows[some], np.float32), None

    distances, found = nearest(queries, parts, min(k, len(rows)), metric)
    return distances, found


def nearest(queries: Float32, parts: Parts, k: int, metric: Metric = "l2") -> tuple[Float64, Int64]:
    """Distances and ids (q, k) of the nearest of all rows of `parts` to each of `queries` (q, d).

    Nearest first, ties by id; infinity and -1 if there are fewer than k rows. Memory: one
    part, and 4,096 queries × (k + 32) candidates, whatever the number of rows. Raises `ValueError` for
    queries that are not finite.
    """
    if not np.isfinite(queries).all():
        raise ValueError("a query is not finite")
    distances, ids = np.empty((len(queries), k)), np.empty((len(queries), k), np.int64)
    for some in chunks(len(queries) if k else 0, QUERIES):
        asked = np.ascontiguousarray(queries[some], np.float32)
        distances[some], ids[some] = _nearest(asked, parts, k, metric)
    return distances, ids


def _nearest(queries: Float32, parts: Parts, k: int, metric: Metric) -> tuple[Float64, Int64]:
    """The nearest; where rounding may hide one, all rows that are near enough are compared again."""
    best = _Best(len(queries), k)
    missed = np.full(len(queries), np.inf)  # rounded distance of any other row, at least
    longest = 0.0
    for ids, rows, lengths in parts():
        if not len(rows):
            continue
        lengths = squared_lengths(rows) if lengths is None else lengths
        longest = max(longest, float(lengths.max()))
        wanted = min(k + SPARE, len(rows))
        near, at = nearest_candidates(queries, rows, lengths if metric == "l2" else None, wanted)
        if len(rows) > wanted:
            missed = np.minimum(missed, near[:, -1])
        best.take(ids[at], _exact(queries, rows, at, metric))
    farthest = best.distances[:, -1]
    limits = farthest + _rounding(queries, farthest, longest, metric)
    limits -= squared_lengths(queries) if metric == "l2" else 1.0
    doubtful = np.flatnonzero(np.isfinite(missed) & (missed <= limits))
    if len(doubtful):
        best.replace(doubtful, _within(queries[doubtful], limits[doubtful], parts, k, metric))
    return best.distances, best.ids


def _within(queries: Float32, limits: Float64, parts: Parts, k: int, metric: Metric) -> "_Best":
    """The nearest of all rows whose ‖x‖² − 2⟨x, q⟩ (or −⟨x, q⟩), rounded, is at most a query's limit."""
    best = _Best(len(queries), k)
    asking = queries * np.float32(-2 if metric == "l2" else -1)
    for ids, rows, lengths in parts():
        for some in chunks(len(rows), max(1, NUMBERS // len(queries))):
            values = asking @ rows[some].T
            if metric == "l2":
                values += squared_lengths(rows[some]) if lengths is None else lengths[some]
            for query in np.flatnonzero((values <= limits[:, None]).any(axis=1)).tolist():
                near = np.flatnonzero(values[query] <= limits[query])
                best.take(ids[some][near], _distances(queries[query], rows[some][near], metric), query)
    return best


def _exact(queries: Float32, rows: Float32, at: Int64, metric: Metric) -> Float64:
    """(q, m) distances of each query to the rows `at` (q, m)."""
    made = np.empty(at.shape)
    for some in chunks(len(queries), max(1, DIFFERENCES // max(1, at.shape[1] * rows.shape[1]))):
        made[some] = _distances(queries[some, None], rows[at[some]], metric)
    return made


def _distances(query: Float32, rows: Float32, metric: Metric) -> Float64:
    if metric == "l2":
        return paired_squared_distances(query, rows)
    products: Float64 = np.multiply(query, rows, dtype=np.float64).sum(axis=-1)
    return 1.0 - products


def _rounding(queries: Float32, distances: Float64, longest: float, metric: Metric) -> Float64:
    """Bound on the rounding error of ‖x‖² + ‖q‖² − 2⟨x, q⟩ in single precision, for an x no farther from q
    than `distances`: (d + 3) ε (‖x‖ + ‖q‖)², with ‖x‖ ≤ ‖q‖ + √distance. (A dot product of d terms errs by at
    most d u ‖x‖‖q‖; Higham, Accuracy and Stability of Numerical Algorithms, §3.1; ε = 2u.) For 1 − ⟨x, q⟩ it
    is (d + 3) ε ‖x‖‖q‖, with ‖x‖² ≤ `longest`.
    """
    norms: Float64 = np.linalg.norm(queries.astype(np.float64), axis=1)
    share = (queries.shape[1] + 3) * float(np.finfo(np.float32).eps)
    bound: Float64
    if metric == "ip":
        bound = share * np.sqrt(longest) * norms
        return bound
    bound = share * (2.0 * norms + np.sqrt(distances)) ** 2
    return bound


class _Best:
    """The nearest so far for each query, by distance and then by id."""

    def __init__(self, queries: int, k: int) -> None:
        self.ids: Int64 = np.full((queries, k), -1, np.int64)
        self.distances: Float64 = np.full((queries, k), np.inf)

    def take(self, ids: Int64, distances: Float64, query: int | None = None) -> None:
        """Merge candidates (q, m) in, or those (m,) of one query."""
        mine = slice(None) if query is None else slice(query, query + 1)
        ids, distances = ids.reshape(-1, ids.shape[-1]), distances.reshape(-1, ids.shape[-1])
        all_ids = np.concatenate([self.ids[mine], ids], axis=1)
        all_distances = np.concatenate([self.distances[mine], distances], axis=1)
        order = np.lexsort((all_ids, all_distances))[:, : self.ids.shape[1]]
        self.ids[mine] = np.take_along_axis(all_ids, order, 1)
        self.distances[mine] = np.take_along_axis(all_distances, order, 1)

    def replace(self, rows: Int64, other: "_Best") -> None:
        """Replace the queries `rows` by those of `other`."""
        self.ids[rows], self.distances[rows] = other.ids, other.distances
