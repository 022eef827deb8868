"""Images that the network before its first step takes for one another, though they show other places."""

from functools import cached_property

import numpy as np

from placeprint.training.mining.nearest_rows import Ids, Read
from placeprint.training.mining.weak_labels import WeakLabels

NEAREST = 30
CHUNK = 256


class HardPlaces:
    """`HardPlaces(labels, read)(row, rng)`: the `NEAREST` definite negatives of an image that are nearest to
    it by descriptor, in random order.

    Searched once, over all pairs of images, in the vectors that `read` gives: those of the start, so that a
    batch that holds an image and the ones it is taken for costs no refresh. `labels` are one list.
    """

    def __init__(self, labels: WeakLabels, read: Read) -> None:
        self.labels = labels
        self._read = read

    def __call__(self, row: int, rng: np.random.Generator) -> Ids:
        return np.asarray(rng.permutation(self._confused[row]), np.int64)

    @cached_property
    def _confused(self) -> list[Ids]:
        """Images without a vector are confused with nothing."""
        count = len(self.labels)
        vectors = np.nan_to_num(self._read(np.arange(count)), nan=0.0)
        seen = np.linalg.norm(vectors, axis=1) > 0
        found: list[Ids] = []
        for start in range(0, count, CHUNK):
            scores = vectors[start : start + CHUNK] @ vectors.T
            scores[:, ~seen] = -np.inf
            for i, row in enumerate(range(start, min(start + CHUNK, count))):
                scores[i, self.labels.close[row]] = -np.inf
                scores[i, row] = -np.inf
                best = np.argsort(-scores[i], kind="stable")[:NEAREST]
                found.append(best[np.take(scores[i], best) > -np.inf] if seen[row] else best[:0])
        return found
