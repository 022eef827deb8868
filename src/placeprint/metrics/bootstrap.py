"""How certain is a mean over queries? Queries at the same place are correlated, so places are resampled."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from placeprint.arrays import Float64, Int64

CELLS = 1 << 21  # draws held in memory at once: samples x places


@dataclass(frozen=True)
class PairedDifference:
    """Mean of a - b, its interval, and how probable so large a difference is if a and b are equally good."""

    difference: float
    low: float
    high: float
    p_value: float


def bootstrap_interval(
    values: ArrayLike,
    places: ArrayLike | None = None,
    level: float = 0.95,
    samples: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Interval of the mean of values (q,) by the cluster bootstrap, percentile method.

    Each sample draws as many places as there are, with replacement, and takes the mean over all queries of
    the drawn places: Σ sums / Σ counts. The ends are the (1 ± level)/2 quantiles of these means (Efron and
    Tibshirani 1993, §13.3; clusters: Davison and Hinkley 1997, §3.8). values: any number per query, such as 1
    and 0 for right and wrong. places (q,): labels of any kind; None: each query is its own place.

    If all values are 1, or all are 0, resampling says nothing; the ends are then the exact binomial ones over
    the n places: ((1 - level)/2)^(1/n) and 1 (Clopper and Pearson 1934), or 0 and 1 minus that. (NaN, NaN)
    for a single place, which says nothing about others. Raises `ValueError` without queries, for values that
    are not finite, and for a level outside 0..1.
    """
    shares = np.asarray(values, np.float64)
    low, high = _interval(shares, places, level, samples, seed)
    if low == high and (shares == shares[0]).all() and shares[0] in (0.0, 1.0):
        count = len(np.unique(np.arange(len(shares)) if places is None else np.asarray(places)))
        uncertain = ((1 - level) / 2) ** (1 / count)
        return (uncertain, 1.0) if shares[0] else (0.0, 1.0 - uncertain)
    return low, high


def _interval(
    values: Float64, places: ArrayLike | None, level: float, samples: int, seed: int
) -> tuple[float, float]:
    """The quantiles of the resampled means."""
    sums, counts = _by_place(values, places)
    if not 0 < level < 1:
        raise ValueError(f"level {level} is not between 0 and 1")
    if len(sums) < 2:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    means = []
    for rows in _chunks(samples, len(sums)):
        drawn = rng.integers(0, len(sums), (rows, len(sums)))
        means.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    low, high = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_test(
    a: ArrayLike,
    b: ArrayLike,
    places: ArrayLike | None = None,
    level: float = 0.95,
    samples: int = 2000,
    seed: int = 0,
) -> PairedDifference:
    """Is method a better than method b on the same queries?

    The interval is `bootstrap_interval` of a - b. The p-value is two-sided: the signs of all differences of a
    place are flipped together at random, and p = (1 + #{|mean*| ≥ |mean|}) / (1 + samples), which is never 0
    (Phipson and Smyth 2010; sign flips: Fisher's randomization test). A single place has p = 1.

    a, b (q,): one number per query, such as 1 for right. Errors as in `bootstrap_interval`.
    """
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if first.shape != second.shape:
        raise ValueError(f"{first.shape} values do not pair with {second.shape}")
    low, high = _interval(first - second, places, level, samples, seed)
    sums, counts = _by_place(first - second, places)
    # Sums that are mathematically equal may differ in the last bits.
    least = abs(sums.sum()) - 1e-12 * np.abs(sums).sum()
    rng = np.random.default_rng(seed)
    as_large = 0
    for rows in _chunks(samples, len(sums)):
        signs = rng.integers(0, 2, (rows, len(sums)), np.int8) * 2.0 - 1.0
        as_large += int(np.sum(np.abs(signs @ sums) >= least))
    return PairedDifference(float(sums.sum() / counts.sum()), low, high, (1 + as_large) / (1 + samples))


def _by_place(values: Float64, places: ArrayLike | None) -> tuple[Float64, Int64]:
    labels = np.arange(values.size) if places is None else np.asarray(places)
    if values.ndim != 1 or not len(values) or labels.shape != values.shape:
        raise ValueError(f"{values.shape} values do not match {labels.shape} places")
    if not np.isfinite(values).all():
        raise ValueError("a value is NaN or infinite: leave its query out first")
    place = np.unique(labels, return_inverse=True)[1]
    return np.bincount(place, values).astype(np.float64), np.bincount(place).astype(np.int64)


def _chunks(samples: int, places: int) -> Iterator[int]:
    rows = max(1, CELLS // places)
    for start in range(0, samples, rows):
        yield min(rows, samples - start)
