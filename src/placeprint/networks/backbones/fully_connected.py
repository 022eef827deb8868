"""Descriptors from the fully connected layers of a classifier."""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

from placeprint.networks.backbones.alexnet import AlexNet
from placeprint.networks.backbones.pretrained import Pretrained
from placeprint.networks.backbones.vgg import VGG16

WIDTHS = {"fc6": 4096, "fc7": 4096, "fc8": 1000}


class FullyConnected(Pretrained):
    """Neural codes (Babenko et al., ECCV 2014): the activations of fc6, fc7 or fc8, divided by their length.

    fc6 and fc7 are taken after their ReLU; fc8 holds the class scores. fc6 retrieves best. Input:
    preprocessed images (n, 3, height, width), resized by `input_rule` without keeping the aspect ratio, as in
    the paper; AlexNet's 227 x 227 gives the same grid. Maps of other sizes are average-pooled to it, as
    torchvision does. Output: unit vectors (n, `dim`).
    """

    input_rule = "exact:224x224"

    def __init__(
        self, network: type[VGG16 | AlexNet] = VGG16, layer: Literal["fc6", "fc7", "fc8"] = "fc6"
    ) -> None:
        super().__init__()
        trunk = network("pool5")
        self.features = trunk.features
        self.grid, self.dim = trunk.head_grid, WIDTHS[layer]
        names = list(WIDTHS)[: list(WIDTHS).index(layer) + 1]
        inputs = (trunk.channels * self.grid**2, 4096, 4096)
        linears = {
            number: nn.Linear(width, WIDTHS[name])
            for number, width, name in zip(trunk.head_linears, inputs, names, strict=False)
        }
        self.classifier = nn.ModuleDict({str(number): linear for number, linear in linears.items()})
        self.unused = tuple(f"classifier.{number}." for number in trunk.head_linears[len(names) :])
        self.layer = layer

    def forward(self, images: Tensor) -> Tensor:
        """Unit vectors (n, `dim`) of preprocessed images (n, 3, height, width)."""
        x = functional.adaptive_avg_pool2d(self.features(images), self.grid).flatten(1)
        for linear in self.classifier.values():
            x = linear(functional.relu(x))
        return functional.normalize(x if self.layer == "fc8" else functional.relu(x), dim=1)
