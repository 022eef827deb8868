"""Ranks of the right answers in a ranking, after junk is removed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from placeprint.arrays import Int64


def positive_ranks(ranked: ArrayLike, positives: ArrayLike, junk: ArrayLike = ()) -> Int64:
    """0-based ranks, ascending, of the positives that were retrieved, as if no junk had been in the list.

    Junk is neither right nor wrong (Philbin et al., CVPR 2007): each junk answer is removed and everything
    behind it moves up. An id that is returned twice counts at its first rank; the second occurrence is a
    wrong answer. A positive that was never returned has no rank.

    ranked: ids of the answers, best first. positives, junk: ids. Raises `ValueError` if an id is both.
    """
    ranked, positives, junk = (np.asarray(ids, np.int64) for ids in (ranked, positives, junk))
    if np.isin(positives, junk).any():
        raise ValueError(f"both positive and junk: {np.intersect1d(positives, junk).tolist()}")
    hits = np.flatnonzero(np.isin(ranked, positives))
    hits = hits[np.sort(np.unique(ranked[hits], return_index=True)[1])]
    return (hits - np.searchsorted(np.flatnonzero(np.isin(ranked, junk)), hits)).astype(np.int64)


def check_lengths(ranked: Sequence[ArrayLike], *truths: Sequence[ArrayLike]) -> None:
    """Raises `ValueError` without queries, or if a list of truths does not have one entry per query."""
    for truth in truths:
        if not len(ranked) or len(ranked) != len(truth):
            raise ValueError(f"{len(ranked)} rankings do not match {len(truth)} lists of ground truth")
