"""Checkpoints of pytorch-NetVlad, and those of Patch-NetVLAD, which have the same form."""

import json
from pathlib import Path

from torch import Tensor

from placeprint.errors import PlaceprintError
from placeprint.networks.architecture import PoolingSpec
from placeprint.networks.backbones import IMAGENET_PIXELS, PretrainedWeights
from placeprint.networks.published.files.checkpoint import Checkpoint
from placeprint.networks.published.parts import assemble, chain, linear, netvlad
from placeprint.networks.published.published import Published, Source, read_as

PLAIN = PretrainedWeights(
    "pytorch-NetVlad", "not stated; the first layers are torchvision's", IMAGENET_PIXELS
)
PATCH = PretrainedWeights("Patch-NetVLAD", "MIT (code)", IMAGENET_PIXELS)
POOLINGS: dict[str, str] = {"max": "mac", "avg": "average"}


def read_pytorch_netvlad(path: Path) -> Published:
    """Read `checkpoint.pth.tar` or `model_best.pth.tar` of pytorch-NetVlad, or `*_WPCA*.pth.tar` of
    Patch-NetVLAD with its whitening.

    VGG16 or AlexNet; NetVLAD of either version. Max and average pooling have no weights; which one it is
    comes from the `flags.json` that training leaves beside the file.
    """
    return read_as(path, SOURCES)


def convert(checkpoint: Checkpoint) -> Published:
    """The network of a checkpoint."""
    backbone, tensors = chain(checkpoint.below("encoder."), checkpoint.path, last_relu=False)
    pooling, layer = _pooling(checkpoint)
    tensors |= layer | linear(checkpoint.below("WPCA.0."))
    weights = PATCH if "WPCA.0.weight" in checkpoint else PLAIN
    network, architecture = assemble(backbone, pooling, tensors, checkpoint.path, weights)
    if weights is PLAIN:
        return Published(network, architecture, weights, "none", "Pitts30k-train; triplet loss")
    training = "Mapillary or Pittsburgh, as the file's name says; triplet loss"
    notes = ("the global vector only: the re-ranking by patches is not part of it",)
    return Published(network, architecture, weights, "exact:640x480", training, notes)


SOURCES = (Source("pytorch-NetVlad or Patch-NetVLAD", ("encoder.0.weight",), convert),)


def _pooling(checkpoint: Checkpoint) -> tuple[PoolingSpec, dict[str, Tensor]]:
    layer = checkpoint.below("pool.")
    if {"conv.weight", "centroids"} <= layer.keys():
        return netvlad(layer)
    flags = checkpoint.path.with_name("flags.json")
    try:
        name = POOLINGS[json.loads(flags.read_text())["pooling"].lower()]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise PlaceprintError(
            f"{checkpoint.path} lacks pool.conv.weight or pool.centroids, and {flags} names no pooling "
            f"without weights",
            "Put the flags.json of the training run beside it.",
        ) from error
    return PoolingSpec(name=name), {}
