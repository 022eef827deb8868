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

    With b = −W m it is the `Whitening` y = W (x − m). Published networks store b, and so do networks whose
    last layer was learned with the others. Computed in float32 even under autocast, because W x and b nearly
    cancel.
    """

    matrix: Tensor
    bias: Tensor

    def __init__(self, dim_in: int, dim_out: int) -> None:
        super().__init__()
        self.register_buffer("matrix", torch.eye(dim_out, dim_in))
        self.register_buffer("bias", torch.zeros(dim_out))

    @classmethod
    def from_arrays(cls, mean: NDArray[Any], matrix: NDArray[Any]) -> Self:
        """The whitening with this mean (D,) and matrix (dim, D)."""
        layer = cls(matrix.shape[1], matrix.shape[0])
        layer.matrix.copy_(torch.as_tensor(matrix))
        wide_mean = np.asarray(mean, np.float64)
        # Row by row, to avoid a second matrix in float64.
        layer.bias.copy_(torch.as_tensor([-float(row @ wide_mean) for row in matrix]))
        return layer

    @property
    def out_dim(self) -> int:
        """Dimensions of the output."""
        return len(self.matrix)

    def truncated(self, dim: int) -> "WhiteningLayer":
        """Keep the first `dim` dimensions; the vectors are normalized again."""
        layer = WhiteningLayer(self.matrix.shape[1], min(dim, self.out_dim)).to(self.matrix)
        layer.matrix.copy_(self.matrix[:dim])
        layer.bias.copy_(self.bias[:dim])
        return layer

    def learnable(self) -> Self:
        """Make W and b parameters, to be trained with the rest; their names in a file stay the same."""
        for name in ("matrix", "bias"):
            values = getattr(self, name)
            delattr(self, name)
            self.register_parameter(name, nn.Parameter(values.clone()))
        return self

    def forward(self, vectors: Tensor) -> Tensor:
        """Unit vectors (n, dim) of vectors (n, D)."""
        with torch.autocast(vectors.device.type, enabled=False):
            x = wide(vectors)
            return unit(functional.linear(x, self.matrix.to(x.dtype), self.bias.to(x.dtype)))


class PlaceNetwork(nn.Module):
    """Preprocessed images (n, 3, height, width) to unit vectors (n, `out_dim`).

    The parts can be trained, replaced and saved independently: `backbone` returns a feature map, `pooling`
    one vector, and the optional `whitening` fewer, decorrelated dimensions. A pooling layer that uses a
    transformer's class token (SALAD) receives it.
    """

    def __init__(self, backbone: Backbone, pooling: Pooling, whitening: WhiteningLayer | None = None) -> None:
        super().__init__()
        self.backbone = backbone
        self.pooling = pooling
        self.whitening = whitening

    @property
    def out_dim(self) -> int:
        """Dimensions of the vectors."""
        return self.pooling.out_dim if self.whitening is None else self.whitening.out_dim

    def forward(self, images: Tensor) -> Tensor:
        """Unit vectors (n, `out_dim`) of preprocessed images (n, 3, height, width)."""
        vectors = self._pooled(images)
        return vectors if self.whitening is None else self.whitening(vectors)

    def continue_from(self, stage: str | None, x: Tensor) -> Tensor:
        """The vectors, from the maps that enter this stage of the backbone, or the pooling (None)."""
        vectors = self.pooling(x if stage is None else self.backbone.continue_from(stage, x))
        return vectors if self.whitening is None else self.whitening(vectors)

    def _pooled(self, images: Tensor) -> Tensor:
        if isinstance(self.pooling, SALAD) and isinstance(self.backbone, TransformersBackbone):
            features, token = self.backbone.map_and_class_token(images)
            return self.pooling(features, token)
        return self.pooling(self.backbone(images))
