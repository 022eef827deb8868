"""Whitening: fewer dimensions, and co-occurring ones no longer counted twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, chunks
from placeprint.errors import PlaceprintError
from placeprint.whitening.power_law import power_law
from placeprint.whitening.principal_axes import BLOCK, principal_axes


@dataclass(frozen=True, eq=False)
class Whitening:
    """y = W (p(x) − m), then y / ‖y‖: `mean` m (D,), `matrix` W (dim, D) float32, `provenance` JSON.

    p is the power law (`power_law`) with exponent `power`; 1 leaves x unchanged. `str()` of a whitening is a
    one-line summary: "PCA whitening to 512-D, learned on 1,036 photos (seed 0)".
    """

    mean: Float32
    matrix: Float32
    provenance: Mapping[str, Any] = field(default_factory=dict)
    power: float = 1.0

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or self.mean.shape != self.matrix.shape[1:]:
            raise ValueError(f"mean {self.mean.shape} and matrix {self.matrix.shape} do not match")
        if not 0 < self.power <= 1:
            raise ValueError(f"the power law's exponent {self.power} is not in (0, 1]")

    def __str__(self) -> str:
        said = self.provenance
        after = "" if self.power == 1 else f" after the power law {self.power:g}"
        pairs = f"{said['pairs']:,} pairs of " if "pairs" in said else ""
        learned = f", learned on {pairs}{said['photos']:,} photos" if "photos" in said else ""
        seed = f" (seed {said['seed']})" if "seed" in said else ""
        return f"{said.get('method', 'PCA')} whitening to {self.dim}-D{after}{learned}{seed}"

    def __repr__(self) -> str:
        return f"Whitening({self})"

    def transform(self, vectors: NDArray[Any]) -> Float32:
        """The same as `apply`, under the name that scikit-learn gives it."""
        return self.apply(vectors)

    @property
    def dim(self) -> int:
        """Dimensions after whitening."""
        return len(self.matrix)

    @classmethod
    def fit(
        cls,
        vectors: NDArray[Any],
        dim: int,
        eps: float = 1e-9,
        shrinkage: float = 0.0,
        provenance: Mapping[str, Any] | None = None,
        *,
        power: float = 1.0,
    ) -> "Whitening":
        """PCA whitening, learned from the rows of `vectors` (n, D), one per photo.

        W = diag(λ + ε)^(−1/2) Uᵀ, with λ, U the leading eigenpairs of the covariance of the rows (Jégou &
        Chum, "Negative evidences and co-occurences in image retrieval", ECCV 2012). NetVLAD's authors use
        10,000 photos, 4,096 dimensions and ε = 1e-9 (Arandjelović et al., CVPR 2016).

        The result has min(dim, rank) dimensions, where rank ≤ n − 1 is the number of eigenvalues above 1e-8
        of the largest: n photos say nothing about further directions. `shrinkage` s mixes λ with the mean of
        the kept eigenvalues, (1 − s) λ + s λ̄, against overfitting to few photos (1: PCA without whitening).
        `eps` is then added. If there are fewer rows than columns, the n × n Gram matrix is used. Raises
        `PlaceprintError` without two different, finite rows.
        """
        axes = principal_axes(power_law(vectors, power), dim)
        values = axes.values
        lengths = np.sqrt((1.0 - shrinkage) * values + shrinkage * values.mean() + eps)
        said = {"method": "PCA", "photos": len(axes.rows), "eps": eps, "shrinkage": shrinkage}
        said |= {"source": "learned"} | dict(provenance or {})
        return cls(axes.mean.astype(np.float32), axes.combined(np.diag(1 / lengths)), said, power)

    @classmethod
    def fit_pairs(
        cls,
        vectors: NDArray[Any],
        pairs: NDArray[np.integer[Any]],
        dim: int,
        shrinkage: float | None = None,
        provenance: Mapping[str, Any] | None = None,
        *,
        power: float = 1.0,
    ) -> "Whitening":
        """Supervised whitening (Lw), learned from rows (n, D) and `pairs` (m, 2) of rows that show the same
        place.

        W = P as in `discriminative_projections`: along every axis matching photos differ by 1 on average
        (root mean square), and the axes along which all photos differ most come first. m is the mean of all
        rows, as in the papers; the authors' code takes the mean of the first photos of the pairs.

        `shrinkage` 0 is that of the papers, which have tens of thousands of pairs for 512 to 2,048
        dimensions. With fewer pairs, C_S contains directions in which no pair happens to differ, and None
        shrinks it by `optimal_shrinkage`. Recall@1 in percent at 512 dimensions, for untrained vectors of
        7,168 dimensions of 1,624 street views, searching other streets:

        | pairs, apart by at most | 0  | None | PCA whitening |
        | ----------------------- | -- | ---- | ------------- |
        | 1,556, 8 m              | 77 | 79   | 79            |
        | 4,652, 15 m             | 43 | 76   | 79            |

        So compare it with PCA whitening before you keep it.

        The result has min(dim, rank) dimensions as in `fit`; if n < D, everything is solved in the span of
        the rows, which gives the same result. Raises `PlaceprintError` for no pairs, for pairs of equal rows,
        and where `fit` does.
        """
        from placeprint.whitening.supervised import discriminative_projections

        chosen = np.asarray(pairs)
        if chosen.ndim != 2 or chosen.shape[1] != 2 or not np.issubdtype(chosen.dtype, np.integer):
            raise ValueError(f"pairs must be integers (m, 2), not {chosen.dtype} {chosen.shape}")
        if not len(chosen):
            raise PlaceprintError("supervised whitening needs matching photos", "Give pairs of them.")
        if dim < 1 or not 0 <= chosen.min() <= chosen.max() < len(vectors):
            raise ValueError(f"{dim} dimensions, or a pair outside rows 0 ... {len(vectors) - 1}")
        axes = principal_axes(power_law(vectors, power), max(np.shape(vectors)))
        weights, used, added = discriminative_projections(axes.coordinates(), chosen, dim, shrinkage)
        said = {"method": "Supervised", "photos": len(axes.rows), "pairs": len(chosen)}
        said |= {"shrinkage": used, "added": added, "source": "learned"} | dict(provenance or {})
        return cls(axes.mean.astype(np.float32), axes.combined(weights), said, power)

    def apply(self, vectors: NDArray[Any]) -> Float32:
        """(n, D) → (n, dim), rows of unit length; a row equal to the mean becomes the first axis."""
        rows = np.asarray(vectors, np.float32)
        whitened: Float32 = np.empty((len(rows), self.dim), np.float32)
        for part in chunks(len(rows), BLOCK):
            whitened[part] = (power_law(rows[part], self.power) - self.mean) @ self.matrix.T
        whitened[~whitened.any(axis=1)] = np.eye(1, self.dim)
        whitened /= np.linalg.norm(whitened, axis=1, keepdims=True)
        return whitened

    def truncated(self, dim: int) -> "Whitening":
        """Only the first `dim` dimensions; `apply` then normalizes these."""
        return replace(self, matrix=np.ascontiguousarray(self.matrix[:dim]))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays stored in a file: "mean", "matrix", and "power" if it is not 1."""
        power = {} if self.power == 1 else {"power": np.array([self.power])}
        return {"mean": self.mean, "matrix": self.matrix} | power

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[Any]], provenance: Mapping[str, Any] | None = None
    ) -> "Whitening":
        """Read the result of `arrays`; other entries are ignored. Raises `KeyError` if one is missing."""
        power = float(arrays["power"].item()) if "power" in arrays else 1.0
        matrix = np.asarray(arrays["matrix"], np.float32)
        return cls(arrays["mean"], matrix, dict(provenance or {}), power)
