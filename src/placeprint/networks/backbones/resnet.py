"""Residual networks (He et al., CVPR 2016) with 18, 34, 50, 101 and 152 layers."""

from functools import partial
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

from placeprint.networks.backbones.backbone import BACKBONES, Backbone, Layer, Window
from placeprint.networks.backbones.pretrained import he_initialize

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
NAMES = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut; with `bottleneck` 1x1, 3x3 and 1x1 to four times the width.

    The stride is in the first 3x3 convolution (version 1.5; in the paper it is in the 1x1 before it).
    """

    def __init__(self, channels: int, width: int, stride: int, bottleneck: bool) -> None:
        super().__init__()
        kernels = (1, 3, 1) if bottleneck else (3, 3)
        self.depth, self.out_channels = len(kernels), width * 4 if bottleneck else width
        before = channels
        for number, kernel in enumerate(kernels, 1):
            after = self.out_channels if number == self.depth else width
            step = stride if number == kernels.index(3) + 1 else 1
            convolution = nn.Conv2d(before, after, kernel, step, padding=kernel // 2, bias=False)
            self.add_module(f"conv{number}", convolution)
            self.add_module(f"bn{number}", nn.BatchNorm2d(after))
            before = after
        self.downsample: nn.Module | None = None
        if stride > 1 or channels != self.out_channels:
            shortcut = nn.Conv2d(channels, self.out_channels, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(self.out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """ReLU of the residual plus the shortcut."""
        y = x
        for number in range(1, self.depth + 1):
            y = self.get_submodule(f"bn{number}")(self.get_submodule(f"conv{number}")(y))
            if number < self.depth:
                y = functional.relu(y)
        return functional.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(Backbone):
    """Layers `conv1`, `bn1`, `relu`, `maxpool`, `layer1` ... `layer4`; parameter names as in torchvision's
    files.

    Channels of layer3 (stride 16) and layer4 (stride 32): 256 and 512 for 18 and 34 layers, 1024 and 2048 for
    the others. Place recognition cuts at either; every cut is after a ReLU.
    """

    def __init__(self, depth: Literal[18, 34, 50, 101, 152], cut: str = "layer4") -> None:
        super().__init__()
        if depth not in BLOCKS or cut not in NAMES:
            raise ValueError(f"depths are {list(BLOCKS)}, cuts {', '.join(NAMES)}; not {depth} and {cut!r}")
        end = NAMES.index(cut) + 1
        stem = Layer(64, (Window(7, 2, 3),))
        pooled = stem.then(64, Window(3, 2, 1))
        made = [
            (nn.Conv2d(3, 64, 7, 2, padding=3, bias=False), stem),
            (nn.BatchNorm2d(64), stem),
            (nn.ReLU(), stem),
            (nn.MaxPool2d(3, 2, padding=1), pooled),
            *_residual_layers(depth, pooled, end - 4),
        ]
        self.layers = {name: layer for name, (_, layer) in zip(NAMES[:end], made, strict=False)}
        for name, (module, _) in zip(NAMES[:end], made, strict=False):
            self.add_module(name, module)
        self.unused = ("fc.", *(f"{name}." for name in NAMES[end:]))
        he_initialize(self)

    def stages(self) -> dict[str, nn.Module]:
        """See `Backbone.stages`."""
        return {name: self.get_submodule(name) for name in self.layers}


def _residual_layers(depth: int, layer: Layer, count: int) -> list[tuple[nn.Module, Layer]]:
    made: list[tuple[nn.Module, Layer]] = []
    for number in range(max(count, 0)):
        stride, blocks = 1 if number == 0 else 2, []
        for block in range(BLOCKS[depth][number]):
            residual = ResidualBlock(
                layer.channels, 64 << number, stride if block == 0 else 1, bottleneck=depth >= 50
            )
            windows = (Window(3, 2, 1),) if block == 0 and stride == 2 else ()
            layer = layer.then(residual.out_channels, *windows)
            blocks.append(residual)
        made.append((nn.Sequential(*blocks), layer))
    return made


for _depth in BLOCKS:
    BACKBONES.register(f"resnet{_depth}")(partial(ResNet, _depth))  # type: ignore[arg-type]
