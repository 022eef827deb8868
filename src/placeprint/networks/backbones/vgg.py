"""VGG16 (Simonyan and Zisserman, ICLR 2015, configuration D)."""

from torch import nn

from placeprint.networks.backbones.backbone import BACKBONES
from placeprint.networks.backbones.features_network import Chain, FeaturesNetwork

WIDTHS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


@BACKBONES.register("vgg16")
class VGG16(FeaturesNetwork):
    """Layers `conv1_1`, `relu1_1`, ... `conv5_3`, `relu5_3`, `pool5`; parameter names as in torchvision's
    file.

    NetVLAD and SARE cut at conv5_3, before its ReLU and before pool5: 512 channels at stride 16, so 640 x 480
    pixels give 40 x 30 positions.
    """

    head_grid = 7
    head_linears = (0, 3, 6)

    def __init__(self, cut: str = "conv5_3") -> None:
        super().__init__(_chain(), cut)


def _chain() -> Chain:
    chain: list[tuple[str, nn.Module]] = []
    channels = 3
    for group, widths in enumerate(WIDTHS, 1):
        for number, width in enumerate(widths, 1):
            chain.append((f"conv{group}_{number}", nn.Conv2d(channels, width, 3, padding=1)))
            chain.append((f"relu{group}_{number}", nn.ReLU()))
            channels = width
        chain.append((f"pool{group}", nn.MaxPool2d(2, 2)))
    return chain
