"""Images that the network, before its first step, confuses with images of other places."""

from functools import cached_property

import numpy as np

from placeprint.arrays import Int64
from placeprint.training.mining.exhaustive import nearest_allowed
from placeprint.training.mining.labels.weak_labels import WeakLabels
from placeprint.training.mining.nearest_among import Read

NEAREST = 30


class HardPlaces:
    """`HardPlaces(labels, read)(row, rng)`: the `NEAREST` definite negatives nearest to an image by
    descriptor, in random order.

    Searched once, over all pairs of images, in the vectors returned by `read`: those of the starting network,
    so that a batch with an image and those it is confused with needs no refresh. `labels` must be one list.
    """

    def __init__(self, labels: WeakLabels, read: Read) -> None:
        self.labels = labels
        self._read = read

    def __call__(self, row: int, rng: np.random.Generator) -> Int64:
        """The hard negatives of this image, in random order."""
        return np.asarray(rng.permutation(self._confused[row]), np.int64)

    @cached_property
    def _confused(self) -> list[Int64]:
        """Images without a vector are confused with nothing."""
        count = len(self.labels)
        vectors = self._read(np.arange(count))
        nearest, _ = nearest_allowed(vectors, self.labels.close, count, self._read, NEAREST)
        return [rows[rows >= 0] for rows in nearest]
