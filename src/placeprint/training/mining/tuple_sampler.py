"""Epochs of training tuples: each query with its mined positive and negatives."""

from collections.abc import Iterator

import numpy as np

from placeprint.arrays import Int64
from placeprint.training.mining.nearest_among import Read
from placeprint.training.mining.negatives import NegativeMiner
from placeprint.training.mining.tuple_batch import TupleBatch
from placeprint.training.mining.tuples import MiningStatistics, mine_tuples, mining_statistics, tuple_batch

ORDER = 2
"""Identifies the stream of random numbers that orders an epoch's queries."""


class TupleSampler:
    """Batches over all queries that have a positive, in an order drawn from (seed, epoch).

    A batch is mined when it is requested, with the vectors that `read_queries` and `read_database` return at
    that time. `batch` is the number of queries per step, over all processes, which share its images. The last
    step may be short; `drop_last` leaves it out.

    `images` of a batch are numbers in one joint list: 0 to n - 1 are database rows, query q is n + q (in one
    list: q). `statistics` are those of the current epoch's batches so far.

    Exact resume: save `position` and `miner.remembered` after a batch; restore them and continue with
    `epoch(*position)`. (The vectors must be the same too: keep the cache.)
    """

    def __init__(
        self,
        miner: NegativeMiner,
        read_queries: Read | None = None,
        read_database: Read | None = None,
        batch: int = 4,
        violating_margin: float | None = None,
        drop_last: bool = False,
    ) -> None:
        if batch < 1:
            raise ValueError(f"batch must be at least 1 query, not {batch}")
        self.miner, self.batch, self.violating_margin = miner, batch, violating_margin
        self._read_queries, self._read_database = read_queries, read_database
        self._queries = miner.labels.with_positives
        full, rest = divmod(len(self._queries), batch)
        self.steps = full + (rest > 0 and not drop_last)
        self.position = (0, 0)
        self.statistics = MiningStatistics()

    def order(self, epoch: int) -> Int64:
        """The queries of an epoch in the order of training."""
        stream = np.random.SeedSequence([self.miner.seed, epoch], spawn_key=(ORDER,))
        return np.random.default_rng(stream).permutation(self._queries)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[TupleBatch]:
        """The batches of an epoch from step `start` on; `position` then names the next (epoch, step)."""
        self.statistics = MiningStatistics()
        order = self.order(epoch)
        for step in range(start, self.steps):
            queries = order[step * self.batch : (step + 1) * self.batch]
            tuples = mine_tuples(
                self.miner, epoch, queries, self._read_queries, self._read_database, self.violating_margin
            )
            margin = 0.1 if self.violating_margin is None else self.violating_margin
            self.statistics += mining_statistics(tuples, margin)
            self.position = (epoch, step + 1) if step + 1 < self.steps else (epoch + 1, 0)
            yield tuple_batch(tuples, self.miner.labels)
