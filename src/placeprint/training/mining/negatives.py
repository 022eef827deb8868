"""Hard negatives of training queries: the nearest definite negatives by current descriptors."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from placeprint.arrays import Float32, Int64
from placeprint.errors import PlaceprintError
from placeprint.registry import Registry
from placeprint.training.mining.exhaustive import nearest_allowed
from placeprint.training.mining.labels.weak_labels import WeakLabels
from placeprint.training.mining.nearest_among import Read, nearest_among


@dataclass(frozen=True, eq=False)
class Negatives:
    """(b, n) database rows, nearest first, and squared distances; -1 and NaN if there are fewer.

    For random negatives, drawn without descriptors, all distances are NaN.
    """

    rows: Int64
    squared: Float32


class Miner(Protocol):
    """A way to choose negatives; called by `NegativeMiner`."""

    def __call__(
        self,
        miner: "NegativeMiner",
        epoch: int,
        queries: Int64,
        vectors: Float32 | None,
        read: Read | None,
        /,
    ) -> Negatives:
        """(b, n) negatives of `queries` (b,), by the miner's settings and memory.

        `vectors` (b, dim), of the queries, and `read`, of the database, are None while nothing is described.
        """
        ...


MINERS: Registry[Miner] = Registry(
    "miner of negatives", "placeprint.training.mining.negatives", "placeprint.miners"
)
"""Ways to mine negatives, by the names that recipes use (`mining.negatives`)."""


class NegativeMiner:
    """Takes `count` definite negatives of a query, by `mode`, a name of `MINERS`:

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
        mode: str = "partial",
        count: int = 10,
        pool: int = 1000,
        remembered: int = 10,
        seed: int = 0,
    ) -> None:
        self.labels, self.mode, self.seed = labels, mode, seed
        self.count, self.pool = count, pool
        self._mine: Miner = MINERS.find(mode)
        keep = 0 if mode in ("full", "random") else remembered
        self.memory = np.full((len(labels), keep), -1, np.int64)

    def mine(
        self, epoch: int, queries: Int64, vectors: Float32 | None = None, read: Read | None = None
    ) -> Negatives:
        """The negatives of `queries` (b,), whose current vectors (b, dim) are given; `read` gives the
        database's. Both are needed in all modes but "random", else ValueError."""
        return self._mine(self, epoch, queries, vectors, read)

    @property
    def remembered(self) -> Int64:
        """(q, remembered) negatives of the last time, -1 where there are fewer: all that an exact resume
        needs."""
        return self.memory.copy()

    def remember(self, rows: Int64) -> None:
        """Take back what was `remembered`. Raises PlaceprintError for another number of queries or of
        remembered negatives."""
        if rows.shape != self.memory.shape:
            raise PlaceprintError(
                f"the mining state is of shape {rows.shape}, not {self.memory.shape}",
                "Resume with the data and the mining settings of the run.",
            )
        self.memory[:] = rows

    def forget(self) -> None:
        """Remember nothing."""
        self.memory[:] = -1

    def generator(self, epoch: int, query: int) -> np.random.Generator:
        """Random numbers of a query in an epoch, whatever the order of queries."""
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


@MINERS.register("random")
def random(
    miner: NegativeMiner, epoch: int, queries: Int64, vectors: Float32 | None, read: Read | None
) -> Negatives:
    """Any definite negatives; needs no vectors."""
    rows = np.full((len(queries), miner.count), -1, np.int64)
    for i, query in enumerate(queries.tolist()):
        drawn = random_negatives(miner.labels, query, miner.count, miner.generator(epoch, query))
        rows[i, : len(drawn)] = drawn
    return Negatives(rows, np.full(rows.shape, np.nan, np.float32))


@MINERS.register("full")
def full(
    miner: NegativeMiner, epoch: int, queries: Int64, vectors: Float32 | None, read: Read | None
) -> Negatives:
    """The nearest in the whole database, exactly."""
    current, reading = _needed("full", vectors, read)
    barred = [miner.labels.no_negatives(query) for query in queries.tolist()]
    return Negatives(*nearest_allowed(current, barred, miner.labels.database_size, reading, miner.count))


@MINERS.register("partial")
def partial(
    miner: NegativeMiner, epoch: int, queries: Int64, vectors: Float32 | None, read: Read | None
) -> Negatives:
    """The nearest of a random pool and of those remembered."""
    current, reading = _needed("partial", vectors, read)
    rows = np.full((len(queries), miner.count), -1, np.int64)
    squared = np.full(rows.shape, np.nan, np.float32)
    memory = miner.memory
    keep = memory.shape[1]
    for i, query in enumerate(queries.tolist()):
        drawn = random_negatives(miner.labels, query, miner.pool, miner.generator(epoch, query))
        old = memory[query]
        old = np.setdiff1d(old[old >= 0], miner.labels.no_negatives(query))
        distances, near = nearest_among(current[i], np.union1d(drawn, old), reading, max(miner.count, keep))
        taken = min(miner.count, len(near))
        rows[i, :taken], squared[i, :taken] = near[:taken], distances[:taken]
        memory[query] = -1
        memory[query, : min(keep, len(near))] = near[:keep]
    return Negatives(rows, squared)


def _needed(mode: str, vectors: Float32 | None, read: Read | None) -> tuple[Float32, Read]:
    if vectors is None or read is None:
        raise ValueError(f'mode "{mode}" needs current vectors')
    return vectors, read
