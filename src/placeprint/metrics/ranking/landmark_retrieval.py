"""Metrics of the Google Landmarks Dataset v2: mAP@100 of retrieval, GAP of recognition."""

from collections.abc import Sequence

from numpy.typing import ArrayLike

from placeprint.metrics.ranking.average_precision import mean_average_precision
from placeprint.metrics.ranking.precision_recall import precision_recall


def landmark_mean_average_precision(
    ranked: Sequence[ArrayLike], positives: Sequence[ArrayLike], at: int = 100
) -> float:
    """mAP@100 = mean over queries of 1/min(m_q, 100) Σ_{k ≤ 100} P_q(k) rel_q(k).

    Weyand et al., "Google Landmarks Dataset v2", CVPR 2020, §4. m_q is the number of the query's
    positives; queries without any are left out. An id that is returned twice counts once. Raises
    `ValueError` for lists of different or zero length, and if no query has positives.
    """
    return mean_average_precision(ranked, positives, method="rectangle", at=at)


def global_average_precision(confidence: ArrayLike, right: ArrayLike, depicts_landmark: ArrayLike) -> float:
    """GAP = µAP = 1/M Σ_i P(i) rel(i) over all queries' single predictions, sorted by confidence.

    Perronnin et al., CVPR 2009; Weyand et al., CVPR 2020, §4. M counts the queries that depict a
    landmark at all, answered or not; a prediction for any other query is wrong. Predictions of equal
    confidence are accepted together, so the order of the queries does not matter (the official code
    sorts them by name).

    confidence, right, depicts_landmark: (q,), confidence -inf if nothing was predicted. Raises
    `ValueError` as `precision_recall` does.
    """
    return precision_recall(confidence, right, depicts_landmark).average_precision
