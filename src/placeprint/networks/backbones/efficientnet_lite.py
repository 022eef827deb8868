"""EfficientNet-Lite0; its layout is in `placeprint.networks.lite0_blocks`."""

from dataclasses import replace
from typing import Self

from torch import Tensor, nn
from torch.nn import functional

from placeprint.networks.backbones.backbone import BACKBONES, Backbone, Layer, Window
from placeprint.networks.backbones.preprocessing import LITE0_PIXELS
from placeprint.networks.backbones.weights import LITE0, RANDOM
from placeprint.networks.lite0_blocks import (
    BATCH_NORM_EPSILON,
    BLOCKS,
    STEM_CHANNELS,
    Block,
    published_weights,
)


class SameConv2d(nn.Conv2d):
    """Convolution without bias, with TensorFlow's SAME padding for any input size.

    The output has ceil(side / stride) positions; an odd pixel of padding goes to the right and to the bottom.
    """

    def __init__(
        self, channels_in: int, channels_out: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(channels_in, channels_out, kernel, stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Pad, then convolve."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        height, width = (max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in x.shape[-2:])
        x = functional.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))
        return functional.conv2d(x, self.weight, None, self.stride, groups=self.groups)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=BATCH_NORM_EPSILON, momentum=0.01)


class InvertedResidual(nn.Module):
    """1x1 expansion, depthwise convolution, 1x1 projection, and a shortcut where shapes allow."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        hidden = block.hidden
        if block.expansion > 1:
            self._expand_conv = SameConv2d(block.channels_in, hidden, 1)
            self._bn0 = _norm(hidden)
        self._depthwise_conv = SameConv2d(hidden, hidden, block.kernel, block.stride, groups=hidden)
        self._bn1 = _norm(hidden)
        self._project_conv = SameConv2d(hidden, block.channels_out, 1)
        self._bn2 = _norm(block.channels_out)
        self._block = block

    def forward(self, x: Tensor) -> Tensor:
        """The block's output, in evaluation or training mode."""
        y = x
        if self._block.expansion > 1:
            y = functional.relu6(self._bn0(self._expand_conv(y)))
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        out: Tensor = self._bn2(self._project_conv(y))
        return out + x if self._block.shortcut else out


@BACKBONES.register("lite0")
class EfficientNetLite0(Backbone):
    """Layers `stem` and `block1` ... `block16`; parameter names as in the published file.

    The cut at block11 is the trunk of `lite0-netvlad`: 112 channels at stride 16, like blocks 9 and 10. The
    map has ceil(side / stride) positions.
    """

    def __init__(self, cut: str = "block11") -> None:
        super().__init__()
        names = ["stem", *(f"block{number}" for number in range(1, len(BLOCKS) + 1))]
        if cut not in names:
            raise ValueError(f"no layer {cut!r}; the layers are {', '.join(names)}")
        blocks = BLOCKS[: names.index(cut)]
        self._conv_stem = SameConv2d(3, STEM_CHANNELS, 3, 2)
        self._bn0 = _norm(STEM_CHANNELS)
        self._blocks = nn.ModuleList(InvertedResidual(block) for block in blocks)
        layer = Layer(STEM_CHANNELS, (Window(3, 2, None),))
        self.layers = {"stem": layer}
        for name, block in zip(names[1:], blocks, strict=False):
            layer = layer.then(block.channels_out, Window(block.kernel, block.stride, None))
            self.layers[name] = layer
        unused_blocks = (f"_blocks.{number}." for number in range(len(blocks), len(BLOCKS)))
        self.unused = ("_conv_head.", "_bn1.", "_fc.", *unused_blocks)
        self.weights = replace(RANDOM, preprocessing=LITE0_PIXELS)

    @classmethod
    def published(cls, cut: str = "block11") -> Self:
        """The network with its ImageNet weights, in evaluation mode."""
        return cls(cut).load(published_weights(), LITE0)

    def stages(self) -> dict[str, nn.Module]:
        """See `Backbone.stages`."""
        stem = nn.Sequential(self._conv_stem, self._bn0, nn.ReLU6())
        return dict(zip(self.layers, (stem, *self._blocks), strict=True))
