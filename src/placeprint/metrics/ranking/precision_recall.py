"""Precision and recall of place recognition: one match per query, accepted above a confidence threshold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from placeprint.arrays import Float64


@dataclass(frozen=True)
class PrecisionRecall:
    """The curve: point i accepts all matches with a confidence of at least threshold[i].

    threshold (t,) falls; precision (t,) and recall (t,) are in 0..1, and recall rises. Empty if no query was
    answered.
    """

    threshold: Float64
    precision: Float64
    recall: Float64

    @property
    def average_precision(self) -> float:
        """Σ_i (R_i - R_{i-1}) P_i with R_0 = 0: the finite sum, as in scikit-learn."""
        return float(np.sum(np.diff(self.recall, prepend=0.0) * self.precision))

    @property
    def area(self) -> float:
        """AUC-PR: trapezoids from (R, P) = (0, 1) through all points, as reported in most VPR papers.

        It is optimistic if there are few points (Davis and Goadrich, ICML 2006); `average_precision` is not.
        """
        precision = np.concatenate([[1.0], self.precision])
        return float(np.sum(np.diff(self.recall, prepend=0.0) * (precision[1:] + precision[:-1]) / 2))

    @property
    def recall_at_full_precision(self) -> float:
        """Recall at 100 % precision: how much can be accepted before the first wrong match; else 0."""
        return float(self.recall[self.precision == 1.0].max(initial=0.0))


def precision_recall(
    confidence: ArrayLike, right: ArrayLike, findable: ArrayLike | None = None
) -> PrecisionRecall:
    """Curve over the confidence of each query's best match (Lowry et al., T-RO 2016).

    Precision = right and accepted / accepted; recall = right and accepted / queries whose place is in the
    database (single-best-match: Schubert et al., RAM 2024). Matches of equal confidence are accepted
    together. So recall ends at recall@1, and no area exceeds it. Work on match uncertainty (Zaffar et al.,
    "SUE", CVPR 2024) divides by the number of right matches instead: pass `findable=right`.

    confidence (q,): any scale, higher means more certain; -inf if no match was returned. right (q,): is the
    match right? findable (q,): does the query have a positive? By default, all have. Raises `ValueError` for
    NaN, for shapes that do not match, for a right match of a query without positives, and if no query has a
    positive.
    """
    scores, hits = np.asarray(confidence, np.float64), np.asarray(right, bool)
    has = np.ones_like(hits) if findable is None else np.asarray(findable, bool)
    if scores.ndim != 1 or scores.shape != hits.shape or scores.shape != has.shape:
        raise ValueError(f"{scores.shape} confidences do not match {hits.shape} and {has.shape} outcomes")
    if np.isnan(scores).any():
        raise ValueError("a confidence is NaN; use -inf for a query that was not answered")
    if not has.any():
        raise ValueError("no query has a positive: recall is not defined")
    if (hits & (~has | (scores == -np.inf))).any():
        raise ValueError("a right match for a query that has no positive or was not answered")
    answered = np.flatnonzero(scores > -np.inf)
    order = answered[np.argsort(-scores[answered], kind="stable")]
    last = np.append(scores[order][1:] != scores[order][:-1], True)[: len(order)]
    accepted_right = np.cumsum(hits[order])[last]
    accepted = np.flatnonzero(last) + 1
    return PrecisionRecall(scores[order][last], accepted_right / accepted, accepted_right / np.sum(has))
