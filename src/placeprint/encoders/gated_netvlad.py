"""NetVLAD in which each cluster may ignore positions, in NumPy: the pooling of the shipped descriptor.

For local descriptors x_i of unit length after a linear map P:

    g_k(x) = 2 sigmoid(G_k relu(H x + h) + e_k)           (between 0 and 2; 1 where G and e are 0)
    V_k    = sum_i g_k(x_i) a_k(x_i) (x_i - c_k)          (a, c and the rest as in NetVLAD)

With P = 1, G = 0 and e = 0 it is NetVLAD itself, where training begins. The gates resemble contextual
reweighting (CRN, Kim et al., CVPR 2017), but there is one per cluster, computed from the position alone:
trees may count in a cluster of foliage and not in one of facades. Placeprint's own, not from a paper.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, unit_rows
from placeprint.encoders.netvlad import NetVLADEncoder

GATES = ("projection", "hidden", "hidden_bias", "gate", "gate_bias")


@dataclass(frozen=True)
class GatedNetVLADEncoder:
    """`projection` P (D, D), `hidden` H (h, D), `hidden_bias` (h,), `gate` G (K, h), `gate_bias` e (K,)."""

    netvlad: NetVLADEncoder
    projection: Float32
    hidden: Float32
    hidden_bias: Float32
    gate: Float32
    gate_bias: Float32

    @classmethod
    def from_arrays(cls, netvlad: NetVLADEncoder, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """From the result of `arrays`. Raises KeyError if one is missing."""
        return cls(netvlad, *(np.asarray(arrays[name], np.float32) for name in GATES))

    def arrays(self) -> dict[str, Float32]:
        """The arrays of the gates by name, without those of `netvlad`."""
        return {name: getattr(self, name) for name in GATES}

    @property
    def dim(self) -> int:
        """Length of the vector, K * D."""
        return self.netvlad.dim

    def gated(self, descriptors: Float32) -> tuple[Float32, Float32]:
        """Local descriptors (n, D) as NetVLAD receives them, of unit length, and the gates (n, K)."""
        x = unit_rows(np.asarray(descriptors, np.float32) @ self.projection.T)
        inner = np.maximum(x @ self.hidden.T + self.hidden_bias, 0)
        scores = inner @ self.gate.T + self.gate_bias
        return x, np.asarray(2 / (1 + np.exp(-scores)), np.float32)

    def encode(self, descriptors: Float32) -> Float32:
        """Encode local descriptors (n, D) of one photo, of any length, as one unit vector (K * D,)."""
        return self.netvlad.encode(*self.gated(descriptors))
