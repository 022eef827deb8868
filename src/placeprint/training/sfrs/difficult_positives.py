"""Positives that the network misses but their neighbors do not (SFRS)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Int64


def difficult_positives(
    by_feature: NDArray[np.integer[Any]],
    by_jaccard: NDArray[np.integer[Any]],
    keep: int = 10,
    pool: int = 20,
) -> Int64:
    """At most `keep` of the photos near the query by GPS: those that context ranks before appearance.

    `by_feature`: ids of the query's positives, nearest in descriptor space first; only the first `pool`
    count. `by_jaccard`: ids nearest first by k-reciprocal distance (`placeprint.rerank.k_reciprocal`); ids
    outside the pool are skipped. Let the photo at position i of the latter have rank r_i in the former.
    Photos with r_i > i come first, largest r_i − i first; then those with r_i = i; ties keep the Jaccard
    order. Photos with r_i < i are dropped. Never empty if there is a positive, since r_0 ≥ 0.

    The rule of the authors' code of Ge et al., "Self-supervising Fine-grained Region Similarities", ECCV
    2020, with their 10 of 20. Raises `ValueError` if an id of the pool is not in `by_jaccard`, or an id
    occurs twice.
    """
    near = np.asarray(by_feature, np.int64)[:pool]
    order = np.asarray(by_jaccard, np.int64)
    order = order[np.isin(order, near)]
    by_id = np.argsort(near)
    if not np.array_equal(np.sort(order), near[by_id]) or (np.diff(near[by_id]) == 0).any():
        raise ValueError("the two orders must have the same photos, once each")
    ranks = by_id[np.searchsorted(near, order, sorter=by_id)]
    promoted = ranks - np.arange(len(order))
    chosen = np.argsort(-promoted, kind="stable")
    return order[chosen[promoted[chosen] >= 0]][:keep]
