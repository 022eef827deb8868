"""Projections that make matching photos alike and others different (Lw)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float64, chunks
from placeprint.errors import PlaceprintError, needing
from placeprint.whitening.principal_axes import BLOCK

FIRST_DIAGONAL = 1e-10


def discriminative_projections(
    centered: Float64, pairs: NDArray[Any], dim: int, shrinkage: float | None = None
) -> tuple[Float64, float, float]:
    """Rows (min(dim, k), k) that project centered vectors (n, k); the shrinkage; and what was added to C_S.

    P = Vᵀ W with W C_S Wᵀ = I, where C_S is the mean of d dᵀ over the differences d of the matching `pairs`
    (m, 2), and V holds the leading eigenvectors of W C Wᵀ, with C the covariance of all vectors (Mikolajczyk
    & Matas, ICCV 2007; Radenović, Tolias & Chum, ECCV 2016 and TPAMI 2019). For C the papers take the
    differences of the non-matching pairs. Those of all pairs sum to n² C, those of the matching ones to m
    C_S, which W turns into m I, so the eigenvectors and their order are the same.

    C_S ← (1 − s) C_S + s (tr C_S / k) I for `shrinkage` s, which is `optimal_shrinkage` if None; if a pivot
    of its Cholesky factor still vanishes, 1e-10, 1e-9, ... of tr C_S / k is added to its diagonal until none
    does. Raises `PlaceprintError` if matching photos do not differ, `MissingExtraError` without SciPy.
    """
    with needing("research", "Supervised whitening"):
        from scipy.linalg import eigh, solve_triangular

    within, fourth = np.zeros((centered.shape[1], centered.shape[1])), 0.0
    for part in chunks(len(pairs), BLOCK):
        d = centered[pairs[part, 0]] - centered[pairs[part, 1]]
        within += d.T @ d / len(pairs)
        fourth += float((np.einsum("ij,ij->i", d, d) ** 2).sum()) / len(pairs)
    scale = float(np.trace(within)) / len(within)
    if not scale > 0:
        raise PlaceprintError("matching photos have equal vectors", "Give pairs of different photos.")
    if shrinkage is None:
        shrinkage = optimal_shrinkage(within, fourth, independent_differences(pairs))
    within = (1 - shrinkage) / scale * within + shrinkage * np.eye(len(within))
    factor, added = _cholesky(within)
    half = solve_triangular(factor, centered.T @ centered / len(centered), lower=True)
    whitened = solve_triangular(factor, half.T, lower=True)
    last = [len(within) - min(dim, len(within)), len(within) - 1]
    _, axes = eigh(whitened, subset_by_index=last, overwrite_a=True)
    projections = solve_triangular(factor, axes[:, ::-1], lower=True, trans="T").T / np.sqrt(scale)
    return projections, shrinkage, added


def optimal_shrinkage(covariance: Float64, fourth: float, independent: int) -> float:
    """The s in [0, 1] for which (1 − s) C + s μ I is expected to be nearest to the true covariance.

    s = (E‖d‖⁴ − ‖C‖²) / (m ‖C − μ I‖²), Frobenius norms, μ = tr C / k, `fourth` = E‖d‖⁴ over the vectors d of
    which C (k, k) is the mean d dᵀ (Ledoit & Wolf, Journal of Multivariate Analysis 2004). m is how many of
    them are `independent`; s is 1 for fewer than two.
    """
    square = float((covariance**2).sum())
    spread = square - float(np.trace(covariance)) ** 2 / len(covariance)
    missing = max(fourth - square, 0.0) / max(independent, 1)
    return missing / spread if independent > 1 and missing < spread else 1.0


def independent_differences(pairs: NDArray[Any]) -> int:
    """Rank of the differences of generic vectors: photos in the pairs minus groups connected by pairs.

    Three views of a place make three pairs, and the third difference follows from the other two.
    """
    with needing("research", "Supervised whitening"):
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

    photos, ends = np.unique(pairs, return_inverse=True)
    first, second = ends.reshape(-1, 2).T
    joined = coo_array((np.ones(len(pairs)), (first, second)), shape=(len(photos), len(photos)))
    groups, _ = connected_components(joined, directed=False)
    return len(photos) - int(groups)


def _cholesky(matrix: Float64) -> tuple[Float64, float]:
    """Lower factor of a matrix with mean diagonal 1, and what had to be added to its diagonal."""
    from scipy.linalg import LinAlgError, cholesky

    added = 0.0
    while True:
        try:
            factor = cholesky(matrix + added * np.eye(len(matrix)), lower=True)
            if np.diagonal(factor).min() ** 2 > FIRST_DIAGONAL / 2:  # else only rounding let it pass
                return factor, added
        except LinAlgError:
            pass
        added = max(10 * added, FIRST_DIAGONAL)
