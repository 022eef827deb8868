"""Which queries a page shows: chosen by rule, so that the same evaluation always shows the same ones."""

from dataclasses import dataclass

import numpy as np

from placeprint.arrays import Bool, Int64
from placeprint.evaluation.judging import Judged


@dataclass(frozen=True)
class Examples:
    """Rows of queries. `failures`: a right answer exists but is not the best answer, the most confident
    first; `successes`: from the most to the least confident; `without`: no right answer exists, the most
    confident first. The counts include those not shown.
    """

    failures: Int64
    successes: Int64
    without: Int64
    counts: tuple[int, int, int]


def choose_examples(judged: Judged, count: int) -> Examples:
    """Up to `count` failures and `count` successes, and half as many queries without a right answer."""
    has = np.array([len(rows) > 0 for rows in judged.right], np.bool_)
    right = judged.first == 0
    failures, successes, without = (_most_confident(judged, which) for which in (has & ~right, right, ~has))
    return Examples(
        failures[:count],
        spread(successes, count),
        without[: (count + 1) // 2],
        (len(failures), len(successes), len(without)),
    )


def won_and_lost(first: Judged, other: Judged) -> tuple[Int64, Int64]:
    """Queries whose best answer is right only in `other`, and only in `first`.

    Those with the more confident wrong answer come first.
    """
    won = (other.first == 0) & (first.first > 0)
    lost = (first.first == 0) & (other.first > 0)
    return _most_confident(first, won), _most_confident(other, lost)


def spread(rows: Int64, count: int) -> Int64:
    """`count` of the rows at even steps, both ends included; all of them if there are no more."""
    if len(rows) <= count:
        return rows
    return rows[np.round(np.linspace(0, len(rows) - 1, count)).astype(np.int64)]


def _most_confident(judged: Judged, which: Bool) -> Int64:
    """Rows where `which` (q,), by confidence; equal and unknown confidences in query order."""
    rows = np.flatnonzero(which)
    confidence = np.nan_to_num(judged.ranking.best_confidence()[rows], nan=-np.inf)
    return rows[np.argsort(-confidence, kind="stable")]
