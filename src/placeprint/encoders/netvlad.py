"""NetVLAD with soft assignment (Arandjelović et al., CVPR 2016), in NumPy, and its initialization.

This is the layer `vlad_preL2_intra` of the paper's code, version 1 (no bias). For local
descriptors x_i of unit length, centers c_k and assignment vectors w_k:

    a_k(x)  = exp(w_k . x) / sum_j exp(w_j . x)           (equation 3, without bias)
    V_k     = sum_i a_k(x_i) (x_i - c_k)                  (equation 4)
    V_k    <- V_k / |V_k|,  then  V <- V / |V|            (intra-normalization, L2)

The vector is flattened as index k * D + d.
"""

from dataclasses import dataclass

import numpy as np

from placeprint.arrays import Float32, unit_rows
from placeprint.codebooks import kmeans
from placeprint.errors import PlaceprintError

EPSILON = 1e-12


@dataclass(frozen=True)
class NetVLADEncoder:
    """Assignment vectors w (K, D) and centers c (K, D)."""

    assignment: Float32
    centers: Float32

    @property
    def dim(self) -> int:
        """Length of the vector, K * D."""
        return int(self.centers.size)

    def encode(self, descriptors: Float32, weights: Float32 | None = None) -> Float32:
        """Encode local descriptors (n, D) of one photo, of any length, as one unit vector (K * D,).

        Two matrix products: V = a^T x - diag(sum_i a_i) c. `weights` (n, K) multiply the assignments.
        """
        x = unit_rows(np.asarray(descriptors, np.float32))
        scores = x @ self.assignment.T
        a = np.exp(scores - scores.max(axis=1, keepdims=True))
        a /= a.sum(axis=1, keepdims=True)
        if weights is not None:
            a = a * weights
        residuals = a.T @ x - a.sum(axis=0)[:, None] * self.centers
        flat = unit_rows(residuals).ravel()
        return np.asarray(flat / max(float(np.linalg.norm(flat)), EPSILON), np.float32)


def assignment_sharpness(descriptors: Float32, centers: Float32, decay: float = 0.01) -> float:
    """The paper's alpha: on average, the nearest center weighs 1/decay = 100 times as much as the second one.

    alpha = -ln(decay) / mean_i(s1_i - s2_i), where s1 and s2 are the two largest products of descriptor i
    (unit rows, (n, D)) with the normalized centers (K, D).
    """
    scores = np.sort(descriptors @ unit_rows(centers).T, axis=1)
    gap = float(np.mean(scores[:, -1] - scores[:, -2], dtype=np.float64))
    if not gap > 0:
        raise PlaceprintError(
            "all local descriptors are equally far from two centers", "Learn from more varied photos."
        )
    return float(-np.log(decay) / gap)


def from_centers(descriptors: Float32, centers: Float32) -> NetVLADEncoder:
    """w_k = alpha c_k / |c_k|, with alpha measured on `descriptors` (unit rows, (n, D))."""
    alpha = assignment_sharpness(descriptors, centers)
    return NetVLADEncoder(np.float32(alpha) * unit_rows(centers), np.asarray(centers, np.float32))


def initialize(descriptors: Float32, size: int = 64, seed: int = 0) -> NetVLADEncoder:
    """Centers by k-means on local descriptors (n, D) of any length, then `from_centers`.

    At most 100 iterations, as in the paper's code, which uses 100 positions from each of 500 photos.
    """
    rows = unit_rows(np.asarray(descriptors, np.float32))
    return from_centers(rows, kmeans(rows, size, iterations=100, seed=seed).centers)
