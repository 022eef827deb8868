"""Hard negatives of training queries: the nearest definite negatives by current descriptors."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from placeprint.arrays import Float32, Int64
from placeprint.errors import PlaceprintError
from placeprint.training.mining.exhaustive import nearest_allowed
from placeprint.training.mining.nearest_among import Read, nearest_among
from placeprint.training.mining.weak_labels import WeakLabels


@dataclass(frozen=True, eq=False)
class Negatives:
    """(b, n) database rows, nearest first, and squared distances; -1 and NaN if there are fewer.

    For random negatives, drawn without descriptors, all distances are NaN.
    """

    rows: Int64
    squared: Float32


class NegativeMiner:
    """Selects `count` definite negatives of a query, by `mode`:

    - "partial" (NetVLAD, CVPR 2016, app. A; SARE): the nearest among `pool` random definite negatives and the
    `remembered` nearest from the last time the query was mined. The defaults are the paper's settings. The
    paper keeps the nearest 100 before it drops those outside the margin; as both cuts go by distance, the
    nearest 10 inside the margin are the same.
    - "full": the nearest in the whole database, exactly. Slow, and sensitive to photos with wrong positions.
    - "random": any definite negatives; needs no descriptors.

    What is drawn depends only on (seed, epoch, query), and what is remembered only on the query's own past,
    so the order of queries does not matter.
    """

    def __init__(
        self,
        labels: WeakLabels,
        mode: Literal["partial", "full", "random"] = "partial",
        count: int = 10,
        pool: int = 1000,
        remembered: int = 10,
        seed: int = 0,
    ) -> None:
        self.labels, self.mode, self.seed = labels, mode, seed
        self.count, self.pool = count, pool
        self._remembered = np.full((len(labels), remembered if mode == "partial" else 0), -1, np.int64)

    def mine(
        self, epoch: int, queries: Int64, vectors: Float32 | None = None, read: Read | None = None
    ) -> Negatives:
        """The negatives of `queries` (b,), with their current vectors (b, dim); `read` returns the
        database's. Both are needed in all modes but "random", else ValueError.
        """
        if self.mode == "random":
            return self._random(epoch, queries)
        if vectors is None or read is None:
            raise ValueError(f'mode "{self.mode}" needs current vectors')
        if self.mode == "full":
            barred = [self.labels.no_negatives(query) for query in queries.tolist()]
            return Negatives(*nearest_allowed(vectors, barred, self.labels.database_size, read, self.count))
        return self._partial(epoch, queries, vectors, read)

    @property
    def remembered(self) -> Int64:
        """(q, remembered) negatives of the last time, −1 if there are fewer: all an exact resume needs."""
        return self._remembered.copy()

    def remember(self, rows: Int64) -> None:
        """Restore `remembered`. Raises PlaceprintError if its shape differs."""
        if rows.shape != self._remembered.shape:
            raise PlaceprintError(
                f"the mining state has shape {rows.shape}, not {self._remembered.shape}",
                "Resume with the same data and mining settings.",
            )
        self._remembered[:] = rows

    def forget(self) -> None:
        """Forget all remembered negatives."""
        self._remembered[:] = -1

    def _random(self, epoch: int, queries: Int64) -> Negatives:
        rows = np.full((len(queries), self.count), -1, np.int64)
        for i, query in enumerate(queries.tolist()):
            drawn = random_negatives(self.labels, query, self.count, self._generator(epoch, query))
            rows[i, : len(drawn)] = drawn
        return Negatives(rows, np.full(rows.shape, np.nan, np.float32))

    def _partial(self, epoch: int, queries: Int64, vectors: Float32, read: Read) -> Negatives:
        rows = np.full((len(queries), self.count), -1, np.int64)
        squared = np.full(rows.shape, np.nan, np.float32)
        keep = self._remembered.shape[1]
        for i, query in enumerate(queries.tolist()):
            drawn = random_negatives(self.labels, query, self.pool, self._generator(epoch, query))
            old = self._remembered[query]
            old = np.setdiff1d(old[old >= 0], self.labels.no_negatives(query))
            distances, near = nearest_among(vectors[i], np.union1d(drawn, old), read, max(self.count, keep))
            taken = min(self.count, len(near))
            rows[i, :taken], squared[i, :taken] = near[:taken], distances[:taken]
            self._remembered[query] = -1
            self._remembered[query, : min(keep, len(near))] = near[:keep]
        return Negatives(rows, squared)

    def _generator(self, epoch: int, query: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence([self.seed, epoch, query]))


def random_negatives(labels: WeakLabels, query: int, count: int, rng: np.random.Generator) -> Int64:
    """`count` definite negatives of `query`, without repetition, equally likely; all of them if there are
    fewer.
    """
    barred = labels.no_negatives(query)
    number = labels.database_size - len(barred)
    drawn = rng.choice(number, min(count, number), replace=False) if number else np.zeros(0, np.int64)
    # The j-th definite negative is j plus the number of barred rows before it.
    return drawn + np.searchsorted(barred - np.arange(len(barred)), drawn, "right")
