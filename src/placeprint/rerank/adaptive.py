"""When the descriptor alone is sure enough, the candidates need no geometry."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def position_aware_ratio(
    distances: NDArray[np.floating[Any]], positions: NDArray[np.floating[Any]], radius: float = 25.0
) -> float:
    """d₁ / d_other: the best distance over the best distance at another place; 0 is sure, 1 is a draw.

    d_other is the smallest descriptor distance among the candidates farther than `radius` metres from
    the best one: the PA score of Zaffar et al., "On the Estimation of Image-matching Uncertainty in
    Visual Place Recognition", CVPR 2024, §3.2. Lowe's ratio, but with neighbours at the same place not
    taken for rivals.

    `distances` (n,): Euclidean, in any order; `positions` (n, 2): metres in a local plane. Where every
    candidate is at one place the largest distance is a lower bound of d_other, so it stands in; without
    two candidates the ratio is 0. Raises `ValueError` where the shapes do not agree.
    """
    distances, positions = np.asarray(distances), np.asarray(positions)
    if distances.ndim != 1 or positions.shape != (len(distances), 2):
        raise ValueError(f"distances {distances.shape} and positions {positions.shape} do not agree")
    if len(distances) < 2:
        return 0.0
    best = int(distances.argmin())
    away = np.linalg.norm(positions - positions[best], axis=1) > radius
    rival = float(distances[away].min() if away.any() else distances.max())
    return float(distances[best]) / rival if rival > 0.0 else 1.0


def needs_verification(
    distances: NDArray[np.floating[Any]],
    positions: NDArray[np.floating[Any]],
    radius: float = 25.0,
    sure: float = 0.84,
) -> bool:
    """Whether the candidates of one query should be verified: position-aware ratio above `sure`.

    A larger `sure` skips more queries. See `position_aware_ratio` for the arguments.
    """
    return position_aware_ratio(distances, positions, radius) > sure
