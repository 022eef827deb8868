"""Average precision of a ranking: one number for how early all right answers come."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from placeprint.arrays import Float64, Int64
from placeprint.metrics.ranking.ranks import check_lengths, positive_ranks

Method = Literal["trapezoid", "rectangle"]


def average_precision(
    ranked: ArrayLike,
    positives: ArrayLike,
    junk: ArrayLike = (),
    method: Method = "trapezoid",
    at: int | None = None,
) -> float:
    """Area under the precision-recall curve of one query, over the m positives; NaN if m = 0.

    With the j-th retrieved positive (j = 1, 2, ...) at the 0-based rank r_j after junk is removed:
    trapezoid: AP = 1/m Σ_j ½ [(j-1)/r_j + j/(r_j+1)], where 0/0 is 1: Oxford and Paris buildings
    (Philbin et al., CVPR 2007), Holidays, and their revisited form.
    rectangle: AP = 1/m Σ_j j/(r_j+1), the finite sum of information retrieval and of scikit-learn.
    A positive that was never retrieved adds nothing.

    `at` cuts the ranking after that many non-junk answers, and m to min(m, at), so that the best
    ranking still scores 1 (Weyand et al., CVPR 2020, §4). Raises `ValueError` if an id is both positive
    and junk, or for `at` below 1.
    """
    if at is not None and at < 1:
        raise ValueError(f"at must be at least 1, not {at}")
    count = len(np.unique(np.asarray(positives, np.int64)))
    ranks = positive_ranks(ranked, positives, junk)
    if at is not None:
        count, ranks = min(count, at), ranks[ranks < at]
    if not count:
        return float("nan")
    return average_precision_of_ranks(ranks, count, method)


def average_precision_of_ranks(ranks: Int64, count: int, method: Method = "trapezoid") -> float:
    """`average_precision` from the ascending 0-based ranks of the retrieved ones of `count` positives."""
    found = np.arange(1, len(ranks) + 1)
    here = found / (ranks + 1)
    if method == "rectangle":
        return float(here.sum() / count)
    before = np.where(ranks > 0, (found - 1) / np.maximum(ranks, 1), 1.0)
    return float((before + here).sum() / (2 * count))


def average_precisions(
    ranked: Sequence[ArrayLike],
    positives: Sequence[ArrayLike],
    junk: Sequence[ArrayLike] | None = None,
    method: Method = "trapezoid",
    at: int | None = None,
) -> Float64:
    """`average_precision` (q,) of each query; NaN for a query without positives."""
    junk = [()] * len(ranked) if junk is None else junk
    check_lengths(ranked, positives, junk)
    queries = zip(ranked, positives, junk, strict=True)
    return np.array([average_precision(*query, method, at) for query in queries])


def mean_average_precision(
    ranked: Sequence[ArrayLike],
    positives: Sequence[ArrayLike],
    junk: Sequence[ArrayLike] | None = None,
    method: Method = "trapezoid",
    at: int | None = None,
) -> float:
    """mAP: the mean of `average_precision` over the queries that have positives; the others are left out.

    ranked, positives, junk: ids for each query. Raises `ValueError` for lists of different or zero length,
    and if no query has positives.
    """
    each = average_precisions(ranked, positives, junk, method, at)
    if np.isnan(each).all():
        raise ValueError("no query has positives: the mean average precision is not defined")
    return float(np.nanmean(each))
