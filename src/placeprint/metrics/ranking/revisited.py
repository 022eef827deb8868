"""Revisited Oxford and Paris: mAP and mP@k in the easy, medium and hard setups."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from placeprint.arrays import Float64
from placeprint.metrics.ranking.average_precision import average_precision_of_ranks
from placeprint.metrics.ranking.ranks import check_lengths, positive_ranks

Truth = Sequence[ArrayLike]


@dataclass(frozen=True)
class RevisitedSetup:
    """One setup. A query without positives in it is NaN and left out of the means.

    average_precision: (q,). precision: {k: P@k (q,)}.
    """

    average_precision: Float64
    precision: dict[int, Float64]

    @property
    def mean_average_precision(self) -> float:
        """mAP of the setup; NaN if no query has positives."""
        return _mean(self.average_precision)

    @property
    def mean_precision(self) -> dict[int, float]:
        """{k: mP@k} of the setup; NaN if no query has positives."""
        return {k: _mean(values) for k, values in self.precision.items()}


@dataclass(frozen=True)
class Revisited:
    """The three setups of the protocol."""

    easy: RevisitedSetup
    medium: RevisitedSetup
    hard: RevisitedSetup


def revisited(
    ranked: Sequence[ArrayLike], easy: Truth, hard: Truth, junk: Truth, ks: Sequence[int] = (1, 5, 10)
) -> Revisited:
    """Evaluation by Radenović et al., "Revisiting Oxford and Paris", CVPR 2018, §3.

    Easy: easy photos are positives, hard ones and junk are junk. Medium: easy and hard photos are positives.
    Hard: hard photos are positives, easy ones and junk are junk. AP is Oxford's trapezoid. P@k is the
    precision within the first k' = min(k, 1-based rank of the last positive), ranks counted without junk, so
    that a query with fewer than k positives can reach 1.

    ranked: ids of the whole database for each query, best first. easy, hard, junk: ids for each query. If a
    ranking was cut, a missing positive counts as infinitely far down: P@k is that of the whole ranking as
    long as k answers are left, and AP lacks the share of the missing positives. (The published code takes the
    last positive that was retrieved, which makes P@k too large on cut rankings.) Raises `ValueError` for
    lists of different or zero length.
    """
    check_lengths(ranked, easy, hard, junk)
    setups = []
    for chosen, left_out in (((easy,), (hard, junk)), ((easy, hard), (junk,)), ((hard,), (easy, junk))):
        setups.append(_setup(ranked, _joined(chosen), _joined(left_out), ks))
    return Revisited(*setups)


def _setup(ranked: Sequence[ArrayLike], positives: Truth, junk: Truth, ks: Sequence[int]) -> RevisitedSetup:
    average = np.full(len(ranked), np.nan)
    precision = {k: np.full(len(ranked), np.nan) for k in ks}
    for q, (answers, right, left_out) in enumerate(zip(ranked, positives, junk, strict=True)):
        count = len(np.unique(np.asarray(right)))
        if count:
            ranks = positive_ranks(answers, right, left_out)
            average[q] = average_precision_of_ranks(ranks, count)
            last = int(ranks[-1]) + 1 if len(ranks) == count else max(ks)
            for k in ks:
                precision[k][q] = np.sum(ranks < min(k, last)) / min(k, last)
    return RevisitedSetup(average, precision)


def _joined(truths: tuple[Truth, ...]) -> list[ArrayLike]:
    return [np.concatenate([np.asarray(t, np.int64) for t in ids]) for ids in zip(*truths, strict=True)]


def _mean(values: Float64) -> float:
    return float("nan") if np.isnan(values).all() else float(np.nanmean(values))
