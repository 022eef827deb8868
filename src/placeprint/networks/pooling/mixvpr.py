"""MixVPR: feature maps mixed by perceptrons along their positions."""

from torch import Tensor, nn

from placeprint.errors import PlaceprintError
from placeprint.networks.pooling.pooling import POOLINGS, Pooling
from placeprint.networks.pooling.unit_vectors import unit


class FeatureMixer(nn.Module):
    """x + W₂ ReLU(W₁ LayerNorm(x)), over the positions of each flattened channel."""

    def __init__(self, positions: int, ratio: float) -> None:
        super().__init__()
        hidden = int(positions * ratio)
        inner, outer = nn.Linear(positions, hidden), nn.Linear(hidden, positions)
        for linear in (inner, outer):
            nn.init.trunc_normal_(linear.weight, std=0.02)
            nn.init.zeros_(linear.bias)
        self.mix = nn.Sequential(nn.LayerNorm(positions), inner, nn.ReLU(), outer)

    def forward(self, x: Tensor) -> Tensor:
        """The mixed map, of the same shape."""
        mixed: Tensor = self.mix(x)
        return x + mixed


@POOLINGS.register("mixvpr")
class MixVPR(Pooling):
    """f = (W_d Z) W_r of the mixed map Z, then f / ‖f‖ (Ali-bey et al., WACV 2023).

    Z comes from `depth` mixers over the flattened map; W_d maps D channels to `out_channels` and W_r rows ·
    columns positions to `out_rows`, both with offsets. Index: channel · out_rows + row. The paper uses the 20
    × 20 map with 1024 channels of a cropped ResNet50 on 320 × 320 photos, 4 mixers, ratio 1, and 1024 × 4
    outputs. State names are those of the published weights.

    The layer works for one map size only; other maps raise `PlaceprintError`.
    """

    def __init__(
        self,
        channels: int = 1024,
        size: tuple[int, int] = (20, 20),
        *,
        out_channels: int = 1024,
        out_rows: int = 4,
        depth: int = 4,
        ratio: float = 1,
    ) -> None:
        super().__init__()
        self.size = (size[0], size[1])  # JSON gives a list
        positions = size[0] * size[1]
        self.mix = nn.Sequential(*(FeatureMixer(positions, ratio) for _ in range(depth)))
        self.channel_proj = nn.Linear(channels, out_channels)
        self.row_proj = nn.Linear(positions, out_rows)
        self.out_dim = out_channels * out_rows

    def forward(self, features: Tensor) -> Tensor:
        """See `Pooling`."""
        if features.shape[-2:] != self.size:
            rows, columns = features.shape[-2:]
            raise PlaceprintError(
                f"this MixVPR layer takes feature maps of {self.size[0]} × {self.size[1]} positions, "
                f"not {rows} × {columns}",
                "Resize the photos to the size it was trained for.",
            )
        mixed = self.mix(features.flatten(2))
        channels = self.channel_proj(mixed.transpose(1, 2)).transpose(1, 2)
        return unit(self.row_proj(channels).flatten(1))
