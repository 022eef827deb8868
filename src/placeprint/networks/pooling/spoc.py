"""SPoC: sum-pooled convolutional features with a center prior."""

import torch
from torch import Tensor

from placeprint.networks.pooling.pooling import POOLINGS, Pooling
from placeprint.networks.pooling.unit_vectors import unit, wide


@POOLINGS.register("spoc")
class SPoC(Pooling):
    """f_k = Σ_{y,x} α(y, x) X_k(y, x), then f / ‖f‖ (Babenko & Lempitsky, ICCV 2015).

    α(y, x) = exp(−((y − y₀)² + (x − x₀)²) / 2σ²), with σ one third of the distance from the center to the
    nearest border, min(rows, columns) / 6. The paper uses the last convolution of VGG19 after ReLU, and
    whitens f to 256 dimensions afterwards. Deviation: the center is that of the pixel grid, ((rows − 1) / 2,
    (columns − 1) / 2), so that a mirrored map gives the same vector.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.out_dim = channels

    def forward(self, features: Tensor) -> Tensor:
        """See `Pooling`."""
        features = wide(features)
        rows, columns = features.shape[-2:]
        sigma = min(rows, columns) / 6

        def along(size: int) -> Tensor:
            offsets = torch.arange(size, dtype=features.dtype, device=features.device) - (size - 1) / 2
            return torch.exp(-(offsets**2) / (2 * sigma**2))

        return unit(torch.einsum("ndyx,y,x->nd", features, along(rows), along(columns)))
