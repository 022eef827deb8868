"""The positive of a training tuple: one of the query's potential positives."""

from collections.abc import Callable

import numpy as np

from placeprint.arrays import Float32, Int64
from placeprint.training.mining.labels.weak_labels import WeakLabels
from placeprint.training.mining.nearest_among import Read, nearest_among

PositiveOf = Callable[[int, Int64, np.random.Generator], int | None]
"""From a row and its potential positives to the chosen one, or None."""

POSITIVE = 1
"""Identifies the stream of random numbers that draws positives."""


def best_positives(labels: WeakLabels, queries: Int64, vectors: Float32, read: Read) -> tuple[Int64, Float32]:
    """(b,) the nearest potential positive of each query by current descriptors, ties by row, and its squared
    distance (NetVLAD, CVPR 2016, eq. 6: the best match is assumed to show the same place).

    `vectors` (b, dim) are those of the queries; `read` returns the database's. Row -1 and NaN if the query or
    all of its potential positives have no vector.
    """
    rows, squared = np.full(len(queries), -1, np.int64), np.full(len(queries), np.nan, np.float32)
    for i, query in enumerate(queries.tolist()):
        distance, best = nearest_among(vectors[i], labels.positives[query], read, 1)
        if len(best):
            rows[i], squared[i] = best[0], distance[0]
    return rows, squared


def random_positives(labels: WeakLabels, queries: Int64, seed: int, epoch: int) -> Int64:
    """(b,) a random potential positive of each query, or -1; by (seed, epoch, query), in any order."""
    rows = np.full(len(queries), -1, np.int64)
    for i, query in enumerate(queries.tolist()):
        if len(labels.positives[query]):
            stream = np.random.SeedSequence([seed, epoch, query], spawn_key=(POSITIVE,))
            rows[i] = np.random.default_rng(stream).choice(labels.positives[query])
    return rows


def any_positive(row: int, positives: Int64, rng: np.random.Generator) -> int | None:
    """A random potential positive."""
    return int(rng.choice(positives)) if len(positives) else None


def one_of_nearest(read: Read, count: int) -> PositiveOf:
    """A random one of the `count` nearest by descriptor: two views from the same street need not show the
    same thing, and the nearest alone (NetVLAD, eq. 6) would be the easiest.
    """

    def choose(row: int, positives: Int64, rng: np.random.Generator) -> int | None:
        _, near = nearest_among(read(np.array([row]))[0], positives, read, count)
        return any_positive(row, near, rng)

    return choose
