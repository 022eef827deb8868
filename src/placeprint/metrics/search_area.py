"""How much ground must be searched before the truth is found: recall over area."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from placeprint.arrays import Float64

TURN = 2 * np.pi


def area_searched(candidates: ArrayLike, truth: ArrayLike, radius: float = 25.0) -> float:
    """Square meters searched when the discs around the candidates are searched in order.

    Bianco et al., "Enhancing worldwide image geolocation ...", 2024 (arXiv 2407.13862), "recall vs area": the
    accumulated area of the ranked regions up to the first one that contains the truth. Here a region is the
    disc of `radius` meters around a candidate, boundary included; where discs overlap, the ground is searched
    once.

    candidates (h, 2): meters east and north, best first; truth (2,). Infinite if no disc contains the truth.
    Raises `ValueError` for positions that are not finite.
    """
    centers, goal = _points(candidates), np.asarray(truth, np.float64)
    if goal.shape != (2,) or not np.isfinite(goal).all():
        raise ValueError(f"the truth must be one finite position (2,), not {goal}")
    holds = np.flatnonzero(np.hypot(*(centers - goal).T) <= radius)
    return union_of_discs(centers[: holds[0] + 1], radius) if len(holds) else float("inf")


def recall_over_area(
    area: ArrayLike, budgets: Sequence[float] = (1e4, 1e5, 1e6, 1e7, 1e8)
) -> dict[float, float]:
    """{A: share of all queries whose truth is found within A square meters}, the curve of "recall vs area".

    area (q,): square meters from `area_searched` or `area_to_truth`, infinite if it is never found.
    Raises `ValueError` without queries.
    """
    squares = np.asarray(area, np.float64)
    if squares.ndim != 1 or not len(squares):
        raise ValueError(f"areas of shape {squares.shape}: one number for each of one or more queries")
    return {budget: float(np.mean(squares <= budget)) for budget in budgets}


def union_of_discs(centers: ArrayLike, radius: float) -> float:
    """Exact area covered by discs of equal radius around centers (h, 2), by Green's theorem.

    A = ½ ∮ x dy - y dx over the arcs not covered by any other disc; an arc from a to b around (x, y) adds ½ r
    [r (b-a) + x (sin b - sin a) - y (cos b - cos a)]. A disc at distance d < 2r covers the arc of ± arccos(d
    / 2r) in its direction. O(h² log h). Raises `ValueError` for positions that are not finite.
    """
    points = np.unique(_points(centers), axis=0)
    return float(sum(_exposed(points, i, radius) for i in range(len(points))))


def _exposed(points: Float64, i: int, radius: float) -> float:
    to_others = np.delete(points, i, axis=0) - points[i]
    distance = np.hypot(*to_others.T)
    near = distance < 2 * radius
    half = np.arccos(distance[near] / (2 * radius))
    begin = (np.arctan2(to_others[near, 1], to_others[near, 0]) - half) % TURN
    # Each covered arc appears twice, a full turn apart, so that none is cut at angle 0.
    begin, length = np.concatenate([begin - TURN, begin]), np.tile(2 * half, 2)
    order = np.argsort(begin)
    covered_to = np.maximum.accumulate(np.concatenate([[0.0], (begin + length)[order]]))
    next_begin = np.concatenate([begin[order], [TURN]])
    free = next_begin > covered_to
    a, b = covered_to[free], next_begin[free]
    x, y = points[i]
    arcs = radius * (b - a) + x * (np.sin(b) - np.sin(a)) - y * (np.cos(b) - np.cos(a))
    return float(radius * arcs.sum() / 2)


def _points(positions: ArrayLike) -> Float64:
    points = np.asarray(positions, np.float64)
    points = points if points.size else np.empty((0, 2))
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError(f"positions {points.shape} must be (h, 2) finite numbers")
    return points
