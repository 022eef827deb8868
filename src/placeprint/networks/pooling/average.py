"""Average pooling."""

from torch import Tensor

from placeprint.networks.pooling.pooling import POOLINGS, Pooling
from placeprint.networks.pooling.unit_vectors import unit, wide


@POOLINGS.register("average")
class Average(Pooling):
    """f_k = mean over positions of X_k, then f / ‖f‖.

    Sum pooling as in Babenko & Lempitsky, ICCV 2015, without the center prior, which `SPoC` has. Several
    libraries call this layer SPoC.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.out_dim = channels

    def forward(self, features: Tensor) -> Tensor:
        """See `Pooling`."""
        return unit(wide(features).mean(dim=(2, 3)))
