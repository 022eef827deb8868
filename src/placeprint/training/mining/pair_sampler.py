"""Batches of pairs whose negatives are the other images of the batch."""

from collections.abc import Iterator, Sequence

import numpy as np

from placeprint.training.mining.nearest_rows import Ids, Read, nearest_rows
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

    With `nearest` and `read` the positive is a random one of that many potential positives that are
    nearest by descriptor: two views from one street need not show the same (NetVLAD, CVPR 2016, eq. 6, takes
    the nearest one; some more keep viewpoints apart).

    `epoch(epoch, start)` is the exact resume: nothing is remembered.
    """

    def __init__(
        self,
        labels: WeakLabels,
        places: Sequence[Ids],
        batch: int,
        seed: int = 0,
        nearest: int | None = None,
        read: Read | None = None,
    ) -> None:
        if (nearest is None) != (read is None):
            raise ValueError("`nearest` and `read` belong together")
        self._nearest, self._read = nearest, read
        if not labels.one_list:
            raise ValueError("pairs need labels in one list: each image is a query")
        found = [np.intersect1d(place, labels.with_positives) for place in places]
        self.places = [place for place in found if len(place)]
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
            first = np.array([rng.choice(self.places[place]) for place in chosen])
            second = np.array([rng.choice(self._candidates(row)) for row in first.tolist()])
            yield self._batch(np.concatenate([first, second]))

    def _candidates(self, row: int) -> Ids:
        positives = self.labels.positives[row]
        if self._nearest is None or self._read is None:
            return positives
        near, _ = nearest_rows(self._read(np.array([row]))[0], positives, self._read, self._nearest)
        return near if len(near) else positives

    def _batch(self, rows: Ids) -> TupleBatch:
        images, place = np.unique(rows, return_inverse=True)
        half = len(rows) // 2
        far = np.stack([~np.isin(images, self.labels.close[row]) for row in rows.tolist()])
        return TupleBatch(
            images.tolist(),
            place,
            np.concatenate([place[half:], place[:half]]),
            np.broadcast_to(np.arange(len(images)), far.shape).copy(),
            far,
        )
