"""Parts of published networks under placeprint's names: backbones, NetVLAD, the last linear layer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from placeprint.errors import FormatError, PlaceprintError
from placeprint.networks.architecture import Architecture, BackboneSpec, PoolingSpec
from placeprint.networks.backbones import Preprocessing, PretrainedWeights
from placeprint.networks.backbones.resnet import BLOCKS
from placeprint.networks.backbones.weights import fill
from placeprint.networks.place_network import PlaceNetwork

Tensors = Mapping[str, Tensor]
SEQUENTIAL = {"0": "conv1", "1": "bn1", "4": "layer1", "5": "layer2", "6": "layer3", "7": "layer4"}
"""torchvision's ResNet as a chain: the names of its children, by number."""


def chain(tensors: Tensors, origin: Path, *, last_relu: bool) -> tuple[BackboneSpec, dict[str, Tensor]]:
    """The backbone of a chain of torchvision's layers, named by number; and its tensors under
    placeprint's names.

    VGG16 and AlexNet end at their last convolution, or with `last_relu` after its ReLU.
    """
    kernel = tuple(tensors["0.weight"].shape[1:]) if "0.weight" in tensors else ()
    if kernel == (3, 7, 7):
        named = {}
        for name, tensor in tensors.items():
            number, _, part = name.partition(".")
            named[f"{SEQUENTIAL.get(number, number)}.{part}"] = tensor
        return resnet(named, origin)
    kinds: dict[tuple[int, ...], tuple[str, str]] = {
        (3, 3, 3): ("vgg16", "5_3"),
        (3, 11, 11): ("alexnet", "5"),
    }
    if kernel not in kinds:
        raise PlaceprintError(
            f"{origin} begins with a convolution {kernel}, unlike VGG16, AlexNet and ResNets",
            "placeprint has no other backbones to convert.",
        )
    kind, last = kinds[kernel]
    spec = BackboneSpec(name=kind, cut=f"{'relu' if last_relu else 'conv'}{last}")
    return spec, {f"backbone.features.{name}": tensor for name, tensor in tensors.items()}


def resnet(tensors: Tensors, origin: Path) -> tuple[BackboneSpec, dict[str, Tensor]]:
    """The ResNet with this many blocks per layer, and its tensors under placeprint's names."""
    counts = []
    for layer in range(1, 5):
        prefix = f"layer{layer}."
        blocks = {name.split(".")[1] for name in tensors if name.startswith(prefix)}
        counts += [len(blocks)] if blocks else []
    bottleneck = "layer1.0.conv3.weight" in tensors
    for depth, blocks_of in BLOCKS.items():
        if counts and (depth >= 50) == bottleneck and blocks_of[: len(counts)] == tuple(counts):
            spec = BackboneSpec.model_validate({"name": f"resnet{depth}", "cut": f"layer{len(counts)}"})
            return spec, {f"backbone.{name}": tensor for name, tensor in tensors.items()}
    raise PlaceprintError(
        f"{origin} has layers of {counts} blocks, unlike any ResNet of 18 to 152 layers",
        "Check that the file is complete.",
    )


def netvlad(tensors: Tensors) -> tuple[PoolingSpec, dict[str, Tensor]]:
    """The layer of `conv.weight` (K, D, 1, 1), `centroids` (K, D) and in version 2 `conv.bias` (K,)."""
    weight = tensors["conv.weight"]
    named = {"pooling.assignment": weight.flatten(1), "pooling.centres": tensors["centroids"]}
    if "conv.bias" in tensors:
        named["pooling.bias"] = tensors["conv.bias"]
    options = {"clusters": len(weight), "bias": "conv.bias" in tensors}
    return PoolingSpec(name="netvlad", options=options), named


def linear(tensors: Tensors) -> dict[str, Tensor]:
    """A fully connected layer, or 1 × 1 convolution, `weight` and `bias`, as placeprint's whitening."""
    return {f"whitening.{'matrix' if name == 'weight' else name}": x.squeeze() for name, x in tensors.items()}


def pixels_of(said: Any, origin: Path) -> Preprocessing:
    """The preprocessing that a file states by `mean` and `std`, for pixels in 0..1."""
    try:
        (r, g, b), (red, green, blue) = said["mean"], said["std"]
        return Preprocessing(255, (float(r), float(g), float(b)), (float(red), float(green), float(blue)))
    except (LookupError, TypeError, ValueError) as error:
        raise FormatError(f"{origin} does not state its preprocessing", "Get the original file.") from error


def assemble(
    backbone: BackboneSpec, pooling: PoolingSpec, tensors: Tensors, origin: Path, weights: PretrainedWeights
) -> tuple[PlaceNetwork, Architecture]:
    """The network with these weights under placeprint's names, whitened if there is a `whitening.matrix`.

    Raises `FormatError`, naming the weights, if any do not fit.
    """
    architecture = describe(backbone, pooling, tensors)
    network = architecture.build()
    fill(network, tensors, origin)
    network.backbone.weights = weights
    return network.eval(), architecture


def describe(backbone: BackboneSpec, pooling: PoolingSpec, tensors: Tensors) -> Architecture:
    """The architecture; its dimension after whitening is that of the matrix."""
    matrix = tensors.get("whitening.matrix")
    return Architecture(backbone=backbone, pooling=pooling, whitening=None if matrix is None else len(matrix))
