"""Gated NetVLAD in torch: NetVLAD in which each cluster may ignore positions."""

from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from placeprint.arrays import Float32
from placeprint.encoders import gated_netvlad as reference
from placeprint.encoders import netvlad
from placeprint.networks.pooling.pooling import POOLINGS, Pooling
from placeprint.networks.pooling.unit_vectors import unit, wide
from placeprint.networks.pooling.vlad.netvlad import NetVLAD

HIDDEN = 32


@POOLINGS.register("gated-netvlad")
class GatedNetVLAD(Pooling):
    """V_k = Σ_i g_k(x_i) a_k(x_i) (x_i − c_k) with g(x) = 2σ(G relu(H x + h) + e).

    x_i is the unit vector along P y_i, y_i a position of the map; a and c are those of `netvlad`. A new layer
    has P = 1, G = 0 and e = 0, and so equals NetVLAD. See `placeprint.encoders.gated_netvlad`. Gates see one
    position at a time, so the residuals of parts of a map add up as NetVLAD's do.
    """

    def __init__(self, channels: int, clusters: int = 64, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.netvlad = NetVLAD(channels, clusters)
        self.projection = nn.Parameter(torch.eye(channels))
        self.hidden = nn.Linear(channels, hidden)
        self.gate = nn.Linear(hidden, clusters)
        nn.init.zeros_(self.gate.weight)
        nn.init.zeros_(self.gate.bias)
        self.out_dim = self.netvlad.out_dim

    @classmethod
    def of(cls, layer: NetVLAD, hidden: int = HIDDEN, seed: int = 0) -> Self:
        """The layer that computes the same as `layer`. Raises ValueError for a layer with a bias."""
        if layer.bias is not None:
            raise ValueError("gates work only with version 1 of NetVLAD, which has no bias")
        clusters, channels = layer.centers.shape
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seed)
            made = cls(channels, clusters, hidden)
        made.netvlad = layer
        return made

    @classmethod
    def from_arrays(cls, head: reference.GatedNetVLADEncoder) -> Self:
        """The same layer as the NumPy one."""
        made = cls.of(NetVLAD.from_arrays(head.netvlad), len(head.hidden))
        with torch.no_grad():
            for parameter, array in (
                (made.projection, head.projection),
                (made.hidden.weight, head.hidden),
                (made.hidden.bias, head.hidden_bias),
                (made.gate.weight, head.gate),
                (made.gate.bias, head.gate_bias),
            ):
                parameter.copy_(torch.from_numpy(np.array(array)))
        return made

    def arrays(self) -> reference.GatedNetVLADEncoder:
        """The same layer in NumPy."""
        head = netvlad.NetVLADEncoder(_array(self.netvlad.assignment), _array(self.netvlad.centers))
        rest = (self.projection, self.hidden.weight, self.hidden.bias, self.gate.weight, self.gate.bias)
        return reference.GatedNetVLADEncoder(head, *map(_array, rest))

    def gated(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """The map (n, D, rows, columns) that `netvlad` takes, and the gates (n, K, rows, columns)."""
        with torch.autocast(features.device.type, enabled=False):
            x = wide(features)
            x = unit(torch.einsum("ed,ndrc->nerc", self.projection.to(x.dtype), x), dim=1)
            inner = torch.relu(self.hidden(x.movedim(1, -1)))
            return x, (2 * torch.sigmoid(self.gate(inner))).movedim(-1, 1)

    def forward(self, features: Tensor) -> Tensor:
        """See `Pooling`."""
        return self.normalized(self.residuals(features))

    def residuals(self, features: Tensor) -> Tensor:
        """V (n, K, D) before it is normalized."""
        return self.netvlad.residuals(*self.gated(features))

    def normalized(self, residuals: Tensor) -> Tensor:
        """(..., K·D) of unit length from the residuals (..., K, D)."""
        return self.netvlad.normalized(residuals)


def _array(tensor: Tensor) -> Float32:
    return tensor.detach().cpu().float().numpy()
