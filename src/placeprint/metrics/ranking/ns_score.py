"""N-S score of the UKBench: how many of an object's four photos stand among the first four."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from placeprint.metrics.ranking.ranks import check_lengths, positive_ranks


def ns_score(ranked: Sequence[ArrayLike], groups: Sequence[ArrayLike]) -> float:
    """N-S = 4 · recall@4 = mean over queries of |first four answers ∩ group|, in 0..4.

    Nistér and Stewénius, "Scalable recognition with a vocabulary tree", CVPR 2006. The query is one of
    the four and stays in the database, so that finding the query alone already gives 1.

    ranked: for each query the ids, best first, the query's own among them. groups: for each query the
    ids of its four photos. Raises `ValueError` where a group has not four, and for lists of different or
    zero length.
    """
    check_lengths(ranked, groups)
    if any(len(np.unique(np.asarray(group))) != 4 for group in groups):
        raise ValueError("each group needs the ids of its four photos, the query itself among them")
    hits = (positive_ranks(answers, group) for answers, group in zip(ranked, groups, strict=True))
    return float(np.mean([np.sum(ranks < 4) for ranks in hits]))
