"""Nearest-neighbor matching of two sets of descriptors."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Int64
from placeprint.features.byte_product import byte_product


def match(a: NDArray[Any], b: NDArray[Any], ratio: float | None = 0.8, mutual: bool = True) -> Int64:
    """Pairs (row of a, row of b), least ambiguous first.

    Each row of `a` is matched to its nearest row of `b` (Euclidean). The match is kept if d₁ < ratio · d₂,
    with d₂ the distance to the second nearest row (Lowe, IJCV 2004, §7.1, ratio 0.8), and, if `mutual`, if
    the row of `a` is in turn the nearest to that row of `b`. `ratio=None` disables the ratio test.

    `a` (n, d), `b` (m, d), both float or both uint8 → (k, 2) int64. Sorted by ascending d₁/d₂ (by d₁ without
    the ratio test), as progressive sampling (PROSAC) expects. With fewer than two rows in `b` the ratio test
    has no second neighbor, so nothing is kept. Needs 4·n·m bytes.
    """
    enough = 1 if ratio is None else 2
    if not len(a) or len(b) < enough:
        return np.zeros((0, 2), np.int64)
    rows = np.arange(len(a))
    squared = _squared_distances(a, b)
    nearest = squared.argmin(axis=1)
    first = squared[rows, nearest]
    keep = np.ones(len(rows), np.bool_)
    order = np.maximum(first, 0).astype(np.float32)
    if ratio is not None:
        squared[rows, nearest] = np.iinfo(np.int32).max if squared.dtype == np.int32 else np.inf
        second = np.maximum(squared.min(axis=1), 0).astype(np.float32)
        squared[rows, nearest] = first
        keep = order < ratio * ratio * second
        order = order / np.maximum(second, np.float32(1e-12))
    kept = np.flatnonzero(keep)
    if mutual:  # only the remaining columns need their own nearest row
        kept = kept[squared[:, nearest[kept]].argmin(axis=0) == kept]
    kept = kept[np.argsort(order[kept], kind="stable")]
    return np.stack([kept, nearest[kept]], axis=1)


def _squared_distances(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """‖a‖² + ‖b‖² − 2 a·b, (n, m): int32 and exact for bytes, float32 otherwise."""
    if a.dtype == np.uint8 and b.dtype == np.uint8:
        squared: NDArray[Any] = byte_product(a, b)
        wide: type[Any] = np.int32
    else:
        import cv2

        # cv2.gemm, because OpenBLAS keeps threads spinning: several times the work where cores are shared.
        left, right = np.asarray(a, np.float32), np.asarray(b, np.float32)
        squared = np.asarray(cv2.gemm(left, np.ascontiguousarray(right.T), 1.0, np.empty(0), 0.0))
        wide = np.float32
    squared *= -2
    squared += np.einsum("ij,ij->i", b, b, dtype=wide)
    squared += np.einsum("ij,ij->i", a, a, dtype=wide)[:, None]
    return squared
