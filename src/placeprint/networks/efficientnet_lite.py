"""EfficientNet-Lite0 as a torch module whose parameter names are those of the published file."""

from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from placeprint.networks.lite0_blocks import (
    BATCH_NORM_EPSILON,
    BLOCKS,
    HEAD_CHANNELS,
    PIXEL_MEAN,
    PIXEL_SCALE,
    Block,
    published_weights,
)


class SameConv2d(nn.Conv2d):
    """Convolution with TensorFlow's SAME padding for any input size, without bias.

    The output has ceil(side / stride) positions; an odd pixel of padding goes right and below.
    """

    def __init__(
        self, channels_in: int, channels_out: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(channels_in, channels_out, kernel, stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
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
        y = x
        if self._block.expansion > 1:
            y = functional.relu6(self._bn0(self._expand_conv(y)))
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        out: Tensor = self._bn2(self._project_conv(y))
        return out + x if self._block.shortcut else out


class EfficientNetLite0(nn.Module):
    """The whole network. Input: RGB (n, 3, height, width), 0..255, float; see `PIXEL_MEAN`."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self._conv_stem = SameConv2d(3, BLOCKS[0].channels_in, 3, 2)
        self._bn0 = _norm(BLOCKS[0].channels_in)
        self._blocks = nn.ModuleList(InvertedResidual(block) for block in BLOCKS)
        self._conv_head = SameConv2d(BLOCKS[-1].channels_out, HEAD_CHANNELS, 1)
        self._bn1 = _norm(HEAD_CHANNELS)
        self._fc = nn.Linear(HEAD_CHANNELS, classes)

    @classmethod
    def published(cls) -> Self:
        """The network with its ImageNet weights, in evaluation mode."""
        network = cls()
        network.load_state_dict(torch.load(published_weights(), map_location="cpu", weights_only=True))
        return network.eval()

    def features(self, photos: Tensor, blocks: int = len(BLOCKS)) -> Tensor:
        """The output of block number `blocks`: (n, 112, height / 16, width / 16) for 9, 10 and 11."""
        x = (photos - PIXEL_MEAN) / PIXEL_SCALE
        x = functional.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks[:blocks]:
            x = block(x)
        return x

    def forward(self, photos: Tensor) -> Tensor:
        """Class scores (n, classes) before the softmax."""
        x = functional.relu6(self._bn1(self._conv_head(self.features(photos))))
        scores: Tensor = self._fc(x.mean(dim=(2, 3)))
        return scores
