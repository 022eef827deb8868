"""What every nearest-neighbor index does. Exact search is the oracle of all others."""

from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from placeprint.arrays import Bool, Float32, Int64, Metric
from placeprint.errors import PlaceprintError


class Index(Protocol):
    """Vectors under stable 64-bit ids ≥ 0, each used by one vector at a time.

    `spec` is the short text that makes such an index (`make_index`). `metric`: "l2", squared Euclidean
    distance, or "ip", 1 − ⟨x, q⟩; the smaller, the nearer.
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
        """Whether vectors can be added: an index that learns from vectors must `train` first."""
        ...

    def train(self, vectors: Float32) -> None:
        """Learn from vectors (n, dim) like those to come; an index that learns nothing ignores them."""
        ...

    def add(self, ids: Int64, vectors: Float32) -> None:
        """Add n vectors (n, dim). Raises `PlaceprintError` for an id that is negative or already there,
        for a wrong shape, and before `train` where that is needed; then nothing is added."""
        ...

    def remove(self, ids: Int64) -> None:
        """Forget vectors; unknown ids are ignored. A removed id may be added again."""
        ...

    def search(
        self, queries: Float32, k: int, allowed: Int64 | Bool | None = None, **parameters: Any
    ) -> tuple[Float32, Int64]:
        """(distances, ids), each (q, k), of the nearest to each of `queries` (q, dim), nearest first, equal
        distances by id; infinity and -1 where there are fewer.

        `allowed`: only these ids, or a mask over `ids`. `parameters`: of this kind of index, such as
        `nprobe`. Raises `PlaceprintError` for a wrong shape or a parameter that the index does not have.
        """
        ...

    def memory(self, count: int) -> int:
        """Bytes that `count` vectors take in main memory, about; vectors mapped from a file do not."""
        ...

    def save(self, path: Path) -> None:
        """Write one file, which `load_index` reads."""
        ...

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote. Raises `FormatError` for any other file."""
        ...


def checked_addition(index: Index, ids: Int64, vectors: Float32) -> tuple[Int64, Float32]:
    """The same as arrays of the right types. Raises as `Index.add`."""
    ids = np.array(ids, np.int64).reshape(-1)
    if vectors.shape != (len(ids), index.dim):
        raise PlaceprintError(f"vectors have shape {vectors.shape}, not ({len(ids)}, {index.dim})")
    if len(np.unique(ids)) != len(ids) or (ids < 0).any() or np.isin(ids, index.ids).any():
        raise PlaceprintError("an id is negative or already in the index", "Give each vector its own id.")
    return ids, np.ascontiguousarray(vectors, np.float32)


def checked_queries(index: Index, queries: Float32, k: int) -> Float32:
    """The same as float32. Raises as `Index.search`."""
    asked = np.ascontiguousarray(queries, np.float32)
    if asked.ndim != 2 or asked.shape[1] != index.dim or k < 1:
        raise PlaceprintError(f"queries have shape {asked.shape}, not (q, {index.dim}), or k = {k} < 1")
    return asked
