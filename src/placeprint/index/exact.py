"""Exact nearest neighbours: every vector is compared, in chunks (faiss, brute force)."""

import numpy as np
from numpy.typing import NDArray

from placeprint.errors import PlaceprintError

Ids = NDArray[np.int64]
Float = NDArray[np.float32]

CHUNK = 65_536
"""Vectors compared at a time: memory stays bounded whatever the size of the index."""


class ExactIndex:
    """The oracle of all other indexes, and the right one up to about 200,000 photos.

    Vectors are kept as they are given (a memory-mapped segment is not copied). Distances are squared
    Euclidean. Ids are ours: any 64-bit integers >= 0, each used once.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self._ids: list[Ids] = []
        self._vectors: list[Float] = []
        self._alive: list[NDArray[np.bool_]] = []

    def __len__(self) -> int:
        return sum(int(alive.sum()) for alive in self._alive)

    def add(self, ids: Ids, vectors: Float) -> None:
        """Add n vectors (n, dim). Raises `PlaceprintError` for an id already there or a wrong shape."""
        ids = np.asarray(ids, np.int64)
        if vectors.shape != (len(ids), self.dim):
            raise PlaceprintError(f"vectors have shape {vectors.shape}, not ({len(ids)}, {self.dim})")
        present = self._present()
        if len(np.unique(ids)) != len(ids) or np.isin(ids, present).any() or (ids < 0).any():
            raise PlaceprintError("an id is negative or already in the index", "Give each vector its own id.")
        self._ids.append(ids)
        self._vectors.append(vectors)
        self._alive.append(np.ones(len(ids), np.bool_))

    def remove(self, ids: Ids) -> None:
        """Forget vectors; unknown ids are ignored."""
        for at, stored in enumerate(self._ids):
            self._alive[at] &= ~np.isin(stored, ids)

    def search(self, vectors: Float, k: int, allowed: Ids | None = None) -> tuple[Ids, Float]:
        """The k nearest of each of q query vectors: ids (q, k) and squared distances (q, k), ascending.

        Equal distances are ordered by id. `allowed`: only these ids. Where fewer than k are there, the
        rest is id -1 at distance infinity.
        """
        import faiss

        queries = np.ascontiguousarray(vectors, np.float32)
        ids = np.full((len(queries), k), -1, np.int64)
        squared = np.full((len(queries), k), np.inf, np.float32)
        for stored, content, alive in zip(self._ids, self._vectors, self._alive, strict=True):
            usable = alive if allowed is None else alive & np.isin(stored, allowed)
            rows = np.flatnonzero(usable)
            for start in range(0, len(rows), CHUNK):
                part = rows[start : start + CHUNK]
                whole = len(part) == part[-1] - part[0] + 1
                block = content[part[0] : part[-1] + 1] if whole else content[part]
                # One more than k, so that ties at the border are settled by id, not by chance.
                near, at = faiss.knn(queries, np.ascontiguousarray(block, np.float32), min(k + 1, len(part)))
                ids, squared = _merge(ids, squared, stored[part][at], near, k)
        return ids, squared

    def _present(self) -> Ids:
        parts = [ids[alive] for ids, alive in zip(self._ids, self._alive, strict=True)]
        return np.concatenate([np.zeros(0, np.int64), *parts])


def _merge(ids: Ids, squared: Float, more_ids: Ids, more_squared: Float, k: int) -> tuple[Ids, Float]:
    """The k best of two lists a row, by distance and then by id."""
    all_ids = np.concatenate([ids, more_ids], axis=1)
    all_squared = np.concatenate([squared, np.maximum(more_squared, 0.0)], axis=1)
    order = np.lexsort((all_ids, all_squared))[:, :k]
    return np.take_along_axis(all_ids, order, 1), np.take_along_axis(all_squared, order, 1)
