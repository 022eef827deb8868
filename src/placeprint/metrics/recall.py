"""Recall@N of image-based localization: is any of the first N answers a right one?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


def recall_at(
    ranked: Sequence[Ids], positives: Sequence[Ids], ns: Sequence[int] = (1, 5, 10, 20)
) -> dict[int, float]:
    """Recall@N = mean over all queries of 1[any of the first N answers is a positive].

    Arandjelović et al., "NetVLAD", CVPR 2016, §5.1. A query without positives stays in the mean and
    counts as a failure; where fewer than N answers were given, those given count. This is not the
    recall of information retrieval (the share of the positives that was found).

    ranked: for each query the answers' ids, best first. positives: for each query the right ids.
    Returns {N: share in 0..1}. Raises `ValueError` for lists of different or zero length.
    """
    if not ranked or len(ranked) != len(positives):
        raise ValueError(f"{len(ranked)} rankings do not fit {len(positives)} lists of positives")
    first = np.array([_first_hit(answers, right) for answers, right in zip(ranked, positives, strict=True)])
    return {n: float(np.mean(first < n)) for n in ns}


def _first_hit(answers: Ids, right: Ids) -> float:
    hits = np.flatnonzero(np.isin(answers, right))
    return float(hits[0]) if len(hits) else np.inf
