"""Checkpoints of the deep visual geo-localization benchmark (Berton et al., CVPR 2022)."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from placeprint.networks.architecture import PoolingSpec
from placeprint.networks.backbones import IMAGENET_PIXELS, PretrainedWeights
from placeprint.networks.published.files.checkpoint import Checkpoint
from placeprint.networks.published.parts import assemble, chain, linear, netvlad
from placeprint.networks.published.published import Published, Source, read_as

WEIGHTS = PretrainedWeights("Deep visual geo-localization benchmark", "MIT (code)", IMAGENET_PIXELS)
TRAINING = "Pitts30k or MSLS, as the file's name says; triplet loss unless it says otherwise"


def read_geolocalization_benchmark(path: Path) -> Published:
    """Read `best_model.pth` or a published file: VGG16, AlexNet, or a ResNet cut at layer3 (`conv4`) or
    layer4 (`conv5`); with NetVLAD, or GeM of unit-length positions; each optionally with a fully connected
    layer.
    """
    return read_as(path, SOURCES)


def convert_netvlad(checkpoint: Checkpoint) -> Published:
    """NetVLAD, without a linear layer."""
    pooling, tensors = netvlad(checkpoint.below("aggregation."))
    return _published(checkpoint, pooling, tensors)


def convert_netvlad_linear(checkpoint: Checkpoint) -> Published:
    """NetVLAD and a linear layer."""
    pooling, tensors = netvlad(checkpoint.below("aggregation.0."))
    return _published(checkpoint, pooling, tensors | linear(checkpoint.below("aggregation.1.")))


def convert_gem(checkpoint: Checkpoint) -> Published:
    """GeM of unit-length positions: CosPlace's pooling with the identity as its linear layer."""
    backbone, _ = chain(checkpoint.below("backbone."), checkpoint.path, last_relu=False)
    with torch.device("meta"):
        channels = backbone.build().channels
    layer = {"weight": torch.eye(channels), "bias": torch.zeros(channels)}
    note = "the original does not divide the vector by its length and compares Euclidean distances"
    return _with_gem(checkpoint, checkpoint["aggregation.1.p"], layer, (note,))


def convert_gem_linear(checkpoint: Checkpoint) -> Published:
    """GeM of unit-length positions and a linear layer: CosPlace's pooling."""
    return _with_gem(checkpoint, checkpoint["aggregation.0.1.p"], checkpoint.below("aggregation.1."))


def _with_gem(
    checkpoint: Checkpoint, p: Tensor, layer: Mapping[str, Tensor], notes: tuple[str, ...] = ()
) -> Published:
    pooling = PoolingSpec(name="cosplace", options={"out_dim": len(layer["weight"])})
    tensors = {"pooling.1.p": p} | {f"pooling.3.{name}": tensor for name, tensor in layer.items()}
    return _published(checkpoint, pooling, tensors, notes)


def _published(
    checkpoint: Checkpoint, pooling: PoolingSpec, tensors: dict[str, Tensor], notes: tuple[str, ...] = ()
) -> Published:
    backbone, own = chain(checkpoint.below("backbone."), checkpoint.path, last_relu=False)
    tensors |= own
    network, architecture = assemble(backbone, pooling, tensors, checkpoint.path, WEIGHTS)
    return Published(network, architecture, WEIGHTS, "exact:640x480", TRAINING, notes)


SOURCES = tuple(
    Source(f"the geo-localization benchmark ({what})", ("backbone.0.weight", *marks), convert)
    for what, marks, convert in (
        ("NetVLAD", ("aggregation.conv.weight", "aggregation.centroids"), convert_netvlad),
        (
            "NetVLAD and a linear layer",
            (
                "aggregation.0.conv.weight",
                "aggregation.0.centroids",
                "aggregation.1.weight",
                "aggregation.1.bias",
            ),
            convert_netvlad_linear,
        ),
        ("GeM", ("aggregation.1.p",), convert_gem),
        (
            "GeM and a linear layer",
            ("aggregation.0.1.p", "aggregation.1.weight", "aggregation.1.bias"),
            convert_gem_linear,
        ),
    )
)
