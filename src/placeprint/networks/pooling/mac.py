"""MAC: maximum activations of convolutions."""

from torch import Tensor

from placeprint.networks.pooling.pooling import POOLINGS, Pooling
from placeprint.networks.pooling.unit_vectors import unit


@POOLINGS.register("mac")
class MAC(Pooling):
    """f_k = max over positions of X_k, then f / ‖f‖ (Tolias, Sicre & Jégou, ICLR 2016).

    The paper uses conv5_3 of VGG16 after ReLU, and whitens f afterwards. Tied positions share the gradient.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.out_dim = channels

    def forward(self, features: Tensor) -> Tensor:
        """See `Pooling`."""
        return unit(features.amax(dim=(2, 3)))
