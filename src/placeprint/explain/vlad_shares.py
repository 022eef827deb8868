"""The similarity of a NetVLAD vector to another one, as an exact sum over the positions of a feature map."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, Float64, Int64
from placeprint.encoders.netvlad import EPSILON, NetVLADEncoder
from placeprint.explain.over_photo import over_photo
from placeprint.whitening.whitening import Whitening


@dataclass(frozen=True, eq=False)
class Affine:
    """A whitening as y = W v + b, then y / ‖y‖: `matrix` W (dim, D), `bias` b (dim,)."""

    matrix: NDArray[np.floating]
    bias: NDArray[np.floating]

    @classmethod
    def of(cls, whitening: Whitening) -> "Affine":
        """b = −W m. Raises ValueError for a whitening with a power law."""
        if whitening.power != 1:
            raise ValueError("a whitening with a power law is not linear")
        matrix = whitening.matrix.astype(np.float64)
        return cls(matrix, -matrix @ whitening.mean.astype(np.float64))


@dataclass(frozen=True, eq=False)
class VladShares:
    """What each position i of a feature map adds to the similarity s = ⟨y, t⟩ to a vector t.

    `shares` (rows, columns) and `offset` add up to `similarity`, as do `cluster_shares` (K,) and `offset`.
    `clusters` (rows, columns): the cluster with the highest assignment at each position.
    """

    similarity: float
    offset: float
    shares: Float64
    clusters: Int64
    cluster_shares: Float64

    def heat(self, size: tuple[int, int]) -> Float32:
        """`shares` resized to (height, width), see `over_photo`; the unit is one position."""
        return over_photo(self.shares, size)

    def top_clusters(self, count: int = 5) -> list[tuple[int, float]]:
        """The clusters that add most to the similarity, each with its contribution."""
        order = np.argsort(-self.cluster_shares, kind="stable")[:count]
        return [(int(k), float(self.cluster_shares[k])) for k in order]


def vlad_shares(
    features: NDArray[np.floating],
    head: NetVLADEncoder,
    target: NDArray[np.floating],
    whitening: Affine | None = None,
    *,
    bias: NDArray[np.floating] | None = None,
    weights: NDArray[np.floating] | None = None,
    intra: bool = True,
    unit_input: bool = True,
) -> VladShares:
    """Decompose the similarity of a photo's vector y to `target` t (dim,), both of unit length.

    NetVLAD sums over positions (Arandjelović et al., CVPR 2016, equation 4). If the lengths it is divided by,
    ‖V_k‖ (intra-normalization), N (whole vector) and ‖W v + b‖ (whitening), are taken as the constants they
    are for this photo, everything is linear in the terms of that sum:

        s = Σ_i p_i + offset,   p_i = Σ_k a_k(x_i) ⟨x_i − c_k, g_k⟩ / (‖V_k‖ N),
        g = Wᵀt / ‖W v + b‖,    offset = ⟨b, t⟩ / ‖W v + b‖

    The sum is exact. The offset belongs to no position; it is 0 without whitening. A share says what a
    position adds, not what would be lost without it, because then the lengths would change too (see
    `occlusion`).

    `features` (D, rows, columns), of any length; `bias` (K,) selects version 2 of the layer; `weights` (rows,
    columns), as in CRN, or (K, rows, columns) multiply the assignments; `intra` and `unit_input` as in the
    torch layer. Computed in float64.
    """
    channels, rows, columns = features.shape
    x = np.asarray(features, np.float64).reshape(channels, -1).T
    if unit_input:
        x = x * _inverse(np.linalg.norm(x, axis=1, keepdims=True))
    centers = head.centers.astype(np.float64)
    soft = _softmax(x @ head.assignment.T.astype(np.float64) + (0.0 if bias is None else bias))
    if weights is not None:
        soft = soft * np.asarray(weights, np.float64).reshape(-1, rows * columns).T
    residuals = soft.T @ x - soft.sum(axis=0)[:, None] * centers
    lengths = np.linalg.norm(residuals, axis=1, keepdims=True)
    scale = _inverse(lengths) if intra else np.ones_like(lengths)
    scale = scale * _inverse(np.linalg.norm(residuals * scale))
    gradient, offset = _through(whitening, (residuals * scale).ravel(), np.asarray(target, np.float64))
    towards = gradient.reshape(centers.shape) * scale
    parts = soft * (x @ towards.T - np.sum(centers * towards, axis=1))
    return VladShares(
        float(parts.sum() + offset),
        offset,
        parts.sum(axis=1).reshape(rows, columns),
        soft.argmax(axis=1).reshape(rows, columns),
        parts.sum(axis=0),
    )


def _through(whitening: Affine | None, vector: Float64, target: Float64) -> tuple[Float64, float]:
    """(g, offset) such that ⟨y, t⟩ = ⟨g, v⟩ + offset for this vector v."""
    if whitening is None:
        return target, 0.0
    matrix, bias = whitening.matrix.astype(np.float64), whitening.bias.astype(np.float64)
    inverse = float(_inverse(np.linalg.norm(matrix @ vector + bias)))
    return matrix.T @ target * inverse, float(bias @ target) * inverse


def _softmax(scores: Float64) -> Float64:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _inverse(lengths: Float64 | np.floating) -> Float64:
    """1 / length, or 0 for a length of 0."""
    return np.where(np.asarray(lengths) > 0, 1 / np.maximum(lengths, EPSILON), 0.0)
