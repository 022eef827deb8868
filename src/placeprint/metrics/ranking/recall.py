"""Recall@N of image-based localization: is any of the first N answers right?"""

from collections.abc import Sequence

import numpy as np

from placeprint.arrays import Float64, Int64
from placeprint.metrics.ranking.ranks import check_lengths, positive_ranks


def recall_at(
    ranked: Sequence[Int64], positives: Sequence[Int64], ns: Sequence[int] = (1, 5, 10, 20)
) -> dict[int, float]:
    """Recall@N = mean over all queries of 1[any of the first N answers is a positive].

    Arandjelović et al., "NetVLAD", CVPR 2016, §5.1. A query without positives stays in the mean and counts as
    a failure (to leave such queries out, drop them beforehand); if fewer than N answers were returned, those
    count. This is not the recall of information retrieval, the share of the positives that was found: see
    `retrieval_recall_at`.

    ranked: ids of the answers for each query, best first. positives: ids of the right answers for each query.
    Returns {N: share in 0..1}. Raises `ValueError` for lists of different or zero length.
    """
    first = first_hits(ranked, positives)
    return {n: float(np.mean(first < n)) for n in ns}


def first_hits(ranked: Sequence[Int64], positives: Sequence[Int64]) -> Float64:
    """0-based rank (q,) of each query's first right answer; infinity if there is none.

    Recall@N is the mean of `first_hits(...) < N`. Raises `ValueError` for lists of different or zero length.
    """
    check_lengths(ranked, positives)
    ranks = (positive_ranks(answers, right) for answers, right in zip(ranked, positives, strict=True))
    return np.array([hits[0] if len(hits) else np.inf for hits in ranks], np.float64)
