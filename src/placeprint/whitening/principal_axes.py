"""Principal axes of many long vectors, from the covariance or the Gram matrix, whichever is smaller."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, Float64, chunks
from placeprint.errors import PlaceprintError

RANK_TOLERANCE = 1e-8
"""Eigenvalues below this fraction of the largest are rounding error, not variance."""

BLOCK = 1024


@dataclass(frozen=True, eq=False)
class PrincipalAxes:
    """Leading eigenpairs of the covariance Xᵀ X / (n − 1) of the centered rows X (n, D).

    `values` (k,), descending; `vectors` (min(n, D), k) are the axes themselves or, if n < D, the eigenvectors
    of the Gram matrix X Xᵀ, whose axes are vᵀ X / √((n − 1) λ).
    """

    rows: Float32
    mean: Float64
    values: Float64
    vectors: Float64

    @property
    def dual(self) -> bool:
        """Whether `vectors` belong to the Gram matrix."""
        return len(self.rows) < len(self.mean)

    @cached_property
    def lengths(self) -> Float64:
        """(k,) √((n − 1) λ): the singular values of X."""
        lengths: Float64 = np.sqrt((len(self.rows) - 1) * self.values)
        return lengths

    def combined(self, weights: Float64) -> Float32:
        """(m, D): linear combinations of the axes with `weights` (m, k)."""
        if not self.dual:
            return np.asarray(weights @ self.vectors.T, np.float32)
        of_rows = (weights / self.lengths) @ self.vectors.T
        made = np.empty((len(weights), len(self.mean)), np.float32)
        for part in chunks(len(self.mean), BLOCK):
            made[:, part] = of_rows @ (self.rows[:, part] - self.mean[part])
        return made

    def coordinates(self) -> Float64:
        """(n, k): the centered rows along the axes."""
        if self.dual:
            return np.asarray(self.vectors * self.lengths, np.float64)
        made = np.empty((len(self.rows), len(self.values)))
        for part in chunks(len(self.rows), BLOCK):
            made[part] = (self.rows[part] - self.mean) @ self.vectors
        return made


def principal_axes(vectors: NDArray[Any], dim: int) -> PrincipalAxes:
    """At most `dim` axes of the rows (n, D); fewer if the rows span fewer dimensions.

    Besides the rows, memory is about three square matrices of side min(n, D) in double precision. Raises
    `PlaceprintError` without two different, finite rows.
    """
    if dim < 1:
        raise ValueError(f"dim must be at least 1, not {dim}")
    rows = np.asarray(vectors, np.float32)
    with np.errstate(invalid="ignore"):  # infinities cancel to NaN, which is checked below
        mean = rows.mean(axis=0, dtype=np.float64) if rows.ndim == 2 and len(rows) else np.zeros(0)
    if rows.ndim != 2 or not np.isfinite(mean).all():
        raise PlaceprintError(
            f"whitening needs finite vectors (n, D), not {rows.shape}", "Leave out the others."
        )
    if len(rows) < 2:
        raise PlaceprintError(f"whitening cannot be learned from {len(rows)} photo(s)", "Give more photos.")
    side, dual = min(rows.shape), len(rows) < rows.shape[1]
    products = np.zeros((side, side))
    for part in chunks(max(rows.shape) if dual else len(rows), BLOCK):
        block = rows[:, part] - mean[part] if dual else (rows[part] - mean).T
        products += block @ block.T
    values, axes = np.linalg.eigh(products)
    values, axes = values[-dim:], axes[:, -dim:]
    kept = values > RANK_TOLERANCE * max(values[-1], np.finfo(np.float64).tiny)
    if not kept.any():
        raise PlaceprintError(
            "whitening needs photos that differ; all vectors are equal", "Give different photos."
        )
    return PrincipalAxes(rows, mean, values[kept][::-1] / (len(rows) - 1), axes[:, kept][:, ::-1])
