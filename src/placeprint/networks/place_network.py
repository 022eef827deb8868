"""A place recognition network: backbone, pooling, whitening."""

from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from placeprint.networks.backbones import Backbone, TransformersBackbone
from placeprint.networks.pooling import SALAD, Pooling
from placeprint.networks.pooling.unit_vectors import unit, wide


class WhiteningLayer(nn.Module):
    """y = W x + b, then y / ‖y‖. W (dim, D) is `matrix`, b (dim,) is `bias`.

    With b = −W m it is `placeprint.descriptors.Whitening`, y = W (x − m). Published networks keep b, and so
    do those whose last layer was learned with the others. In float32 also under autocast, because W x and b
    nearly cancel.
    """

    matrix: Tensor
    bias: Tensor

    def __init__(self, dim_in: int, dim_out: int) -> None:
        super().__init__()
        self.register_buffer("matrix", torch.eye(dim_out, dim_in))
        self.register_buffer("bias", torch.zeros(dim_out))

    @classmethod
    def from_arrays(cls, mean: NDArray[Any], matrix: NDArray[Any]) -> Self:
        """The whitening of a mean (D,) and a matrix (dim, D)."""
        layer = cls(matrix.shape[1], matrix.shape[0])
        layer.matrix.copy_(torch.as_tensor(matrix))
        wide_mean = np.asarray(mean, np.float64)
        # Row by row, so that there is no second matrix in float64.
        layer.bias.copy_(torch.as_tensor([-float(row @ wide_mean) for row in matrix]))
        return layer

    @property
    def out_dim(self) -> int:
        return len(self.matrix)

    def truncated(self, dim: int) -> "WhiteningLayer":
        """The first `dim` dimensions; their vectors are of unit length again."""
        layer = WhiteningLayer(self.matrix.shape[1], min(dim, self.out_dim)).to(self.matrix)
        layer.matrix.copy_(self.matrix[:dim])
        layer.bias.copy_(self.bias[:dim])
        return layer

    def learnable(self) -> Self:
        """With W and b as parameters, to be trained with the rest; their names in a file stay."""
        for name in ("matrix", "bias"):
            values = getattr(self, name)
            delattr(self, name)
            self.register_parameter(name, nn.Parameter(values.clone()))
        return self

    def forward(self, vectors: Tensor) -> Tensor:
        with torch.autocast(vectors.device.type, enabled=False):
            x = wide(vectors)
            return unit(functional.linear(x, self.matrix.to(x.dtype), self.bias.to(x.dtype)))


class PlaceNetwork(nn.Module):
    """Preprocessed images (n, 3, height, width) to unit vectors (n, `out_dim`).

    The parts are trained, replaced and saved apart from one another: `backbone` gives a feature map,
    `pooling` one vector, and `whitening`, where there is one, fewer and decorrelated dimensions. A pooling
    that takes the class token of a transformer (SALAD) gets it.
    """

    def __init__(self, backbone: Backbone, pooling: Pooling, whitening: WhiteningLayer | None = None) -> None:
        super().__init__()
        self.backbone = backbone
        self.pooling = pooling
        self.whitening = whitening

    @property
    def out_dim(self) -> int:
        return self.pooling.out_dim if self.whitening is None else self.whitening.out_dim

    def forward(self, images: Tensor) -> Tensor:
        vectors = self._pooled(images)
        return vectors if self.whitening is None else self.whitening(vectors)

    def continue_from(self, stage: str | None, x: Tensor) -> Tensor:
        """The vectors, from the maps that go into this stage of the backbone, or (None) into the pooling."""
        vectors = self.pooling(x if stage is None else self.backbone.continue_from(stage, x))
        return vectors if self.whitening is None else self.whitening(vectors)

    def _pooled(self, images: Tensor) -> Tensor:
        if isinstance(self.pooling, SALAD) and isinstance(self.backbone, TransformersBackbone):
            features, token = self.backbone.map_and_class_token(images)
            return self.pooling(features, token)
        return self.pooling(self.backbone(images))
