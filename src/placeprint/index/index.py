"""What every nearest-neighbor index does. Exact search is the oracle of all others."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Float = NDArray[np.float32]


class Index(Protocol):
    """Vectors under ids of ours: 64-bit integers >= 0, each used by one vector at a time."""

    dim: int

    def __len__(self) -> int:
        """Number of vectors."""
        ...

    @property
    def ids(self) -> Ids:
        """(n,) of all vectors, in the order in which they were added."""
        ...

    def add(self, ids: Ids, vectors: Float) -> None:
        """Add n vectors (n, dim). Raises `PlaceprintError` for an id that is negative or already there,
        and for a wrong shape; then nothing is added."""
        ...

    def remove(self, ids: Ids) -> None:
        """Forget vectors; unknown ids are ignored. A removed id may be added again."""
        ...

    def search(self, vectors: Float, k: int, allowed: NDArray[Any] | None = None) -> tuple[Ids, Float]:
        """The k nearest of each of q query vectors (q, dim): ids (q, k) and squared Euclidean distances
        (q, k), ascending; equal distances in order of the ids.

        `allowed`: only these ids (unknown ones are ignored), or a mask over `ids`. Where fewer than k
        are there, the rest is id -1 at distance infinity. The answer to a query does not depend on the
        other queries. Raises `PlaceprintError` for a wrong shape.
        """
        ...
