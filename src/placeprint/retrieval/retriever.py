"""The interface of every retriever: from a query's representation to candidates."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from placeprint.arrays import Bool, Int64
from placeprint.index import Index
from placeprint.rerank import Candidates


class Retriever(Protocol):
    """Finds the references most similar to a query.

    `needs`: the columns of a query that it reads.
    """

    @property
    def needs(self) -> frozenset[str]:
        """The columns of a query that it reads."""

    def retrieve(
        self, queries: Sequence[Mapping[str, Any]], k: int, allowed: Int64 | Bool | None = None
    ) -> list[Candidates]:
        """At most `k` candidates for each query, best first; row i depends on query i alone.

        `allowed`: only these ids, or a mask over all ids in order.
        """
        ...


class DenseRetriever:
    """The nearest vectors in an index to the query's `column`.

    Evidence: "squared_distance", as returned by the index, and "distance", its square root. The score is
    −distance.
    """

    def __init__(self, index: Index, column: str = "vector") -> None:
        self.index, self.column = index, column

    @property
    def needs(self) -> frozenset[str]:
        """See `Retriever.needs`."""
        return frozenset({self.column})

    def retrieve(
        self, queries: Sequence[Mapping[str, Any]], k: int, allowed: Int64 | Bool | None = None
    ) -> list[Candidates]:
        """See `Retriever.retrieve`."""
        if not len(self.index) or not queries:
            return [_nothing() for _ in queries]
        vectors = np.stack([query[self.column] for query in queries])
        found = []
        for squared, ids in zip(*self.index.search(vectors, k, allowed), strict=True):
            kept = ids >= 0
            wide = squared[kept].astype(np.float64)
            evidence = {"squared_distance": wide, "distance": np.sqrt(np.maximum(wide, 0.0))}
            found.append(Candidates(ids[kept], -evidence["distance"], evidence))
        return found


def _nothing() -> Candidates:
    nothing = np.zeros(0)
    return Candidates(np.zeros(0, np.int64), nothing, {"squared_distance": nothing, "distance": nothing})
