"""CRN: NetVLAD with positions weighted by their context."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from placeprint.networks.pooling.pooling import POOLINGS, Pooling
from placeprint.networks.pooling.vlad.netvlad import NetVLAD

FILTERS = {3: 32, 5: 32, 7: 20}


class ContextualReweighting(nn.Module):
    """Feature maps (n, D, rows, columns) to weights of positions (n, rows, columns), at least 0.

    Kim, Dunn & Frahm, CVPR 2017, and the authors' networks: 3 × 3 averages at every second position; 32, 32
    and 20 context filters of 3 × 3, 5 × 5 and 7 × 7 with ReLU; their sum plus a learned offset with ReLU (a 1
    × 1 convolution whose weights stay 1); bilinear upsampling. Weights start uniform with variance 1 /
    fan-in, offsets at 0. Deviations: upsampling goes to the size of the map, where theirs goes to twice the
    size of the averages, and does not fade out at the border.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        convolutions = [nn.Conv2d(channels, n, side, padding=side // 2) for side, n in FILTERS.items()]
        for convolution in convolutions:
            bound = (3 / convolution.weight[0].numel()) ** 0.5
            nn.init.uniform_(convolution.weight, -bound, bound)
            convolution.bias = nn.Parameter(torch.zeros(convolution.out_channels))
        self.filters = nn.ModuleList(convolutions)
        self.offset = nn.Parameter(torch.zeros(1))

    def forward(self, features: Tensor) -> Tensor:
        """Weights (n, rows, columns) of the positions of a map."""
        rows, columns = features.shape[-2:]
        window = (min(3, rows), min(3, columns))
        averages = functional.avg_pool2d(features, window, stride=2, ceil_mode=True)
        context = torch.cat([functional.relu(convolve(averages)) for convolve in self.filters], dim=1)
        weights = functional.relu(context.sum(dim=1, keepdim=True) + self.offset)
        return functional.interpolate(weights, size=(rows, columns), mode="bilinear")[:, 0]


@POOLINGS.register("crn")
class CRN(Pooling):
    """V_k = Σ_i m_i a_k(x_i) (x_i − c_k): NetVLAD with the weights m of `ContextualReweighting`.

    Kim, Dunn & Frahm, CVPR 2017; normalized like NetVLAD. The context is computed from the map before its
    positions are divided by their lengths. The paper trains NetVLAD first, then everything, with a tenfold
    learning rate for the context filters.
    """

    def __init__(self, channels: int, clusters: int = 64) -> None:
        super().__init__()
        self.netvlad = NetVLAD(channels, clusters)
        self.context = ContextualReweighting(channels)
        self.out_dim = self.netvlad.out_dim

    def forward(self, features: Tensor) -> Tensor:
        """See `Pooling`."""
        return self.netvlad(features, self.context(features))
