"""The NetVLAD layer in torch (Arandjelović et al., CVPR 2016): `vlad_preL2_intra`, first version.

The formulas and the initialisation are those of `placeprint.encoders.netvlad`. The assignment
vectors w and the centres c are separate parameters, both trained; there is no bias.
"""

from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from placeprint.encoders import netvlad as reference

EPSILON = reference.EPSILON


class NetVLAD(nn.Module):
    """Feature maps (n, D, rows, columns) to unit vectors (n, K * D), index k * D + d."""

    def __init__(self, clusters: int, channels: int) -> None:
        super().__init__()
        self.assignment = nn.Parameter(torch.randn(clusters, channels))
        self.centres = nn.Parameter(functional.normalize(torch.randn(clusters, channels), dim=1))

    @classmethod
    def from_arrays(cls, head: reference.NetVLAD) -> Self:
        """The same layer as the NumPy one."""
        layer = cls(*head.centres.shape)
        with torch.no_grad():
            layer.assignment.copy_(torch.from_numpy(head.assignment))
            layer.centres.copy_(torch.from_numpy(head.centres))
        return layer

    @classmethod
    def init_from_descriptors(
        cls, descriptors: NDArray[np.float32], clusters: int = 64, seed: int = 0
    ) -> Self:
        """Initialise from local descriptors (n, D): k-means centres and the paper's alpha."""
        return cls.from_arrays(reference.initialise(descriptors, clusters, seed))

    def forward(self, features: Tensor) -> Tensor:
        """Two matrix products; no (n, K, D, positions) array is ever made."""
        x = functional.normalize(features.flatten(2), dim=1, eps=EPSILON)  # (n, D, L)
        soft = torch.softmax(self.assignment @ x, dim=1)  # (n, K, L)
        residuals = soft @ x.transpose(1, 2) - soft.sum(dim=2, keepdim=True) * self.centres
        return functional.normalize(
            functional.normalize(residuals, dim=2, eps=EPSILON).flatten(1), dim=1, eps=EPSILON
        )
