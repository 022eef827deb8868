"""How many of the exact neighbors does an approximate search find?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from placeprint.arrays import Int64


def nearest_recall_at(
    exact: ArrayLike, approximate: ArrayLike, rs: Sequence[int] = (1, 10, 100)
) -> dict[int, float]:
    """1-recall@R = share of queries whose true nearest neighbor is among the first R found.

    "recall@R" of Jégou et al., "Product quantization for nearest neighbor search", PAMI 2011.

    exact (q, k), approximate (q, r): ids, nearest first, -1 where the search found nothing. If two
    photos are equally near, `exact` has one of them. Returns {R: share in 0..1}. Raises `ValueError`
    without queries, for other shapes, and for R > r.
    """
    truth, found = _tables(exact, approximate, 1, max(rs))
    hit = (found == truth[:, :1]) & (found >= 0)
    return {r: float(np.mean(hit[:, :r].any(axis=1))) for r in rs}


def neighbor_overlap(exact: ArrayLike, approximate: ArrayLike, k: int = 10) -> float:
    """Mean share of the k exact neighbors that are among the k found: |exact ∩ approximate| / k.

    Also called k-recall@k or intersection measure. exact, approximate: (q, ≥ k) ids, -1 where the search
    found nothing; if the database has fewer than k photos, the share is of those. Raises `ValueError`
    without queries, for other shapes, and if `exact` has no neighbors at all.
    """
    truth, found = _tables(exact, approximate, k, k)
    real = truth[:, :k] >= 0
    if not real.any():
        raise ValueError("no exact neighbors to find")
    rows = zip(truth[:, :k], found[:, :k], strict=True)
    return float(sum(np.sum(np.isin(a, b) & (a >= 0)) for a, b in rows) / real.sum())


def _tables(exact: ArrayLike, approximate: ArrayLike, depth: int, wanted: int) -> tuple[Int64, Int64]:
    truth, found = np.asarray(exact, np.int64), np.asarray(approximate, np.int64)
    if truth.ndim != 2 or found.ndim != 2 or not len(truth) or len(truth) != len(found):
        raise ValueError(f"exact neighbors {truth.shape} do not match those found {found.shape}")
    if truth.shape[1] < depth or found.shape[1] < wanted:
        raise ValueError(f"{truth.shape[1]} exact and {found.shape[1]} found neighbors are too few")
    return truth, found
