"""The interface of every nearest-neighbor index. Exact search is the oracle for all others."""

from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from placeprint.arrays import Bool, Float32, Int64, Metric
from placeprint.errors import PlaceprintError


class Index(Protocol):
    """Vectors under stable 64-bit ids ≥ 0, each used by one vector at a time.

    `spec` is the short text that creates such an index (`make_index`). `metric`: "l2", squared Euclidean
    distance, or "ip", 1 − ⟨x, q⟩; smaller means nearer.
    """

    spec: str
    dim: int
    metric: Metric

    def __len__(self) -> int:
        """Number of vectors."""
        ...

    @property
    def ids(self) -> Int64:
        """(n,) of all vectors, in the order in which they were added."""
        ...

    @property
    def is_trained(self) -> bool:
        """Whether vectors can be added: an index that learns from vectors must be trained first."""
        ...

    def train(self, vectors: Float32) -> None:
        """Learn from vectors (n, dim) like those to be added; an index that learns nothing ignores them."""
        ...

    def add(self, ids: Int64, vectors: Float32) -> None:
        """Add n vectors (n, dim). Raises `PlaceprintError` for an id that is negative or already there, for a
        wrong shape, and if `train` is needed first; then nothing is added.
        """
        ...

    def remove(self, ids: Int64) -> None:
        """Remove vectors; unknown ids are ignored. A removed id may be added again."""
        ...

    def search(
        self, queries: Float32, k: int, allowed: Int64 | Bool | None = None, **parameters: Any
    ) -> tuple[Float32, Int64]:
        """(distances, ids), each (q, k), of the nearest to each of `queries` (q, dim), nearest first, ties by
        id; infinity and -1 if there are fewer.

        `allowed`: only these ids, or a mask over `ids`. `parameters`: specific to this kind of index, such as
        `nprobe`. Raises `PlaceprintError` for a wrong shape or a parameter that the index does not have.
        """
        ...

    def memory(self, count: int) -> int:
        """Approximate bytes of main memory for `count` vectors; vectors mapped from a file need none."""
        ...

    def save(self, path: Path) -> None:
        """Write one file, to be read by `load_index`."""
        ...

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote. Raises `FormatError` for any other file."""
        ...


def checked_addition(index: Index, ids: Int64, vectors: Float32) -> tuple[Int64, Float32]:
    """The same as arrays of the right types. Raises as `Index.add` does."""
    ids = np.array(ids, np.int64).reshape(-1)
    if vectors.shape != (len(ids), index.dim):
        raise PlaceprintError(f"vectors have shape {vectors.shape}, not ({len(ids)}, {index.dim})")
    if len(np.unique(ids)) != len(ids) or (ids < 0).any() or np.isin(ids, index.ids).any():
        raise PlaceprintError("an id is negative or already in the index", "Give each vector its own id.")
    return ids, np.ascontiguousarray(vectors, np.float32)


def findable(index: Index, ids: Int64, alive: Bool, allowed: Int64 | Bool | None) -> Bool:
    """Which of the rows (n,) under `ids`, removed ones included, may be found: the `alive` ones allowed.

    Raises as `Index.search` does.
    """
    if allowed is None:
        return alive
    chosen = np.asarray(allowed)
    if chosen.dtype != np.bool_:
        return alive & np.isin(ids, chosen)
    if chosen.shape != (len(index),):
        raise PlaceprintError(f"the mask has shape {chosen.shape}, not ({len(index)},)")
    usable = alive.copy()
    usable[alive] = chosen
    return usable


def checked_queries(index: Index, queries: Float32, k: int) -> Float32:
    """The same as float32. Raises as `Index.search` does."""
    asked = np.ascontiguousarray(queries, np.float32)
    if asked.ndim != 2 or asked.shape[1] != index.dim or k < 1:
        raise PlaceprintError(f"queries have shape {asked.shape}, not (q, {index.dim}), or k = {k} < 1")
    return asked
