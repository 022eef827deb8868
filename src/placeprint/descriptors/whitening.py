"""PCA whitening: fewer dimensions, co-occurring ones no longer counted twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.errors import PlaceprintError

Float = NDArray[np.float32]
RANK_TOLERANCE = 1e-8
BLOCK = 1024


@dataclass(frozen=True, eq=False)
class Whitening:
    """y = W (x − m), then y / ‖y‖: `mean` (D,), `matrix` W (dim, D) float32, `provenance` JSON.

    Jégou & Chum, "Negative evidences and co-occurences in image retrieval", ECCV 2012;
    W = diag(λ + ε)^(−1/2) Uᵀ, with λ, U the leading eigenpairs of the covariance of the training rows.
    """

    mean: Float
    matrix: Float
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or self.mean.shape != self.matrix.shape[1:]:
            raise ValueError(f"mean {self.mean.shape} and matrix {self.matrix.shape} do not fit")

    @property
    def dim(self) -> int:
        return len(self.matrix)

    @classmethod
    def fit(
        cls,
        vectors: NDArray[Any],
        dim: int,
        eps: float = 1e-9,
        shrinkage: float = 0.0,
        provenance: Mapping[str, Any] | None = None,
    ) -> "Whitening":
        """Learn from rows of `vectors` (n, D), one a photo.

        The result has min(dim, rank) dimensions, rank ≤ n − 1 being the number of eigenvalues above
        1e-8 of the largest: n photos say nothing about further directions. `eps` is added to λ (1e-9
        in NetVLAD's code); `shrinkage` s mixes it with the kept eigenvalues' mean, (1 − s) λ + s λ̄,
        against overfitting few photos (1: PCA without whitening). Fewer rows than columns are solved
        through the n × n Gram matrix. Raises `PlaceprintError` without two different, finite rows.
        """
        rows = np.asarray(vectors, np.float32)
        if rows.ndim != 2 or not np.isfinite(rows).all():
            raise PlaceprintError(
                f"whitening needs finite vectors (n, D), not {rows.shape}", "Leave the others out."
            )
        if len(rows) < 2:
            raise PlaceprintError(
                f"whitening cannot be learnt from {len(rows)} photo(s)", "Give more photos."
            )
        mean: Float = rows.astype(np.float64).mean(axis=0).astype(np.float32)
        values, axes = _principal_axes(rows - mean, dim)
        if not len(values):
            raise PlaceprintError(
                "whitening needs photos that differ; all vectors are equal", "Give other photos."
            )
        lengths = np.sqrt((1.0 - shrinkage) * values + shrinkage * values.mean() + eps)
        said = {"photos": len(rows), "eps": eps, "shrinkage": shrinkage, "source": "learnt"}
        return cls(
            mean.astype(np.float32),
            (axes / lengths[:, None]).astype(np.float32),
            said | dict(provenance or {}),
        )

    def apply(self, vectors: NDArray[Any]) -> Float:
        """(n, D) → (n, dim), rows of unit length; a row that equals the mean becomes the first axis."""
        rows: Float = np.asarray(vectors, np.float32)
        whitened: Float = np.asarray((rows - self.mean) @ self.matrix.T, np.float32)
        whitened[~whitened.any(axis=1)] = np.eye(1, self.dim)
        whitened /= np.linalg.norm(whitened, axis=1, keepdims=True)
        return whitened

    def truncated(self, dim: int) -> "Whitening":
        """Only the first `dim` dimensions; the rows that `apply` gives are of unit length again."""
        return Whitening(self.mean, np.ascontiguousarray(self.matrix[:dim]), self.provenance)


def _principal_axes(centred: Float, dim: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Largest eigenvalues of the covariance, descending, and their axes as rows."""
    from scipy.linalg import eigh

    n, columns = centred.shape
    dual = n < columns
    side = min(n, columns)
    products = np.zeros((side, side))
    split_along = 1 if dual else 0
    for block in np.array_split(centred, -(-centred.shape[split_along] // BLOCK), axis=split_along):
        part = block.astype(np.float64)
        products += part @ part.T if dual else part.T @ part
    values, axes = eigh(products, subset_by_index=[side - min(dim, side), side - 1])
    values, axes = values[::-1], axes[:, ::-1].T
    kept = values > RANK_TOLERANCE * max(values[0], np.finfo(np.float64).tiny)
    values, axes = values[kept], axes[kept]
    if dual:
        axes = (axes / np.sqrt(values)[:, None]) @ centred
    return values / (n - 1), axes
