"""A descriptor as one module of torch, for programs that feed tensors."""

import torch
from torch import Tensor, nn

from placeprint.descriptors.network.descriptor import NetworkDescriptor


class PhotoNetwork(nn.Module):
    """RGB photos (n, height, width, 3), uint8, to unit vectors (n, `out_dim`): pixels, then the network.

    Sizes are the caller's: the descriptor itself resizes by `size_rule`, with sides that are multiples of
    `divisor`. `network` takes what `preprocessing` gives.
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
        return torch.nn.functional.normalize(self.network(self.preprocessing(photos)), dim=1)
