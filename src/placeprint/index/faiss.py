"""Any faiss index, by its factory string."""

from pathlib import Path
from typing import Any, Self

import numpy as np

from placeprint.arrays import Bool, Float32, Int64, Metric
from placeprint.artifact import read_artifact, write_artifact
from placeprint.errors import FormatError, PlaceprintError, needing
from placeprint.index.index import checked_addition, checked_queries, findable
from placeprint.index.registry import INDEXES

KIND, VERSION = "faiss-index", 1

PARAMETERS = {"nprobe": "SearchParametersIVF", "efSearch": "SearchParametersHNSW"}
"""Search parameters, and the faiss class that takes each."""


@INDEXES.register("faiss")
class FaissIndex:
    """`faiss:FACTORY[,metric=ip]`, such as `faiss:HNSW32` or `faiss:IVF256,Flat`.

    `factory` is a string for faiss's `index_factory` (Douze et al., "The Faiss library", 2024). The results
    are those of faiss: approximate if the index is. Search parameters: `nprobe`, `efSearch`. A removed vector
    keeps its memory until the index is rebuilt. Raises `MissingExtraError` without faiss.
    """

    def __init__(self, dim: int, factory: str = "Flat", metric: Metric = "l2") -> None:
        with needing("faiss", "An index of faiss"):
            import faiss
        kinds = {"l2": faiss.METRIC_L2, "ip": faiss.METRIC_INNER_PRODUCT}
        if metric not in kinds:
            raise PlaceprintError(f"{metric!r} is not a metric", 'Use "l2" or "ip".')
        try:
            self._index: Any = faiss.index_factory(dim, factory, kinds[metric])
        except RuntimeError as error:
            raise PlaceprintError(f"faiss has no index {factory!r} of {dim} numbers ({error})") from error
        self.dim, self.metric, self.factory = dim, metric, factory
        self.spec = f"faiss:{factory}" + ("" if metric == "l2" else f",metric={metric}")
        self._ids: Int64 = np.zeros(0, np.int64)
        self._alive: Bool = np.zeros(0, np.bool_)

    def __len__(self) -> int:
        return int(self._alive.sum())

    def __repr__(self) -> str:
        return f"FaissIndex({self.factory!r}, {len(self):,} vectors of {self.dim}, {self.metric})"

    @property
    def ids(self) -> Int64:
        """See `Index.ids`."""
        return self._ids[self._alive]

    @property
    def is_trained(self) -> bool:
        """See `Index.is_trained`."""
        return bool(self._index.is_trained)

    def train(self, vectors: Float32) -> None:
        """See `Index.train`."""
        self._index.train(np.ascontiguousarray(vectors, np.float32))

    def add(self, ids: Int64, vectors: Float32) -> None:
        """See `Index.add`."""
        ids, rows = checked_addition(self, ids, vectors)
        if not self.is_trained:
            raise PlaceprintError(f"{self.spec} has not been trained", "Call train(vectors) first.")
        self._index.add(rows)
        self._ids = np.concatenate([self._ids, ids])
        self._alive = np.concatenate([self._alive, np.ones(len(ids), np.bool_)])

    def remove(self, ids: Int64) -> None:
        """See `Index.remove`."""
        self._alive &= ~np.isin(self._ids, ids)

    def search(
        self, queries: Float32, k: int, allowed: Int64 | Bool | None = None, **parameters: Any
    ) -> tuple[Float32, Int64]:
        """See `Index.search`."""
        asked = checked_queries(self, queries, k)
        usable = findable(self, self._ids, self._alive, allowed)
        missing = np.float32(-np.inf if self.metric == "ip" else np.inf)
        found, rows = np.full((len(asked), k), missing), np.full((len(asked), k), -1, np.int64)
        if usable.any():
            found, rows = self._index.search(asked, k, params=self._parameters(usable, parameters))
        ids = np.where(rows >= 0, self._ids[rows] if len(self._ids) else -1, -1)
        distances = 1 - found if self.metric == "ip" else found
        distances = np.where(ids >= 0, distances, np.inf).astype(np.float32)
        order = np.lexsort((ids, distances))
        return np.take_along_axis(distances, order, 1), np.take_along_axis(ids, order, 1)

    def memory(self, count: int) -> int:
        """Estimated from the vectors in it; if there are none, as if they were stored uncompressed."""
        import faiss

        if not self._index.ntotal:
            return count * (4 * self.dim + 9)
        return int(count * (len(faiss.serialize_index(self._index)) / self._index.ntotal + 9))

    def save(self, path: Path) -> None:
        """See `Index.save`."""
        import faiss

        config = {"dim": self.dim, "metric": self.metric, "factory": self.factory}
        arrays = {"ids": self._ids, "alive": self._alive, "index": faiss.serialize_index(self._index)}
        write_artifact(path, KIND, VERSION, config, arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """See `Index.load`."""
        config, arrays = read_artifact(path, KIND, VERSION)
        try:
            made = cls(int(config["dim"]), config["factory"], config["metric"])
            import faiss

            made._index = faiss.deserialize_index(arrays["index"])
            made._ids, made._alive = arrays["ids"], arrays["alive"]
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise FormatError(f"{path} is damaged ({error})", "Build the index again.") from error
        return made

    def _parameters(self, usable: Bool, given: dict[str, Any]) -> Any:
        """faiss's own object; None if all vectors may be found and no parameters are given."""
        import faiss

        unknown = set(given).difference(PARAMETERS)
        if unknown or len({PARAMETERS[name] for name in given}) > 1:
            raise PlaceprintError(
                f"{self.spec} has no parameters {', '.join(sorted(given))}",
                f"Those of faiss are {', '.join(PARAMETERS)}, each for its kind of index.",
            )
        own = faiss.downcast_index(self._index)
        kind = "SearchParametersIVF" if isinstance(own, faiss.IndexIVF) else "SearchParameters"
        kind = "SearchParametersHNSW" if isinstance(own, faiss.IndexHNSW) else kind
        if any(PARAMETERS[name] != kind for name in given):
            raise PlaceprintError(f"{self.spec} has no parameter {', '.join(given)}", "Leave it out.")
        if not given and usable.all():
            return None
        made = getattr(faiss, kind)(**given)
        if not usable.all():
            made.sel = faiss.IDSelectorBatch(np.flatnonzero(usable))
        return made
