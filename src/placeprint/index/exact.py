"""Exact nearest neighbors: every vector is compared, in chunks."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from placeprint.arrays import Bool, Float32, Int64, Metric, chunks, nearest, squared_lengths
from placeprint.artifact import read_artifact, write_artifact
from placeprint.errors import FormatError, PlaceprintError
from placeprint.index.index import checked_addition, checked_queries, findable
from placeprint.index.registry import INDEXES

KIND, VERSION = "exact-index", 1

CHUNK = 65_536
"""Vectors compared at a time, so that memory stays bounded for an index of any size."""


@dataclass(eq=False)
class _Part:
    ids: Int64
    vectors: Float32
    alive: Bool

    @cached_property
    def lengths(self) -> Float32:
        """(n,) ‖x‖², computed once: for a single query it would take as long as the products."""
        lengths = np.empty(len(self.ids), np.float32)
        for some in chunks(len(lengths), CHUNK):
            lengths[some] = squared_lengths(self.vectors[some])
        return lengths


@INDEXES.register("exact")
class ExactIndex:
    """An `Index` that is always right, recommended for up to about 200,000 photos: `exact[,metric=ip]`.

    Time: n dim per query. Read-only vectors (a memory-mapped segment) are not copied. For exactness see
    `placeprint.arrays.nearest`. Queries may come from several threads as long as nothing is added or removed.
    """

    def __init__(self, dim: int, metric: Metric = "l2") -> None:
        if metric not in ("l2", "ip"):
            raise PlaceprintError(f"{metric!r} is not a metric", 'Use "l2" or "ip".')
        self.dim, self.metric = dim, metric
        self.spec = "exact" if metric == "l2" else f"exact,metric={metric}"
        self._parts: list[_Part] = []

    def __len__(self) -> int:
        return sum(int(part.alive.sum()) for part in self._parts)

    def __repr__(self) -> str:
        return f"ExactIndex({len(self):,} vectors of {self.dim}, {self.metric})"

    @property
    def ids(self) -> Int64:
        """See `Index.ids`."""
        return np.concatenate([np.zeros(0, np.int64), *(p.ids[p.alive] for p in self._parts)])

    @property
    def is_trained(self) -> bool:
        """Always; nothing is learned."""
        return True

    def train(self, vectors: Float32) -> None:
        """Nothing is learned."""

    def add(self, ids: Int64, vectors: Float32) -> None:
        """See `Index.add`."""
        ids, kept = checked_addition(self, ids, vectors)
        if kept.flags.writeable and np.shares_memory(kept, vectors):
            kept = kept.copy()
        self._parts.append(_Part(ids, kept, np.ones(len(ids), np.bool_)))

    def remove(self, ids: Int64) -> None:
        """See `Index.remove`."""
        for part in self._parts:
            part.alive &= ~np.isin(part.ids, ids)
        self._parts = [part for part in self._parts if part.alive.any()]

    def search(
        self, queries: Float32, k: int, allowed: Int64 | Bool | None = None, **parameters: Any
    ) -> tuple[Float32, Int64]:
        """See `Index.search`; there are no parameters."""
        if parameters:
            raise PlaceprintError(f"exact search has no parameter {', '.join(parameters)}", "Leave it out.")
        asked, rows = checked_queries(self, queries, k), self._usable(allowed)
        distances, ids = nearest(asked, lambda: self._chunks(rows), k, self.metric)
        return distances.astype(np.float32), ids

    def memory(self, count: int) -> int:
        """4 dim bytes per vector, 8 for its id, 4 for its length."""
        return count * (4 * self.dim + 12)

    def save(self, path: Path) -> None:
        """See `Index.save`."""
        vectors = [part.vectors[part.alive] for part in self._parts]
        whole = np.concatenate([np.zeros((0, self.dim), np.float32), *vectors])
        config = {"dim": self.dim, "metric": self.metric}
        write_artifact(path, KIND, VERSION, config, {"ids": self.ids, "vectors": whole})

    @classmethod
    def load(cls, path: Path) -> Self:
        """See `Index.load`."""
        config, arrays = read_artifact(path, KIND, VERSION)
        try:
            made = cls(int(config["dim"]), config["metric"])
            made.add(arrays["ids"], arrays["vectors"])
        except (KeyError, TypeError, ValueError, PlaceprintError) as error:
            raise FormatError(f"{path} is damaged ({error})", "Build the index again.") from error
        return made

    def _usable(self, allowed: Int64 | Bool | None) -> list[Int64]:
        """Rows of each part that may be found."""
        if allowed is None:
            return [np.flatnonzero(part.alive) for part in self._parts]
        ids = np.concatenate([np.zeros(0, np.int64), *(part.ids for part in self._parts)])
        alive = np.concatenate([np.zeros(0, np.bool_), *(part.alive for part in self._parts)])
        ends = np.cumsum([len(part.ids) for part in self._parts], dtype=np.int64)
        return [np.flatnonzero(some) for some in np.split(findable(self, ids, alive, allowed), ends)[:-1]]

    def _chunks(self, rows: list[Int64]) -> Iterator[tuple[Int64, Float32, Float32]]:
        """(ids, vectors, squared lengths); contiguous rows are not copied."""
        for part, usable in zip(self._parts, rows, strict=True):
            for some in chunks(len(usable), CHUNK):
                chunk = usable[some]
                whole = len(chunk) == chunk[-1] - chunk[0] + 1
                vectors = part.vectors[chunk[0] : chunk[-1] + 1] if whole else part.vectors[chunk]
                yield part.ids[chunk], np.asarray(vectors), part.lengths[chunk]
