"""Precision@n, recall@n and R-precision of information retrieval: how many positives were found?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from placeprint.arrays import Int64
from placeprint.metrics.ranking.ranks import check_lengths, positive_ranks

PerQuery = Sequence[ArrayLike]


def precision_at(
    ranked: PerQuery, positives: PerQuery, ns: Sequence[int] = (1, 5, 10, 20)
) -> dict[int, float]:
    """Precision@n = mean over queries of |first n answers ∩ positives| / n.

    Manning et al., "Introduction to information retrieval", §8.4. Queries without positives are left out, as
    at TREC; missing answers count as wrong.

    ranked, positives: ids for each query. Returns {n: share in 0..1}. Raises `ValueError` for lists of
    different or zero length, and if no query has positives.
    """
    found = _found(ranked, positives)
    return {n: float(np.mean([np.sum(ranks < n) / n for ranks, _ in found])) for n in ns}


def retrieval_recall_at(
    ranked: PerQuery, positives: PerQuery, ns: Sequence[int] = (1, 5, 10, 20)
) -> dict[int, float]:
    """Recall@n = mean over queries of |first n answers ∩ positives| / |positives|.

    Manning et al., §8.3: the share of the positives that was found. In place recognition, recall@N means
    `recall_at` instead. Arguments, left-out queries and errors as in `precision_at`.
    """
    found = _found(ranked, positives)
    return {n: float(np.mean([np.sum(ranks < n) / count for ranks, count in found])) for n in ns}


def r_precision(ranked: PerQuery, positives: PerQuery) -> float:
    """R-precision = mean over queries of |first m answers ∩ positives| / m with m = |positives|.

    Manning et al., §8.4; at m, precision equals recall. Arguments, left-out queries and errors as in
    `precision_at`.
    """
    return float(np.mean([np.sum(ranks < count) / count for ranks, count in _found(ranked, positives)]))


def _found(ranked: PerQuery, positives: PerQuery) -> list[tuple[Int64, int]]:
    """For each query with positives: the ranks of those retrieved, and the number of all."""
    check_lengths(ranked, positives)
    counts = [len(np.unique(np.asarray(right))) for right in positives]
    queries = zip(ranked, positives, counts, strict=True)
    found = [(positive_ranks(answers, right), count) for answers, right, count in queries if count]
    if not found:
        raise ValueError("no query has positives: precision and recall are not defined")
    return found
