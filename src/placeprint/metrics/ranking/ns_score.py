"""N-S score of UKBench: how many of an object's four photos are among the first four answers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from placeprint.metrics.ranking.ranks import check_lengths, positive_ranks


def ns_score(ranked: Sequence[ArrayLike], groups: Sequence[ArrayLike]) -> float:
    """N-S = 4 · recall@4 = mean over queries of |first four answers ∩ group|, in 0..4.

    Nistér and Stewénius, "Scalable recognition with a vocabulary tree", CVPR 2006. The query is one of
    the four and stays in the database, so finding only the query already gives 1.

    ranked: ids for each query, best first, including the query's own. groups: ids of the four photos
    for each query. Raises `ValueError` if a group does not have four, and for lists of different or
    zero length.
    """
    check_lengths(ranked, groups)
    if any(len(np.unique(np.asarray(group))) != 4 for group in groups):
        raise ValueError("each group needs the ids of its four photos, including the query itself")
    hits = (positive_ranks(answers, group) for answers, group in zip(ranked, groups, strict=True))
    return float(np.mean([np.sum(ranks < 4) for ranks in hits]))
