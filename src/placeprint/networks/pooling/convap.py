"""Conv-AP: a 1 × 1 convolution and adaptive average pooling."""

from torch import Tensor, nn
from torch.nn import functional

from placeprint.networks.pooling.pooling import POOLINGS, Pooling
from placeprint.networks.pooling.unit_vectors import unit


@POOLINGS.register("convap")
class ConvAP(Pooling):
    """f = adaptive averages on a grid of the 1 × 1 convolution's output, then f / ‖f‖.

    Ali-bey, Chaib-draa & Giguère, "GSV-Cities", Neurocomputing 2022 (arXiv 2210.10239). `grid` (rows,
    columns), 2 × 2 in the paper; 128 to 2048 output channels. Index: channel · cells + cell. State names are
    the published ones: `channel_pool.weight`, `channel_pool.bias`.
    """

    def __init__(self, channels: int, out_channels: int = 512, grid: tuple[int, int] = (2, 2)) -> None:
        super().__init__()
        self.channel_pool = nn.Conv2d(channels, out_channels, kernel_size=1)
        self.grid = grid
        self.out_dim = out_channels * grid[0] * grid[1]

    def forward(self, features: Tensor) -> Tensor:
        """See `Pooling`."""
        return unit(functional.adaptive_avg_pool2d(self.channel_pool(features), self.grid).flatten(1))
