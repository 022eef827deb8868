"""Exact nearest neighbors: every vector is compared, in chunks."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.errors import PlaceprintError
from placeprint.index.candidates import candidates, square_lengths
from placeprint.index.index import Float, Ids

CHUNK = 65_536
"""Vectors compared at a time: memory stays bounded whatever the size of the index."""

QUERIES = 64
"""Queries at a time, likewise."""

SPARE = 16
"""Candidates beyond k that are compared again in double precision."""


@dataclass(eq=False)
class _Part:
    ids: Ids
    vectors: Float
    alive: NDArray[np.bool_]

    @cached_property
    def lengths(self) -> Float:
        """(n,) |x|², read once: a single query would else wait for them as long as for the products."""
        lengths = np.empty(len(self.ids), np.float32)
        for start in range(0, len(lengths), CHUNK):
            some = slice(start, start + CHUNK)
            lengths[some] = square_lengths(self.vectors[some])
        return lengths


class ExactIndex:
    """An `Index` that is always right, and the one to use up to about 200,000 photos.

    Vectors that cannot be written to (a memory-mapped segment) are not copied. Single-precision
    products only choose candidates; their order comes from double precision, so that it depends
    neither on chunks nor on the other queries, and equal vectors are ordered by id.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self._parts: list[_Part] = []

    def __len__(self) -> int:
        return sum(int(part.alive.sum()) for part in self._parts)

    @property
    def ids(self) -> Ids:
        """(n,) of all vectors, in the order in which they were added."""
        return np.concatenate([np.zeros(0, np.int64), *(p.ids[p.alive] for p in self._parts)])

    def add(self, ids: Ids, vectors: Float) -> None:
        """See `Index.add`."""
        ids = np.array(ids, np.int64).reshape(-1)
        if vectors.shape != (len(ids), self.dim):
            raise PlaceprintError(f"vectors have shape {vectors.shape}, not ({len(ids)}, {self.dim})")
        if len(np.unique(ids)) != len(ids) or (ids < 0).any() or np.isin(ids, self.ids).any():
            raise PlaceprintError("an id is negative or already in the index", "Give each vector its own id.")
        kept = np.ascontiguousarray(vectors, np.float32)
        if kept.flags.writeable and np.shares_memory(kept, vectors):
            kept = kept.copy()
        self._parts.append(_Part(ids, kept, np.ones(len(ids), np.bool_)))

    def remove(self, ids: Ids) -> None:
        """See `Index.remove`."""
        for part in self._parts:
            part.alive &= ~np.isin(part.ids, ids)
        self._parts = [part for part in self._parts if part.alive.any()]

    def search(self, vectors: Float, k: int, allowed: NDArray[Any] | None = None) -> tuple[Ids, Float]:
        """See `Index.search`."""
        queries = np.ascontiguousarray(vectors, np.float32)
        if queries.ndim != 2 or queries.shape[1] != self.dim or k < 1:
            raise PlaceprintError(f"queries have shape {queries.shape}, not (q, {self.dim}), or k = {k} < 1")
        rows = self._usable(allowed)
        ids, squared = np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32)
        for start in range(0, len(queries), QUERIES):
            some = slice(start, start + QUERIES)
            ids[some], squared[some] = self._search(queries[some], k, rows)
        return ids, squared

    def _usable(self, allowed: NDArray[Any] | None) -> list[NDArray[np.int64]]:
        """Rows of each part that may be found."""
        if allowed is None:
            return [np.flatnonzero(part.alive) for part in self._parts]
        allowed = np.asarray(allowed)
        if allowed.dtype != np.bool_:
            return [np.flatnonzero(part.alive & np.isin(part.ids, allowed)) for part in self._parts]
        if allowed.shape != (len(self),):
            raise PlaceprintError(f"the mask has shape {allowed.shape}, not ({len(self)},)")
        ends = np.cumsum([int(part.alive.sum()) for part in self._parts])[:-1]
        masks = np.split(allowed, ends) if self._parts else []
        return [np.flatnonzero(part.alive)[mask] for part, mask in zip(self._parts, masks, strict=True)]

    def _search(self, queries: Float, k: int, rows: list[NDArray[np.int64]]) -> tuple[Ids, Float]:
        best = _Best(queries, k)
        missed = np.full(len(queries), np.inf)
        own = square_lengths(queries)
        for part, chunk, block in self._chunks(rows):
            near, at = candidates(queries, block, part.lengths[chunk], min(k + SPARE, len(chunk)))
            if len(chunk) > k + SPARE:
                missed = np.minimum(missed, near[:, -1] + own)
            best.take(part.ids[chunk][at], _squared(queries[:, None], block[at]))
        farthest = best.squared[:, -1]
        doubtful = np.isfinite(missed) & (missed <= farthest + _tolerance(queries, farthest))
        for row in np.flatnonzero(doubtful):
            best.ids[row], best.squared[row] = self._search_slowly(queries[row], k, rows)
        return best.ids, best.squared.astype(np.float32)

    def _search_slowly(
        self, query: Float, k: int, rows: list[NDArray[np.int64]]
    ) -> tuple[Ids, NDArray[np.float64]]:
        """In double precision throughout, where rounding left more candidates than were compared again:
        a photo that the map holds many times."""
        best = _Best(query[None], k)
        for part, chunk, block in self._chunks(rows, CHUNK // 16):
            best.take(part.ids[chunk][None], _squared(query, block)[None])
        return best.ids[0], best.squared[0]

    def _chunks(
        self, rows: list[NDArray[np.int64]], size: int | None = None
    ) -> Iterator[tuple[_Part, NDArray[np.int64], Float]]:
        """(part, rows, their vectors); an unbroken stretch of rows is not copied."""
        size = max(1, size or CHUNK)
        for part, usable in zip(self._parts, rows, strict=True):
            for start in range(0, len(usable), size):
                chunk = usable[start : start + size]
                whole = len(chunk) == chunk[-1] - chunk[0] + 1
                yield part, chunk, part.vectors[chunk[0] : chunk[-1] + 1] if whole else part.vectors[chunk]


class _Best:
    """The nearest so far of each query, by distance and then by id."""

    def __init__(self, queries: Float, count: int) -> None:
        self.ids: Ids = np.full((len(queries), count), -1, np.int64)
        self.squared = np.full((len(queries), count), np.inf)

    def take(self, ids: Ids, squared: NDArray[np.float64]) -> None:
        """Merge candidates (q, m) in."""
        all_ids = np.concatenate([self.ids, ids], axis=1)
        all_squared = np.concatenate([self.squared, squared], axis=1)
        order = np.lexsort((all_ids, all_squared))[:, : self.ids.shape[1]]
        self.ids = np.take_along_axis(all_ids, order, 1)
        self.squared = np.take_along_axis(all_squared, order, 1)


def _squared(a: Float, b: Float) -> NDArray[np.float64]:
    difference = np.subtract(a, b, dtype=np.float64)
    summed: NDArray[np.float64] = np.square(difference, out=difference).sum(axis=-1)
    return summed


def _tolerance(queries: Float, squared: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bound of the rounding error of |x|² + |q|² - 2xq in single precision, for an x no farther from q
    than `squared`: (d + 3) ε (|x| + |q|)², with |x| <= |q| + √squared. (A dot product of d terms errs by
    at most d u |x||q|; Higham, Accuracy and Stability of Numerical Algorithms, §3.1; ε = 2u.)"""
    norms: NDArray[np.float64] = np.linalg.norm(queries.astype(np.float64), axis=1)
    share = (queries.shape[1] + 3) * float(np.finfo(np.float32).eps)
    bound: NDArray[np.float64] = share * (2.0 * norms + np.sqrt(squared)) ** 2
    return bound
