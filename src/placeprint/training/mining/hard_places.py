"""Images that the network before its first step takes for one another, though they show other places."""

from functools import cached_property

import numpy as np

from placeprint.arrays import Int64
from placeprint.training.mining.exhaustive import nearest_allowed
from placeprint.training.mining.nearest_among import Read
from placeprint.training.mining.weak_labels import WeakLabels

NEAREST = 30


class HardPlaces:
    """`HardPlaces(labels, read)(row, rng)`: the `NEAREST` definite negatives of an image that are nearest to
    it by descriptor, in random order.

    Searched once, over all pairs of images, in the vectors that `read` gives: those of the start, so that a
    batch that holds an image and the ones it is taken for costs no refresh. `labels` are one list.
    """

    def __init__(self, labels: WeakLabels, read: Read) -> None:
        self.labels = labels
        self._read = read

    def __call__(self, row: int, rng: np.random.Generator) -> Int64:
        return np.asarray(rng.permutation(self._confused[row]), np.int64)

    @cached_property
    def _confused(self) -> list[Int64]:
        """Images without a vector are confused with nothing."""
        count = len(self.labels)
        vectors = self._read(np.arange(count))
        nearest, _ = nearest_allowed(vectors, self.labels.close, count, self._read, NEAREST)
        return [rows[rows >= 0] for rows in nearest]
