"""CroW: cross-dimensional weighting of positions and channels."""

import torch
from torch import Tensor

from placeprint.networks.pooling.pooling import POOLINGS, Pooling
from placeprint.networks.pooling.unit_vectors import EPSILON, inverse_lengths, unit, wide


@POOLINGS.register("crow")
class CroW(Pooling):
    """f_k = I_k Σ_{y,x} α(y, x) X_k(y, x), then f / ‖f‖ (Kalantidis et al., ECCV workshops 2016).

    Spatial weights: S = Σ_k X_k and α = (S / (Σ S^a)^(1/a))^(1/b), with the paper's a = b = 2. Channel
    weights: I_k = log((K ε + Σ_h Q_h) / (ε + Q_k)), with Q_k the share of positions where X_k > 0, K the
    number of channels, and ε = 1e-6. Q has no gradient. The paper uses the last pooling layer of VGG16, and
    whitens f afterwards. Deviation: values below 0 count as 0, so that maps before ReLU work too.
    """

    def __init__(self, channels: int, epsilon: float = 1e-6) -> None:
        super().__init__()
        self.out_dim = channels
        self.epsilon = epsilon

    def forward(self, features: Tensor) -> Tensor:
        """See `Pooling`."""
        features = wide(features).clamp(min=0)
        total = features.sum(dim=1).flatten(1)
        # The clamp keeps the slope of the root finite where all channels are 0.
        spatial = (total * inverse_lengths(total)).clamp(min=EPSILON).sqrt()
        filled = (features > 0).to(features.dtype).mean(dim=(2, 3))
        channel = torch.log((filled + self.epsilon).sum(dim=1, keepdim=True) / (filled + self.epsilon))
        return unit(channel * torch.einsum("ndl,nl->nd", features.flatten(2), spatial))
