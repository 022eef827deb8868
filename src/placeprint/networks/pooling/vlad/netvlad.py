"""The NetVLAD layer in torch (Arandjelović et al., CVPR 2016), versions 1 and 2."""

from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from placeprint.arrays import Float32, unit_rows
from placeprint.codebooks import kmeans
from placeprint.encoders import netvlad as reference
from placeprint.errors import PlaceprintError
from placeprint.networks.pooling.pooling import POOLINGS, Pooling
from placeprint.networks.pooling.unit_vectors import inverse_lengths, unit, wide


@POOLINGS.register("netvlad")
class NetVLAD(Pooling):
    """V_k = Σ_i a_k(x_i) (x_i − c_k), with a(x) = softmax_k(w_k · x + b_k); index k·D + d.

    Equations 3 and 4 of the paper. Each position x_i is first divided by its length (`unit_input`), at the
    end each V_k (`intra`, intra-normalization), then V as a whole. Version 1 of the authors' code
    (`vlad_preL2_intra`, used for all numbers in the paper) has no bias; version 2 has one (`bias`). w, b and
    c are trained independently. The paper has 64 clusters on conv5_3 of VGG16 before ReLU. In published
    PyTorch weights, `conv.weight` is w, `conv.bias` b and `centroids` c.

    V = a xᵀ − diag(Σ_i a) c takes two matrix products; no (n, K, D, positions) array is ever built. Computed
    in float32 even under autocast, because the two terms nearly cancel.
    """

    bias: nn.Parameter | None

    def __init__(
        self,
        channels: int,
        clusters: int = 64,
        *,
        bias: bool = False,
        intra: bool = True,
        unit_input: bool = True,
    ) -> None:
        super().__init__()
        self.assignment = nn.Parameter(torch.randn(clusters, channels))
        self.centres = nn.Parameter(unit(torch.randn(clusters, channels)))
        self.register_parameter("bias", nn.Parameter(torch.zeros(clusters)) if bias else None)
        self.intra = intra
        self.unit_input = unit_input
        self.out_dim = clusters * channels

    @property
    def centers(self) -> nn.Parameter:
        """c (K, D). Files and fingerprints call it `centres`."""
        return self.centres

    @classmethod
    def from_arrays(cls, head: reference.NetVLADEncoder, bias: Float32 | None = None) -> Self:
        """The same layer as the NumPy one; `bias` (K,) makes it version 2."""
        clusters, channels = head.centers.shape
        layer = cls(channels, clusters, bias=bias is not None)
        with torch.no_grad():
            layer.assignment.copy_(torch.from_numpy(head.assignment))
            layer.centers.copy_(torch.from_numpy(head.centers))
            if layer.bias is not None:
                layer.bias.copy_(torch.from_numpy(bias))
        return layer

    @classmethod
    def init_from_descriptors(
        cls, descriptors: Float32, clusters: int = 64, seed: int = 0, *, bias: bool = False
    ) -> Self:
        """Initialize from local descriptors (n, D) of any length: k-means centers and the paper's alpha.

        Version 1: w = α c / ‖c‖, see `placeprint.encoders.netvlad`. Version 2: w = 2 α c and b = −α ‖c‖², see
        `distance_sharpness`. For centers of unit length both give the same layer.
        """
        if not bias:
            return cls.from_arrays(reference.initialize(descriptors, clusters, seed))
        rows = unit_rows(np.asarray(descriptors, np.float32))
        centers = kmeans(rows, clusters, iterations=100, seed=seed).centers
        return cls.second_version(centers, distance_sharpness(rows, centers))

    @classmethod
    def second_version(cls, centers: Float32, alpha: float) -> Self:
        """a_k(x) = exp(−α ‖x − c_k‖²) / Σ_j (equation 2): w = 2 α c and b = −α ‖c‖²; centers (K, D)."""
        head = reference.NetVLADEncoder(np.float32(2 * alpha) * centers, centers)
        return cls.from_arrays(head, np.float32(-alpha) * np.sum(centers**2, axis=1))

    def forward(self, features: Tensor, weights: Tensor | None = None) -> Tensor:
        """Unit vectors (n, K·D). `weights` (n, rows, columns) or (n, K, rows, columns) multiply the
        assignments of each position.
        """
        return self.normalized(self.residuals(features, weights))

    def normalized(self, residuals: Tensor) -> Tensor:
        """Unit vectors (..., K·D) from the residuals (..., K, D)."""
        parts = unit(residuals, dim=-1) if self.intra else residuals
        return unit(parts.flatten(-2), dim=-1)

    def residuals(self, features: Tensor, weights: Tensor | None = None) -> Tensor:
        """V (n, K, D): the sums over positions, before normalization."""
        with torch.autocast(features.device.type, enabled=False):
            x = wide(features).flatten(2)  # (n, D, L)
            scores = self.assignment.to(x.dtype) @ x  # (n, K, L)
            # Divide the products by the lengths rather than x, which is larger.
            inverse = inverse_lengths(x) if self.unit_input else None
            if inverse is not None:
                scores = scores * inverse
            if self.bias is not None:
                scores = scores + self.bias.to(x.dtype)[:, None]
            soft = torch.softmax(scores, dim=1)
            if weights is not None:
                one = weights.to(x.dtype).flatten(-2)
                soft = soft * (one if one.ndim == 3 else one[:, None])
            mass = soft.sum(dim=2, keepdim=True)
            if inverse is not None:
                soft = soft * inverse
            return soft @ x.transpose(1, 2) - mass * self.centers.to(x.dtype)


def distance_sharpness(descriptors: Float32, centers: Float32, decay: float = 0.01) -> float:
    """Alpha of version 2: on average, the nearest center weighs 1/decay = 100 times as much as the second
    one.

    alpha = −ln(decay) / mean_i(d2_i² − d1_i²), where d1 and d2 are the distances of descriptor i (rows (n,
    D)) to the nearest and second nearest center (K, D). Raises `PlaceprintError` if every descriptor is
    equally far from two centers.
    """
    distances = np.sort(np.sum(centers**2, axis=1) - 2 * (descriptors @ centers.T), axis=1)
    gap = float(np.mean(distances[:, 1] - distances[:, 0], dtype=np.float64))
    if not gap > 0:
        raise PlaceprintError(
            "all local descriptors are equally far from two centers", "Learn from more varied photos."
        )
    return float(-np.log(decay) / gap)
