"""Where the right answers stand in a ranking, once the junk is taken out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from placeprint.arrays import Int64


def positive_ranks(ranked: ArrayLike, positives: ArrayLike, junk: ArrayLike = ()) -> Int64:
    """0-based ranks, ascending, of the positives that were retrieved, as if no junk had been in the list.

    Junk is neither right nor wrong (Philbin et al., CVPR 2007): each junk answer is taken out and
    what stands behind it moves up. An id that is returned twice counts at its first rank; the second
    time it is a wrong answer. A positive that was never returned has no rank.

    ranked: the answers' ids, best first. positives, junk: ids. Raises `ValueError` where an id is both.
    """
    ranked, positives, junk = (np.asarray(ids, np.int64) for ids in (ranked, positives, junk))
    if np.isin(positives, junk).any():
        raise ValueError(f"positive and junk at once: {np.intersect1d(positives, junk).tolist()}")
    hits = np.flatnonzero(np.isin(ranked, positives))
    hits = hits[np.sort(np.unique(ranked[hits], return_index=True)[1])]
    return (hits - np.searchsorted(np.flatnonzero(np.isin(ranked, junk)), hits)).astype(np.int64)


def check_lengths(ranked: Sequence[ArrayLike], *truths: Sequence[ArrayLike]) -> None:
    """Raises `ValueError` without queries, or where a list of truths is not one entry a query."""
    for truth in truths:
        if not len(ranked) or len(ranked) != len(truth):
            raise ValueError(f"{len(ranked)} rankings do not fit {len(truth)} lists of ground truth")
