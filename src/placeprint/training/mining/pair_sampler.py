"""Batches of pairs whose negatives are the other images of the batch."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from placeprint.arrays import Int64
from placeprint.training.mining.labels.positives import PositiveOf, any_positive
from placeprint.training.mining.labels.weak_labels import WeakLabels
from placeprint.training.mining.tuple_batch import TupleBatch

PAIRS = 6
"""Identifies the stream of random numbers that chooses pairs."""

TRIES = 4
"""How many images of a place are tried to find a positive."""


class PairSampler:
    """`batch` places per step, with a random image of each and a random one of its potential positives.

    `places`: groups of rows of `labels`, which is one list; an epoch visits each place once that has an image
    with a potential positive. Both images of a pair are queries, with the other as positive, and all images
    of the batch that are definite negatives are their negatives: b pairs give up to 2b - 2 negatives to each
    of 2b queries, for 2b images through the network, where b tuples with 10 negatives need 12b. The last
    batch of an epoch is left out if it would be short.

    `positive_of` chooses the positive of a row among its potential ones: `any_positive`, `one_of_nearest`, or
    `VerifiedPositives`. If it finds none for `TRIES` images of a place, the place is left out.

    With `hard`, every second place of a batch is one that the previous image is confused with, by
    `HardPlaces`, so that there are hard negatives among the many easy ones. An epoch then visits half of the
    places.

    `epoch(epoch, start)` resumes exactly: nothing is remembered.
    """

    def __init__(
        self,
        labels: WeakLabels,
        places: Sequence[Int64],
        batch: int,
        seed: int = 0,
        positive_of: PositiveOf = any_positive,
        hard: Callable[[int, np.random.Generator], Int64] | None = None,
    ) -> None:
        if not labels.one_list:
            raise ValueError("pairs need labels in one list: each image is a query")
        found = [np.intersect1d(place, labels.with_positives) for place in places]
        self.places = [place for place in found if len(place)]
        self._positive_of, self._hard = positive_of, hard
        self._place_of = {int(row): i for i, place in enumerate(self.places) for row in place}
        self.labels, self.batch, self.seed = labels, min(batch, max(len(self.places), 1)), seed
        self.steps = len(self.places) // self.batch

    def epoch(self, epoch: int, start: int = 0) -> Iterator[TupleBatch]:
        """The batches of an epoch from step `start` on."""
        stream = np.random.SeedSequence([self.seed, epoch], spawn_key=(PAIRS,))
        order = np.random.default_rng(stream).permutation(len(self.places))
        for step in range(start, self.steps):
            stream = np.random.SeedSequence([self.seed, epoch, step], spawn_key=(PAIRS,))
            rng = np.random.default_rng(stream)
            chosen = order[step * self.batch : (step + 1) * self.batch]
            pairs = self._pairs(chosen.tolist(), rng)
            yield self._batch(np.array(pairs, np.int64).reshape(-1, 2).T.ravel())

    def _pairs(self, chosen: list[int], rng: np.random.Generator) -> list[tuple[int, int]]:
        pairs: list[tuple[int, int]] = []
        taken: set[int] = set()
        for place in chosen:
            if len(pairs) == self.batch or place in taken:
                continue
            pair = self._pair(rng.permutation(self.places[place])[:TRIES].tolist(), rng)
            if pair is None:
                continue
            pairs.append(pair)
            taken.add(place)
            if self._hard is not None and len(pairs) < self.batch:
                like = [row for row in self._hard(pair[0], rng).tolist() if row in self._place_of]
                like = [row for row in like if self._place_of[row] not in taken][:TRIES]
                confused = self._pair(like, rng)
                if confused is not None:
                    pairs.append(confused)
                    taken.add(self._place_of[confused[0]])
        return pairs

    def _pair(self, rows: list[int], rng: np.random.Generator) -> tuple[int, int] | None:
        """The first of these rows that has a positive, and that positive."""
        for row in rows:
            other = self._positive_of(row, self.labels.positives[row], rng)
            if other is not None:
                return row, other
        return None

    def _batch(self, rows: Int64) -> TupleBatch:
        images, place = np.unique(rows, return_inverse=True)
        half = len(rows) // 2
        far = np.zeros((len(rows), len(images)), np.bool_)
        for i, row in enumerate(rows.tolist()):
            far[i] = ~np.isin(images, self.labels.close[row])
        return TupleBatch(
            images.tolist(),
            place,
            np.concatenate([place[half:], place[:half]]),
            np.broadcast_to(np.arange(len(images)), far.shape).copy(),
            far,
        )
