"""Hard negatives of training queries: the nearest definite negatives by current descriptors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from placeprint.errors import PlaceprintError
from placeprint.training.mining.exhaustive import nearest_allowed
from placeprint.training.mining.nearest_rows import Ids, Read, Vectors, nearest_rows
from placeprint.training.mining.weak_labels import WeakLabels

State = Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Negatives:
    """(b, n) database rows, nearest first, and squared distances; -1 and NaN where there are fewer.

    Random negatives, drawn without descriptors, have distances of NaN throughout.
    """

    rows: Ids
    squared: Vectors


class NegativeMiner:
    """Takes `count` definite negatives of a query, by `mode`:

    - "partial" (NetVLAD, CVPR 2016, app. A; SARE): the nearest among `pool` random definite negatives and
      the `remembered` nearest of the last time that the query was mined. The paper's settings are the
      defaults. It keeps the nearest 100 before it drops those outside the margin; as both cuts go by
      distance, the nearest 10 inside the margin are the same.
    - "full": the nearest in the whole database, exactly. Slow, and prone to photos with wrong positions.
    - "random": any definite negatives; needs no descriptors.

    What is drawn depends on (seed, epoch, query) alone; what is remembered, on the query's own past. So
    neither the order of queries nor the number of processes matters, once the processes have told each
    other their `state()` between epochs.
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
        self._mined_in = np.full(len(labels), -1, np.int64)

    def mine(
        self, epoch: int, queries: Ids, vectors: Vectors | None = None, read: Read | None = None
    ) -> Negatives:
        """The negatives of `queries` (b,), whose current vectors (b, dim) are given; `read` gives the
        database's. Both are needed in all modes but "random", else ValueError."""
        if self.mode == "random":
            return self._random(epoch, queries)
        if vectors is None or read is None:
            raise ValueError(f'mode "{self.mode}" needs current vectors')
        if self.mode == "full":
            barred = [self.labels.no_negatives(query) for query in queries.tolist()]
            return Negatives(*nearest_allowed(vectors, barred, self.labels.database_size, read, self.count))
        return self._partial(epoch, queries, vectors, read)

    def state(self) -> dict[str, NDArray[np.int64]]:
        """What must be kept for an exact resume: the remembered negatives (q, remembered) and the epoch
        (q,) in which each query was last mined."""
        return {"remembered": self._remembered.copy(), "mined_in": self._mined_in.copy()}

    def restore(self, *states: State) -> None:
        """Take back a state; of several (one a process), for each query the one that mined it last.

        Raises PlaceprintError for a state of another number of queries or of remembered negatives.
        """
        self._remembered[:], self._mined_in[:] = -1, -1
        for state in states:
            if state["remembered"].shape != self._remembered.shape:
                raise PlaceprintError(
                    f"the mining state is of shape {state['remembered'].shape}, not {self._remembered.shape}",
                    "Resume with the data and the mining settings of the run.",
                )
            newer = state["mined_in"] > self._mined_in
            self._remembered[newer] = state["remembered"][newer]
            self._mined_in[newer] = state["mined_in"][newer]

    def _random(self, epoch: int, queries: Ids) -> Negatives:
        rows = np.full((len(queries), self.count), -1, np.int64)
        for i, query in enumerate(queries.tolist()):
            drawn = random_negatives(self.labels, query, self.count, self._generator(epoch, query))
            rows[i, : len(drawn)] = drawn
        return Negatives(rows, np.full(rows.shape, np.nan, np.float32))

    def _partial(self, epoch: int, queries: Ids, vectors: Vectors, read: Read) -> Negatives:
        rows = np.full((len(queries), self.count), -1, np.int64)
        squared = np.full(rows.shape, np.nan, np.float32)
        keep = self._remembered.shape[1]
        for i, query in enumerate(queries.tolist()):
            drawn = random_negatives(self.labels, query, self.pool, self._generator(epoch, query))
            old = self._remembered[query]
            old = np.setdiff1d(old[old >= 0], self.labels.no_negatives(query))
            near, distances = nearest_rows(vectors[i], np.union1d(drawn, old), read, max(self.count, keep))
            taken = min(self.count, len(near))
            rows[i, :taken], squared[i, :taken] = near[:taken], distances[:taken]
            self._remembered[query] = -1
            self._remembered[query, : min(keep, len(near))] = near[:keep]
            self._mined_in[query] = epoch
        return Negatives(rows, squared)

    def _generator(self, epoch: int, query: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence([self.seed, epoch, query]))


def random_negatives(labels: WeakLabels, query: int, count: int, rng: np.random.Generator) -> Ids:
    """`count` definite negatives of `query`, each at most once, all equally likely; all there are where
    there are fewer."""
    barred = labels.no_negatives(query)
    number = labels.database_size - len(barred)
    drawn = rng.choice(number, min(count, number), replace=False) if number else np.zeros(0, np.int64)
    # The j-th definite negative is j plus the number of barred rows before it.
    return drawn + np.searchsorted(barred - np.arange(len(barred)), drawn, "right")
