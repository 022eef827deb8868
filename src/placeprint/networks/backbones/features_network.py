"""Networks made of one chain of convolutions, ReLUs and max pooling, then fully connected layers."""

from collections.abc import Sequence
from typing import Any

from torch import nn

from placeprint.networks.backbones.backbone import Backbone, Layer, Window
from placeprint.networks.backbones.pretrained import he_initialize

Chain = Sequence[tuple[str, nn.Module]]


class FeaturesNetwork(Backbone):
    """The chain up to the layer `cut`, with torchvision's names `features.N`."""

    own_prefix = "features."
    head_grid: int
    """Rows and columns of the map that enters the fully connected layers."""
    head_linears: tuple[int, int, int]
    """N of fc6, fc7 and fc8 in `classifier.N`."""

    def __init__(self, chain: Chain, cut: str) -> None:
        super().__init__()
        names = [name for name, _ in chain]
        if cut not in names:
            raise ValueError(f"no layer {cut!r}; the layers are {', '.join(names)}")
        end = names.index(cut) + 1
        self.features = nn.Sequential(*(module for _, module in chain[:end]))
        self.layers = _layers(chain[:end])
        self.unused = ("classifier.", *(f"features.{number}." for number in range(end, len(chain))))
        he_initialize(self)

    def stages(self) -> dict[str, nn.Module]:
        """See `Backbone.stages`."""
        return dict(zip(self.layers, self.features, strict=True))


def _layers(chain: Chain) -> dict[str, Layer]:
    layer, layers = Layer(3), {}
    for name, module in chain:
        if isinstance(module, nn.Conv2d | nn.MaxPool2d):
            channels = module.out_channels if isinstance(module, nn.Conv2d) else layer.channels
            shape = (_side(module.kernel_size), _side(module.stride), _side(module.padding))
            layer = layer.then(channels, Window(*shape))
        layers[name] = layer
    return layers


def _side(value: Any) -> int:
    return int(value if isinstance(value, int) else value[0])
