"""Is a confidence of 0.8 right in 80 % of the cases? Does the 90 % circle contain the truth in 90 %?"""

from dataclasses import dataclass

import numpy as np

from placeprint.arrays import Bool, Float64, Int64


@dataclass(frozen=True)
class Reliability:
    """A reliability curve: the mean confidence of each bin of answers, and the share that is right."""

    confidence: Float64
    accuracy: Float64
    count: Int64

    @property
    def expected_error(self) -> float:
        """Expected calibration error: Σ_b n_b/n |accuracy_b - confidence_b| (Naeini et al., AAAI 2015)."""
        return float(np.average(np.abs(self.accuracy - self.confidence), weights=self.count))


def reliability(confidence: Float64, right: Bool, bins: int = 10) -> Reliability:
    """Bins of equal width over 0..1 (Guo et al., ICML 2017, §2); empty bins are left out.

    confidence (n,) in 0..1, right (n,). Raises `ValueError` if there are no answers, and for confidences
    outside 0..1.
    """
    confidence, right = _answers(confidence, right)
    at = np.clip((confidence * bins).astype(int), 0, bins - 1)
    count = np.bincount(at, minlength=bins)
    filled = count > 0
    return Reliability(
        np.bincount(at, confidence, bins)[filled] / count[filled],
        np.bincount(at, right.astype(np.float64), bins)[filled] / count[filled],
        count[filled],
    )


def brier_score(confidence: Float64, right: Bool) -> float:
    """Brier score: mean (confidence - 1[right])² (Brier 1950, two outcomes); 0 is best, in 0..1.

    confidence (n,), right (n,); raises `ValueError` as `reliability` does.
    """
    confidence, right = _answers(confidence, right)
    return float(np.mean((confidence - right) ** 2))


def negative_log_likelihood(confidence: Float64, right: Bool) -> float:
    """NLL: mean of -ln p, p being the confidence of a right answer and 1 - confidence of a wrong one.

    Guo et al., ICML 2017, §2. In nats; infinite where an answer was certain and wrong.
    confidence (n,), right (n,); raises `ValueError` as `reliability` does.
    """
    confidence, right = _answers(confidence, right)
    with np.errstate(divide="ignore"):
        return float(np.mean(np.abs(np.log(np.where(right, confidence, 1 - confidence)))))


def coverage(error: Float64, radius: Float64) -> float:
    """Share of truths inside their circle: mean 1[error <= radius]. Compare it with 0.5 or 0.9.

    error (n,), radius (n,) or one for all, in the same unit. Raises `ValueError` if there are no answers.
    """
    if not np.size(error):
        raise ValueError("no answers: the coverage is not defined")
    return float(np.mean(np.asarray(error) <= np.asarray(radius)))


def _answers(confidence: Float64, right: Bool) -> tuple[Float64, Bool]:
    confidence, right = np.asarray(confidence, np.float64), np.asarray(right, bool)
    if not len(confidence) or confidence.shape != right.shape:
        raise ValueError(f"{confidence.shape} confidences do not match {right.shape} outcomes")
    if not ((confidence >= 0) & (confidence <= 1)).all():
        raise ValueError("a confidence is outside 0..1")
    return confidence, right
