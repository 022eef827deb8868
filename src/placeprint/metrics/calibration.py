"""Does a confidence of 0.8 mean right in 80 % of the cases? Does the 90 % circle hold 90 %?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Reliability:
    """A reliability curve: for each bin of answers its mean confidence and the share that is right."""

    confidence: Float
    accuracy: Float
    count: NDArray[np.int64]

    @property
    def expected_error(self) -> float:
        """Expected calibration error: Σ_b n_b/n |accuracy_b - confidence_b| (Naeini et al., AAAI 2015)."""
        return float(np.average(np.abs(self.accuracy - self.confidence), weights=self.count))


def reliability(confidence: Float, right: NDArray[np.bool_], bins: int = 10) -> Reliability:
    """Bins of equal width over 0..1 (Guo et al., ICML 2017, §2); empty bins are left out.

    confidence (n,) in 0..1, right (n,). Raises `ValueError` when there are no answers.
    """
    confidence, right = np.asarray(confidence, np.float64), np.asarray(right, bool)
    if not len(confidence) or confidence.shape != right.shape:
        raise ValueError(f"{confidence.shape} confidences do not fit {right.shape} outcomes")
    at = np.clip((confidence * bins).astype(int), 0, bins - 1)
    count = np.bincount(at, minlength=bins)
    filled = count > 0
    return Reliability(
        np.bincount(at, confidence, bins)[filled] / count[filled],
        np.bincount(at, right.astype(np.float64), bins)[filled] / count[filled],
        count[filled],
    )


def coverage(error: Float, radius: Float) -> float:
    """Share of truths inside their circle: mean 1[error <= radius]. To be compared with 0.5 or 0.9."""
    return float(np.mean(np.asarray(error) <= np.asarray(radius)))
