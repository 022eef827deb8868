"""Spatial verification: are the local features of two photos arranged as in the same scene?"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from placeprint.arrays import Bool, Float32, Float64, Int64
from placeprint.errors import PlaceprintError
from placeprint.features import LocalFeatures, match

UNITS = 1000.0  # the longer side of an image, in the units of geometry estimation
CELLS = 8


@dataclass(frozen=True)
class VerificationSettings:
    """Chosen on streets, with photos up to 25 m apart; the defaults need no change for other photos.

    `ratio`: Lowe's ratio test. `tolerance`: largest Sampson distance to the epipolar geometry, as a share of
    the image's longer side (0.01: 5 px of 480; a feature on a façade 20 m away can hardly be located better).
    `minimum`: fewer matches or inliers prove nothing, since seven always fit. `iterations`: the maximum
    number of samples.
    """

    ratio: float = 0.8
    tolerance: float = 0.01
    minimum: int = 8
    iterations: int = 300


@dataclass(frozen=True, eq=False)
class Verification:
    """Evidence that two photos show the same scene.

    `matches` (m, 2): rows of the query's and of the candidate's features, one to one, least ambiguous first.
    `inlier_mask` (m,): those that agree with `matrix`, the fundamental matrix F (3, 3) in pixels with
    x_candidateᵀ F x_query = 0 (homogeneous columns), or None if there is none. `inliers`: their number, 0 if
    the geometry is rejected. `spread`: share of an 8 × 8 grid over the image that contains inliers, in the
    image where it is smaller. `score`: inliers + ½ (matches that are not).
    """

    inliers: int
    matches: Int64
    inlier_mask: Bool
    model: str
    matrix: Float64 | None
    spread: float
    score: float


def verify(
    query: LocalFeatures, candidate: LocalFeatures, settings: VerificationSettings | None = None
) -> Verification:
    """Match the features of two photos and find the epipolar geometry that most matches agree with.

    Mutual nearest neighbors that pass Lowe's ratio test, then LO-RANSAC with the seven-point solver and
    truncated-loss refinement (PoseLib; Chum, Matas & Kittler, DAGM 2003). Streets are not planes: on street
    views 0 to 25 m apart the fundamental matrix ranks candidates better than a single homography. A geometry
    is rejected if its inliers are too few, or lie on one point or line in either image.

    The score counts a match that is not an inlier as half: with a dozen matches the geometry often misses
    true ones, and matches that pass the ratio test are evidence by themselves. Deterministic: the samples are
    drawn with a fixed seed.
    """
    settings = settings or VerificationSettings()
    pairs = _one_to_one(match(query.descriptors, candidate.descriptors, settings.ratio), query, candidate)
    here, there = query.xy[pairs[:, 0]], candidate.xy[pairs[:, 1]]
    matrix, mask = _fundamental(here, there, max(query.size), max(candidate.size), settings)
    if (
        matrix is None
        or mask.sum() < settings.minimum
        or _thickness(here[mask]) < settings.tolerance * max(query.size)
        or _thickness(there[mask]) < settings.tolerance * max(candidate.size)
    ):
        matrix, mask = None, np.zeros(len(pairs), np.bool_)
    inliers = int(mask.sum())
    covered = min(spread(here[mask], query.size), spread(there[mask], candidate.size))
    return Verification(inliers, pairs, mask, "fundamental", matrix, covered, (inliers + len(pairs)) / 2)


def spread(xy: Float32, size: tuple[int, int], cells: int = CELLS) -> float:
    """Share of the cells of a `cells` × `cells` grid over the image that contain a point, 0 to 1.

    The "effective inliers" of COLMAP's image retrieval (Schönberger et al., ACCV 2016), where it is a count.
    `xy` (n, 2) in pixels, pixel centers at integers; `size` (width, height).
    """
    cell = np.floor((xy + 0.5) * cells / np.asarray(size)).astype(np.int64).clip(0, cells - 1)
    return len(np.unique(cell[:, 0] * cells + cell[:, 1])) / cells**2


def _one_to_one(pairs: Int64, query: LocalFeatures, candidate: LocalFeatures) -> Int64:
    """The pairs without those that reuse a position: a corner with two orientations is one corner."""
    for column, features in enumerate((query, candidate)):
        positions = features.xy[pairs[:, column]].astype(np.float64) @ np.array([1.0, 1.0j])
        pairs = pairs[np.sort(np.unique(positions, return_index=True)[1])]
    return pairs


def _fundamental(
    here: Float32,
    there: Float32,
    longer_here: int,
    longer_there: int,
    settings: VerificationSettings,
) -> tuple[Float64 | None, Bool]:
    if len(here) < settings.minimum:
        return None, np.zeros(len(here), np.bool_)
    poselib = _poselib()
    scale_here, scale_there = UNITS / longer_here, UNITS / longer_there
    options = {
        "max_epipolar_error": settings.tolerance * UNITS,
        "max_iterations": settings.iterations,
        "min_iterations": min(50, settings.iterations),
        "success_prob": 0.999,
        "seed": 0,
    }
    normalized, found = poselib.estimate_fundamental(
        here.astype(np.float64) * scale_here, there.astype(np.float64) * scale_there, options, {}
    )
    matrix = np.diag([scale_there, scale_there, 1.0]) @ normalized @ np.diag([scale_here, scale_here, 1.0])
    mask = np.asarray(found["inliers"], np.bool_)
    return (matrix, mask) if np.isfinite(matrix).all() and matrix.any() else (None, mask)


def _poselib() -> Any:
    try:
        import poselib
    except (ImportError, RuntimeError) as error:  # its own error where the system lacks memory
        mend = "Allow more memory if it is limited; else install placeprint again."
        raise PlaceprintError("PoseLib, which compares photos, cannot be loaded", mend) from error
    return poselib


def _thickness(xy: Float32) -> float:
    """Standard deviation of points across their main direction, in pixels; 0 on a line."""
    centered = xy.astype(np.float64) - xy.mean(axis=0)
    xx, yy, xy_ = (centered[:, [0, 1, 0]] * centered[:, [0, 1, 1]]).mean(axis=0)
    # The smaller eigenvalue of the 2 × 2 covariance; LAPACK's threads would cost more than the sum.
    smaller = (xx + yy) / 2 - np.hypot((xx - yy) / 2, xy_)
    return float(np.sqrt(max(smaller, 0.0)))
