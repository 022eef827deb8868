"""How far are the positions from the truth? Unanswered queries count as infinitely far."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from placeprint.arrays import Float64

DISTANCES = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)


def error_percentiles(
    error: ArrayLike, percentiles: Sequence[int] = (10, 25, 50, 75, 90, 95)
) -> dict[int, float]:
    """Percentiles of the position error in meters; the 50th is the circular error probable (CEP).

    Linear between order statistics x_0 ≤ x_1 ≤ ...: at h = (n-1) p/100 (Hyndman and Fan, 1996, type 7,
    as in NumPy). error (q,): meters, NaN or infinity if a query was not answered, which makes the high
    percentiles infinite. Returns {percentile: meters}. Raises `ValueError` without queries.
    """
    ordered = np.sort(_errors(error))
    return {p: _between(ordered, *divmod((len(ordered) - 1) * p, 100)) for p in percentiles}


def recall_over_distance(error: ArrayLike, distances: Sequence[float] = DISTANCES) -> dict[float, float]:
    """{d: share of all queries with an error of at most d meters}.

    error (q,): meters, NaN or infinity if a query was not answered: a failure at every distance.
    Raises `ValueError` without queries.
    """
    meters = _errors(error)
    return {d: float(np.mean(meters <= d)) for d in distances}


def area_to_truth(error: ArrayLike) -> Float64:
    """A = π e²: area in square meters (q,) of the disc around the estimate that just reaches the truth.

    This is what someone searches who walks outward from the estimate. error (q,): meters; the area is
    infinite if a query was not answered. For several candidates per query, see `area_searched`.
    """
    return np.pi * _errors(error) ** 2


def _errors(error: ArrayLike) -> Float64:
    meters = np.asarray(error, np.float64)
    if meters.ndim != 1 or not len(meters):
        raise ValueError(f"errors of shape {meters.shape}: one number for each of one or more queries")
    return np.where(np.isnan(meters), np.inf, meters)


def _between(ordered: Float64, below: int, hundredths: int) -> float:
    if not hundredths or np.isinf(ordered[below]):
        return float(ordered[below])
    return float(ordered[below] + (ordered[below + 1] - ordered[below]) * hundredths / 100)
