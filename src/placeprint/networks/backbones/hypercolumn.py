"""Several layers of a backbone combined into one map."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from placeprint.networks.backbones.backbone import Backbone
from placeprint.networks.backbones.weights import PretrainedWeights


class Hypercolumn(Backbone):
    """Maps of the layers `names`, bilinearly upsampled to the finest one and stacked along the channels.

    Hariharan et al., CVPR 2015: the hypercolumn of a position is the vector of the activations of all these
    layers there. The result is a backbone too; a single name just cuts the backbone at that layer.
    """

    def __init__(self, backbone: Backbone, names: Sequence[str]) -> None:
        super().__init__()
        self.backbone, self.names = backbone, tuple(names)
        parts = [backbone.layers[name] for name in self.names]
        finest = min(parts, key=lambda layer: layer.stride)
        self.finest = parts.index(finest)
        self.layers = {"hypercolumn": finest.then(sum(layer.channels for layer in parts))}
        self.coarsest_stride = max(layer.stride for layer in parts)
        self.weights = backbone.weights

    @property
    def divisor(self) -> int:
        """The coarsest stride of the layers."""
        return self.coarsest_stride

    def stages(self) -> Mapping[str, nn.Module]:
        """See `Backbone.stages`."""
        return self.backbone.stages()

    def load(self, path: Path, weights: PretrainedWeights, prefix: str | None = None) -> Self:
        """See `Pretrained.load`; the weights are those of the backbone alone."""
        self.backbone.load(path, weights, prefix)
        self.weights = weights
        return self.eval()

    def _run(self, images: Tensor, wanted: set[str]) -> dict[str, Tensor]:
        maps = self.backbone.maps(images, self.names)
        size = maps[self.finest].shape[2:]
        same = [x if x.shape[2:] == size else functional.interpolate(x, size, mode="bilinear") for x in maps]
        return {"hypercolumn": torch.cat(same, dim=1)}
