"""GeM: generalized-mean pooling."""

import torch
from torch import Tensor, nn

from placeprint.networks.pooling.pooling import POOLINGS, Pooling
from placeprint.networks.pooling.unit_vectors import unit, wide


class GeneralisedMean(Pooling):
    """f_k = (mean over positions of max(X_k, ε)^p_k)^(1/p_k), not normalized; see `GeM`."""

    p: Tensor

    def __init__(
        self,
        channels: int,
        p: float = 3.0,
        *,
        learn: bool = True,
        per_channel: bool = False,
        epsilon: float = 1e-6,
    ) -> None:
        super().__init__()
        self.out_dim = channels
        self.epsilon = epsilon
        exponents = torch.full((channels if per_channel else 1,), float(p))
        if learn:
            self.p = nn.Parameter(exponents)
        else:
            self.register_buffer("p", exponents)

    def forward(self, features: Tensor) -> Tensor:
        """Vectors (n, D) of feature maps (n, D, rows, columns)."""
        x = wide(features).clamp(min=self.epsilon)
        p = self.p.to(x.dtype)
        # f(x) = m f(x / m) for any m; with m the maximum, no power overflows or sums to 0.
        top = x.detach().amax(dim=(2, 3))
        means = (x / top[..., None, None]).pow(p[:, None, None]).mean(dim=(2, 3))
        return (top * means.pow(1 / p)).to(features.dtype)


@POOLINGS.register("gem")
class GeM(GeneralisedMean):
    """f_k = (mean over positions of max(X_k, ε)^p)^(1/p), then f / ‖f‖.

    Radenović, Tolias & Chum, PAMI 2019 (arXiv 1711.02512), equation 3. p = 1 is the average and p → ∞ is MAC.
    The paper's settings are the defaults: one p for all channels, learned, starting from 3; ε = 1e-6.
    `learn=False` keeps p fixed, `per_channel` learns one p per channel. The state has one entry, `p`, (1,) or
    (D,), as in the published weights.
    """

    def forward(self, features: Tensor) -> Tensor:
        """See `Pooling`."""
        return unit(super().forward(wide(features)))
