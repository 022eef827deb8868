"""AlexNet in its single-column form (Krizhevsky, arXiv 1404.5997), as published by torchvision."""

from torch import nn

from placeprint.networks.backbones.backbone import BACKBONES
from placeprint.networks.backbones.features_network import Chain, FeaturesNetwork


@BACKBONES.register("alexnet")
class AlexNet(FeaturesNetwork):
    """Layers `conv1`, `relu1`, `pool1`, ... `conv5`, `relu5`, `pool5`; parameter names as in torchvision's
    file.

    NetVLAD cuts at conv5, before its ReLU: 256 channels at stride 16. Its pooling layers have no padding, so
    the map is smaller than side / 16. Deviation: NetVLAD's AlexNet is Caffe's, with two groups, local
    response normalization and 227 x 227 pixels.
    """

    head_grid = 6
    head_linears = (1, 4, 6)

    def __init__(self, cut: str = "conv5") -> None:
        chain: Chain = [
            ("conv1", nn.Conv2d(3, 64, 11, stride=4, padding=2)),
            ("relu1", nn.ReLU()),
            ("pool1", nn.MaxPool2d(3, 2)),
            ("conv2", nn.Conv2d(64, 192, 5, padding=2)),
            ("relu2", nn.ReLU()),
            ("pool2", nn.MaxPool2d(3, 2)),
            ("conv3", nn.Conv2d(192, 384, 3, padding=1)),
            ("relu3", nn.ReLU()),
            ("conv4", nn.Conv2d(384, 256, 3, padding=1)),
            ("relu4", nn.ReLU()),
            ("conv5", nn.Conv2d(256, 256, 3, padding=1)),
            ("relu5", nn.ReLU()),
            ("pool5", nn.MaxPool2d(3, 2)),
        ]
        super().__init__(chain, cut)
