"""The interface of every pooling layer."""

from collections.abc import Callable

from torch import Tensor, nn

from placeprint.registry import Registry


class Pooling(nn.Module):
    """Feature maps (n, D, rows, columns) to unit vectors (n, `out_dim`).

    Rows and columns may be any number from 1 up unless a layer says otherwise. Row i of the result depends on
    map i alone. Vectors are float32, or float64 for float64 maps; half and bfloat16 maps are summed and
    normalized in float32. A map of zeros gives finite numbers and finite gradients; its vector is zero in
    layers without learned offsets.
    """

    out_dim: int
    __call__: Callable[..., Tensor]


POOLINGS: Registry[type[Pooling]] = Registry(
    "pooling layer", "placeprint.networks.pooling", "placeprint.poolings"
)
"""Pooling layers by the names that recipes and model names use; each takes the channels and its options."""
