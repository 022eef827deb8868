"""Batches of places, several views each, whose negatives are the other images of the batch."""

from collections.abc import Iterator, Sequence

import numpy as np

from placeprint.index import exact_search
from placeprint.training.nearest_rows import Ids, Read
from placeprint.training.tuple_batch import TupleBatch
from placeprint.training.weak_labels import WeakLabels

PLACES = 3
"""Marks the streams of random numbers that choose places and views."""


class PlaceSampler:
    """Batches of `batch` places and `views` images of each, as GSV-Cities is trained (Ali-bey et al.,
    Neurocomputing 2022: 100 places of 4 images).

    `places` are disjoint groups of rows of `labels`, which is one list; groups with fewer than `views`
    usable images are left out. Each image of a batch is a query. Its positive is one of its potential
    positives among the views of its place (an image without one is no query), its negatives are the
    definite negatives among the views of the other places: photos close by never count.

    `hard_share` of the places of a batch are chosen to be confusable: out of `pool` random places, those
    nearest to one of the batch's random places by the current descriptors of their first images (`read`),
    and close to no other place of the batch (after CliqueMining, Izquierdo and Civera, ECCV 2024, which
    also looks for cliques). There may be fewer. The random places go through all places once an epoch,
    every world-th batch in process `rank`; the last batch may be short, unless `drop_last`.

    Nothing is remembered: `epoch(epoch, start)` is the exact resume, given the same vectors.
    """

    def __init__(
        self,
        labels: WeakLabels,
        places: Sequence[Ids],
        batch: int = 100,
        views: int = 4,
        hard_share: float = 0.0,
        read: Read | None = None,
        pool: int = 1000,
        seed: int = 0,
        drop_last: bool = False,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        if not labels.one_list:
            raise ValueError("places need labels in one list: each image is a query")
        if views < 2 or not 0.0 <= hard_share < 1.0 or not 0 <= rank < world:
            raise ValueError(f"{views} views, hard share {hard_share}, process {rank} of {world}")
        if hard_share and read is None:
            raise ValueError("hard places need current vectors")
        rows = np.concatenate([np.zeros(0, np.int64), *places])
        if len(np.unique(rows)) != len(rows):
            raise ValueError("an image belongs to two places")
        usable = [np.setdiff1d(place, labels.left_out) for place in places]
        self.places = [place for place in usable if len(place) >= views]
        self._first = np.array([place[0] for place in self.places], np.int64)
        self.labels, self.views, self.pool, self.seed = labels, views, pool, seed
        self.rank, self.world, self._read = rank, world, read
        self.hard = min(round(hard_share * batch), batch - 1)
        self.random = batch - self.hard
        full, rest = divmod(len(self.places), self.random * world)
        self.steps = full + (rest > 0 and not drop_last)
        self.position = (0, 0)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[TupleBatch]:
        """The batches of an epoch from step `start` on; `position` then names the next (epoch, step)."""
        stream = np.random.SeedSequence([self.seed, epoch], spawn_key=(PLACES,))
        order = np.random.default_rng(stream).permutation(len(self.places))
        for step in range(start, self.steps):
            stream = np.random.SeedSequence([self.seed, epoch, step], spawn_key=(PLACES, self.rank))
            rng = np.random.default_rng(stream)
            first = (step * self.world + self.rank) * self.random
            chosen = order[first : first + self.random]
            if self.hard and len(chosen):
                chosen = np.concatenate([chosen, self._confusable(chosen, rng)])
            views = [rng.choice(self.places[place], self.views, replace=False) for place in chosen]
            self.position = (epoch, step + 1) if step + 1 < self.steps else (epoch + 1, 0)
            yield self._batch(views, rng)

    def _confusable(self, chosen: Ids, rng: np.random.Generator) -> Ids:
        """At most `hard` places that look like one of `chosen` and are close to none of the batch."""
        assert self._read is not None
        drawn = rng.choice(len(self.places), min(self.pool, len(self.places)), replace=False)
        drawn = np.setdiff1d(drawn, chosen)
        asked, stored = self._read(self._first[drawn]), self._read(self._first[chosen])
        known = np.isfinite(asked).all(axis=1)
        stored = stored[np.isfinite(stored).all(axis=1)]
        if not (known.any() and len(stored)):
            return np.zeros(0, np.int64)
        drawn, squared = drawn[known], exact_search(asked[known], stored, 1)[1][:, 0]
        around = self._around(chosen)
        taken: list[int] = []
        for place in drawn[np.lexsort((drawn, squared))].tolist():
            if len(taken) < self.hard and not np.isin(self.places[place], around).any():
                taken.append(place)
                around = np.union1d(around, self._around(np.array([place])))
        return np.array(taken, np.int64)

    def _around(self, places: Ids) -> Ids:
        """Images that are close to an image of these places."""
        near = [self.labels.close[row] for place in places for row in self.places[place]]
        return np.unique(np.concatenate(near))

    def _batch(self, views: Sequence[Ids], rng: np.random.Generator) -> TupleBatch:
        images = np.concatenate([np.zeros(0, np.int64), *views])
        place = np.repeat(np.arange(len(views)), self.views)
        width = max(len(views) - 1, 0) * self.views
        query, positive, negatives, counts = [], [], [], []
        for i, row in enumerate(images.tolist()):
            own = np.flatnonzero(np.isin(images, self.labels.positives[row]) & (place == place[i]))
            if not len(own):
                continue
            others = np.flatnonzero(~np.isin(images, self.labels.close[row]) & (place != place[i]))
            query.append(i)
            positive.append(int(rng.choice(own)))
            negatives.append(np.pad(others, (0, width - len(others)), constant_values=i))
            counts.append(np.arange(width) < len(others))
        shape = (len(query), width)
        return TupleBatch(
            images.tolist(),
            np.array(query, np.int64),
            np.array(positive, np.int64),
            np.array(negatives, np.int64).reshape(shape),
            np.array(counts, np.bool_).reshape(shape),
        )
