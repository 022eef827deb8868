"""Models of the package transformers as descriptors: a token, or their pooled map."""

from typing import TYPE_CHECKING

from placeprint.descriptors.adapters.module import describe_with
from placeprint.descriptors.network.building import descriptor_of
from placeprint.descriptors.network.descriptor import NetworkDescriptor
from placeprint.descriptors.runtimes.torch_device import need_torch
from placeprint.descriptors.sources import absolute

if TYPE_CHECKING:
    from placeprint.networks.backbones import TransformersBackbone

POOLINGS = {"mean": "average", "gem": "gem", "mac": "mac", "rmac": "rmac"}
SIZE_RULE = "area:322"
TRAINING = "not for places: as its authors published it"


def open_transformers(what: str) -> NetworkDescriptor:
    """`NAME[:POOLING]`: a model on the hub or in a folder; `class` (token), `mean`, `gem`, `mac`, `rmac`.

    The default pooling is the class token if there is one, else the mean. All but `class` give a placeprint
    network, which can be whitened and saved as a model folder. Photos keep their aspect ratio, at an area of
    about 322 x 322 in whole patches; pixels are those of `preprocessor_config.json`.
    """
    need_torch("transformers models")
    from placeprint.networks.architecture import Architecture
    from placeprint.networks.backbones import TransformersBackbone
    from placeprint.networks.place_network import PlaceNetwork

    name, colon, pooling = what.rpartition(":")
    if not colon or pooling not in (*POOLINGS, "class"):
        name, pooling = what, ""
    name = absolute(name)
    backbone = TransformersBackbone(name)
    if pooling == "class" or (not pooling and backbone.prefix_tokens):
        return _class_token(backbone, name)
    kind = POOLINGS[pooling or "mean"]
    architecture = Architecture.model_validate(
        {"backbone": {"name": "transformers", "source": name}, "pooling": {"name": kind}}
    )
    network = PlaceNetwork(backbone, architecture.pooling.build(backbone.channels))
    return descriptor_of(network, architecture, backbone.weights, SIZE_RULE, TRAINING)


def _class_token(backbone: "TransformersBackbone", name: str) -> NetworkDescriptor:
    from torch import Tensor, nn

    from placeprint.descriptors.network.weights import settings_of
    from placeprint.errors import PlaceprintError

    if not backbone.prefix_tokens:
        raise PlaceprintError(f"{name} has no class token", f"Use transformers:{name}:mean or :gem.")

    class ClassToken(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.backbone = backbone

        def forward(self, images: Tensor) -> Tensor:
            return backbone.map_and_class_token(images)[1]

    network = ClassToken()
    return describe_with(
        network,
        SIZE_RULE,
        backbone.preprocessing,
        divisor=backbone.divisor,
        name=f"transformers:{name}:class",
        license=backbone.license,
        training=TRAINING,
        source=f"transformers:{name}:class",
        code={"pooling": "class"} | settings_of(network),
    )
