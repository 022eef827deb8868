"""How hard the mined tuples are: it distinguishes training that progresses from training that stalls."""

from dataclasses import dataclass

import numpy as np

from placeprint.training.mining.tuples import MinedTuples


@dataclass(frozen=True)
class MiningStatistics:
    """Statistics of some tuples, by the descriptors they were mined with (distances are not squared; 0 to 2
    for unit vectors). Means of nothing are NaN.

    - `tuples`, `negatives`: how many, including negatives outside the margin.
    - `violating`: share of the negatives with d_n² < d_p² + margin.
    - `hard`: share of the tuples with at least one of these.
    - `positive_distance`, `negative_distance`: mean d_p of the tuples, mean d_n of the negatives.
    """

    tuples: int = 0
    negatives: int = 0
    violating: float = np.nan
    hard: float = np.nan
    positive_distance: float = np.nan
    negative_distance: float = np.nan

    def __add__(self, other: "MiningStatistics") -> "MiningStatistics":
        """Statistics of both together."""
        tuples, negatives = (self.tuples, other.tuples), (self.negatives, other.negatives)
        return MiningStatistics(
            sum(tuples),
            sum(negatives),
            _mean(negatives, (self.violating, other.violating)),
            _mean(tuples, (self.hard, other.hard)),
            _mean(tuples, (self.positive_distance, other.positive_distance)),
            _mean(negatives, (self.negative_distance, other.negative_distance)),
        )


def mining_statistics(tuples: MinedTuples, margin: float = 0.1) -> MiningStatistics:
    """Statistics of mined tuples; all NaN for random ones, which have no distances."""
    number, violating = int(tuples.found.sum()), tuples.violating(margin)
    known = bool(np.isfinite(tuples.squared_positive).all())
    return MiningStatistics(
        len(tuples),
        number,
        float(violating.sum()) / number if number and known else np.nan,
        float(violating.any(axis=1).mean()) if len(tuples) and known else np.nan,
        float(np.sqrt(tuples.squared_positive, dtype=np.float64).mean()) if len(tuples) else np.nan,
        float(np.sqrt(tuples.squared_negative[tuples.found], dtype=np.float64).mean()) if number else np.nan,
    )


def _mean(weights: tuple[int, int], values: tuple[float, float]) -> float:
    pairs = [(weight, value) for weight, value in zip(weights, values, strict=True) if weight]
    return sum(w * v for w, v in pairs) / sum(w for w, _ in pairs) if pairs else np.nan
