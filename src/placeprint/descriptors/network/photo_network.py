"""A descriptor as a single torch module, for programs that pass tensors."""

import torch
from torch import Tensor, nn

from placeprint.descriptors.network.descriptor import NetworkDescriptor


class PhotoNetwork(nn.Module):
    """RGB photos (n, height, width, 3), uint8, to unit vectors (n, `out_dim`): preprocessing, then the
    network.

    The caller chooses the size: the descriptor itself resizes by `size_rule`, with sides that are multiples
    of `divisor`. `network` takes the output of `preprocessing`.
    """

    def __init__(self, descriptor: NetworkDescriptor) -> None:
        super().__init__()
        card = descriptor.card
        self.network, self.preprocessing, self.out_dim = (
            descriptor.network,
            card.preprocessing,
            descriptor.dim,
        )
        self.size_rule, self.divisor, self.license = card.size_rule, card.step, card.license
        self.eval()

    def forward(self, photos: Tensor) -> Tensor:
        """Unit vectors (n, `out_dim`) of photos (n, height, width, 3), uint8."""
        return torch.nn.functional.normalize(self.network(self.preprocessing(photos)), dim=1)
