"""The nearest center of each of many vectors, exactly, in bounded memory."""

import numpy as np

from placeprint.arrays import Float32, Int64

PRODUCTS = 1 << 22
"""How many products of vectors and centers are in memory at a time."""


def nearest_center(vectors: Float32, centers: Float32) -> Int64:
    """(n,) row of `centers` (K, d) nearest to each of `vectors` (n, d); ties go to the first.

    argmin_k |c_k|² - 2 x c_k in single precision; |x|² is the same for all centers.
    """
    nearest = np.empty(len(vectors), np.int64)
    lengths = np.einsum("ij,ij->i", centers, centers)
    twice = np.float32(-2) * centers.T
    step = max(1, PRODUCTS // len(centers))
    for start in range(0, len(vectors), step):
        gaps = vectors[start : start + step] @ twice
        gaps += lengths
        nearest[start : start + step] = gaps.argmin(axis=1)
    return nearest
