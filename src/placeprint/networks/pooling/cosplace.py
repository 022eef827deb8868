"""The pooling of CosPlace: GeM and a fully connected layer."""

from torch import Tensor, nn

from placeprint.networks.pooling.gem import GeneralisedMean
from placeprint.networks.pooling.pooling import POOLINGS, Pooling
from placeprint.networks.pooling.unit_vectors import unit


@POOLINGS.register("cosplace")
class CosPlace(nn.Sequential, Pooling):
    """f = A · GeM(x / ‖x‖) + b, then f / ‖f‖; positions are divided by their lengths first.

    Berton, Masone & Caputo, CVPR 2022, and the authors' code. EigenPlaces (ICCV 2023) has the same layer; in
    AP-GeM (Revaud et al., ICCV 2019) positions keep their length (`unit_input`). p is learned, starting from
    3; published sizes are 32 to 2048. State names are those of the published weights without `aggregation.`:
    `1.p`, `3.weight`, `3.bias`.
    """

    def __init__(self, channels: int, out_dim: int = 512, *, unit_input: bool = True) -> None:
        # The indices match the published names; the placeholders store and compute nothing.
        super().__init__(
            nn.Identity(), GeneralisedMean(channels), nn.Identity(), nn.Linear(channels, out_dim)
        )
        self.out_dim = out_dim
        self.unit_input = unit_input

    def forward(self, features: Tensor) -> Tensor:
        """See `Pooling`."""
        pool, project = self[1], self[3]
        positions = unit(features).to(features.dtype) if self.unit_input else features
        return unit(project(pool(positions)))
