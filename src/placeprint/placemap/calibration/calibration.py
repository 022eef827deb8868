"""From evidence to calibrated numbers: a confidence and the radii of the 50 % and 90 % regions.

A map learns both from its own photos, each located as if it were not in the map: once without the
photos of its own panorama (the right answer is still there), once without anything near it (there
is no right answer). The first kind teaches how often and how far answers err; both teach what a
wrong answer looks like.

Confidence is the probability that the answer lies within `tolerance` meters of the truth: logistic
regression on the evidence (Platt, 1999), with non-negative weights, since every cue is larger for
better evidence, and a Gaussian prior around the weights of a larger map, so that twenty photos refine
the prior while two thousand replace it. Radii are quantiles of the held-out errors of answers with
similar confidence, one rank further out for few samples (Vovk's conformal quantile).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from placeprint.arrays import Bool, Float64
from placeprint.placemap.calibration.logistic import fit_logistic, logistic

TOLERANCE = 25.0
"""Meters within which an answer counts as right: the usual threshold (Torii 2013, Arandjelović 2016)."""

ELSEWHERE = 0.1
"""Assumed share of queries from outside the map, before any evidence."""

CUES = 2
"""Version of the cues that `position.estimate` gives: weights learned for others mean nothing."""

PRIOR_STRENGTH = 10.0
"""Weight of the prior, in held-out photos."""

WINDOW = 40
"""How many held-out answers with the nearest confidence determine a radius."""


@dataclass(frozen=True)
class Calibration:
    """What a map learned about its own answers. Only lists, so that it is JSON as it is.

    `weights` (c + 1,): of each cue and of the constant 1. `scores` (m,) and `errors` (m,): logit of the
    confidence and error in meters of the held-out answers, ordered by score. `photos`: how many photos were
    held out (0 if there is only the prior). `tolerance`: meters within which an answer counted as right.
    """

    weights: list[float]
    scores: list[float]
    errors: list[float]
    photos: int
    tolerance: float = TOLERANCE

    def confidence(self, cues: Float64) -> float:
        """Probability that the answer is right; `cues` (c,), each larger for better evidence.

        At most 1 - 1 / (n + 2), with n the number of photos held out plus those the prior counts for
        (Laplace's rule of succession): that many right answers in a row prove no more.
        """
        most = 1.0 - 1.0 / (self.photos + PRIOR_STRENGTH + 2.0)
        return min(float(logistic(self._score(cues))), most)

    def radii(self, cues: Float64) -> tuple[float, float]:
        """(50 %, 90 %) radii in meters: quantiles over the held-out answers with similar confidence."""
        if not self.errors:
            return self.tolerance, 4.0 * self.tolerance
        scores, errors = np.array(self.scores), np.array(self.errors)
        # A window in score wide enough for a stable 90 % quantile, yet local if there are many photos.
        distance = np.abs(scores - self._score(cues))
        nearest = min(WINDOW, len(distance)) - 1
        width = max(float(np.partition(distance, nearest)[nearest]), 1e-6)
        weight = np.maximum(1.0 - (distance / (2.0 * width)) ** 2, 0.0)
        inner, outer = (conformal_quantile(errors, weight, share) for share in (0.5, 0.9))
        return inner, max(inner, outer)

    def _score(self, cues: Float64) -> float:
        return float(np.append(cues, 1.0) @ np.array(self.weights))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return asdict(self)


def conformal_quantile(values: Float64, weights: Float64, share: float) -> float:
    """The smallest value v with Σ{w_i : value_i <= v} >= share · (Σ w + max w), or the largest.

    With equal weights this is the ⌈share (n + 1)⌉-th smallest: a new value falls under it with a
    probability of at least `share` (Vovk, Gammerman & Shafer 2005, §2.3).
    """
    order = np.argsort(values, kind="stable")
    mass = np.cumsum(weights[order])
    at = np.searchsorted(mass, share * (mass[-1] + weights.max()) - 1e-12)
    return float(values[order][min(at, len(order) - 1)])


def calibrate(
    cues: Float64,
    errors: Float64,
    in_map: Bool,
    prior: Calibration | None = None,
    tolerance: float = TOLERANCE,
    elsewhere: float = ELSEWHERE,
) -> Calibration:
    """Learn from held-out answers.

    cues (n, c); errors (n,) in meters; in_map (n,): whether the right answer was in the map. Answers to
    photos from elsewhere have a total weight of `elsewhere`, however many there are. The few held-out answers
    in the prior are added to the map's own. Where no right answer could be given, the prior stays.
    """
    if prior is not None and not in_map.any():
        return prior
    right = in_map & (errors <= tolerance)
    weight = np.where(
        in_map, (1.0 - elsewhere) / max(in_map.sum(), 1), elsewhere / max((~in_map).sum(), 1)
    ) * max(in_map.sum(), 1)
    inputs = np.column_stack([cues, np.ones(len(cues))])
    center = np.array(prior.weights) if prior else np.zeros(inputs.shape[1])
    # Right answers alone cannot teach what a wrong one looks like: then the prior's weights are kept.
    one_sided = prior is not None and bool(right.all())
    weights = center if one_sided else _fit(inputs, right.astype(np.float64), weight, center)
    scores, errors = inputs[in_map] @ weights, errors[in_map]
    if prior is not None:
        scores, errors = np.append(scores, prior.scores), np.append(errors, prior.errors)
    order = np.argsort(scores, kind="stable")
    return Calibration(
        weights.tolist(), scores[order].tolist(), errors[order].tolist(), int(in_map.sum()), tolerance
    )


def _fit(inputs: Float64, right: Float64, weight: Float64, center: Float64) -> Float64:
    """The prior weighs as much as `PRIOR_STRENGTH` samples: the curvature that so many at even odds add."""
    spread = np.append(np.maximum(inputs[:, :-1].std(axis=0), 1e-3), 1.0)
    stiffness = PRIOR_STRENGTH * 0.25 * spread**2

    return fit_logistic(inputs, right, weight, center, stiffness)
