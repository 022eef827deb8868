"""Batches of pairs whose negatives are the other images of the batch."""

from collections.abc import Iterator, Sequence

import numpy as np

from placeprint.training.mining.nearest_rows import Ids
from placeprint.training.mining.positives import PositiveOf, any_positive
from placeprint.training.mining.tuple_batch import TupleBatch
from placeprint.training.mining.weak_labels import WeakLabels

PAIRS = 6
"""Marks the stream of random numbers that chooses pairs."""


class PairSampler:
    """`batch` places a step, of each a random image and a random one of its potential positives.

    `places`: groups of rows of `labels`, which is one list; an epoch goes once through all that have an
    image with a potential positive. Both images of a pair are queries, the other their positive, and all
    images of the batch that are definite negatives are their negatives: b pairs give up to 2b - 2
    negatives to each of 2b queries, for 2b images through the network, where b tuples with 10 negatives
    need 12b. The last batch of an epoch is left out where it would be short.

    `positive_of` chooses the positive of a row among its potential ones: `any_positive`, `one_of_nearest`, or
    `VerifiedPositives`. Where it finds none, the place is left out of the batch.

    `epoch(epoch, start)` is the exact resume: nothing is remembered.
    """

    def __init__(
        self,
        labels: WeakLabels,
        places: Sequence[Ids],
        batch: int,
        seed: int = 0,
        positive_of: PositiveOf = any_positive,
    ) -> None:
        if not labels.one_list:
            raise ValueError("pairs need labels in one list: each image is a query")
        found = [np.intersect1d(place, labels.with_positives) for place in places]
        self.places = [place for place in found if len(place)]
        self._positive_of = positive_of
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
            pairs = []
            for place in chosen:
                row = int(rng.choice(self.places[place]))
                other = self._positive_of(row, self.labels.positives[row], rng)
                if other is not None:
                    pairs.append((row, other))
            yield self._batch(np.array(pairs, np.int64).reshape(-1, 2).T.ravel())

    def _batch(self, rows: Ids) -> TupleBatch:
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
