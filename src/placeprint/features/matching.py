"""Nearest-neighbour matching of two sets of descriptors."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def match(
    a: NDArray[Any], b: NDArray[Any], ratio: float | None = 0.8, mutual: bool = True
) -> NDArray[np.int64]:
    """Pairs (row of a, row of b), least ambiguous first.

    Each row of `a` takes its nearest row of `b` (Euclidean), and keeps it if d₁ < ratio · d₂, d₂ being
    the distance to the second nearest (Lowe, IJCV 2004, §7.1, ratio 0.8), and, if `mutual`, if it is
    in turn the nearest row of `a`. `ratio=None` leaves the ratio test out.

    `a` (n, d), `b` (m, d), float or uint8, both of one kind → (k, 2) int64. The order is by ascending
    d₁/d₂ (by d₁ without the test), as progressive sampling (PROSAC) wants it. Fewer than two rows in
    `b` leave the ratio test without its second neighbour, so nothing is kept. Needs 4·n·m bytes.
    """
    enough = 1 if ratio is None else 2
    if not len(a) or len(b) < enough:
        return np.zeros((0, 2), np.int64)
    left, right = np.asarray(a, np.float32), np.asarray(b, np.float32)
    rows = np.arange(len(left))
    # The product of byte vectors is exact in float32: 128 · 255² < 2²⁴.
    squared = left @ (right.T * np.float32(-2.0))
    squared += np.einsum("ij,ij->i", right, right)
    squared += np.einsum("ij,ij->i", left, left)[:, None]
    nearest = squared.argmin(axis=1)
    keep = squared.argmin(axis=0)[nearest] == rows if mutual else np.ones(len(left), np.bool_)
    first = np.maximum(squared[rows, nearest], 0.0)
    order = first
    if ratio is not None:
        squared[rows, nearest] = np.inf
        second = squared.min(axis=1)
        keep &= first < ratio * ratio * second
        order = first / np.maximum(second, np.float32(1e-12))
    kept = np.flatnonzero(keep)
    kept = kept[np.argsort(order[kept], kind="stable")]
    return np.stack([kept, nearest[kept]], axis=1)
