"""The network of a recipe before its first step."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from placeprint.descriptors import NetworkDescriptor, open_descriptor
from placeprint.descriptors.descriptor import Photo
from placeprint.descriptors.lite0.descriptor import Lite0NetVLAD
from placeprint.descriptors.lite0.in_torch import in_torch
from placeprint.descriptors.network.building import UNTRAINED, descriptor_of
from placeprint.descriptors.network.descriptor import load_model
from placeprint.descriptors.network.model_folder import is_model_folder
from placeprint.descriptors.network.netvlad_initialization import initialize_netvlad
from placeprint.descriptors.network.whitened import learn_whitening, truncated, without_whitening
from placeprint.errors import PlaceprintError
from placeprint.networks.architecture import Architecture
from placeprint.networks.backbones import OPENIBL, TORCHVISION, Backbone, EfficientNetLite0
from placeprint.networks.place_network import PlaceNetwork
from placeprint.networks.pooling import GatedNetVLAD, Pooling
from placeprint.networks.pooling.vlad.gated_netvlad import HIDDEN
from placeprint.training.config import NetworkSpec

WHITENING_PHOTOS = 2000
"""The most photos a linear layer is initialized from."""


def starting_network(
    spec: NetworkSpec,
    photos: Sequence[Photo],
    size_rule: str,
    seed: int = 0,
    quiet: bool = False,
    kept: Path | None = None,
) -> NetworkDescriptor:
    """The network specified by `spec`, in evaluation mode, with gradients for what is to be trained.

    `photos` initialize NetVLAD (500 of them) and a linear layer (2,000), if the start has none; if there are
    more, they are drawn by `seed`. `kept`: a model folder the network is saved to before it is trained; the
    next time it is read from there. Raises PlaceprintError for a start that is not a placeprint network, and
    for missing weights.
    """
    if kept is not None and is_model_folder(kept):
        descriptor = load_model(kept, "cpu")
    else:
        descriptor = _start(spec, photos, size_rule, seed, quiet)
        if kept is not None:
            descriptor.save(kept)
    network = descriptor.network.eval()
    assert isinstance(network, PlaceNetwork)
    try:
        network.backbone.train_from(spec.train_from)
        if spec.cache_stage and spec.train_from is not None:
            network.backbone.before(spec.train_from)
    except ValueError as error:
        raise PlaceprintError(f"network.train_from: {error}", "Name a stage of the backbone") from error
    if network.whitening is not None:
        network.whitening.learnable()
    return descriptor


def _start(
    spec: NetworkSpec, photos: Sequence[Photo], size_rule: str, seed: int, quiet: bool
) -> NetworkDescriptor:
    if spec.start is not None:
        descriptor = _opened(spec.start)
    else:
        descriptor = _built(spec, photos, size_rule, seed, quiet)
    network = descriptor.network
    assert isinstance(network, PlaceNetwork)
    if spec.dim is None and network.whitening is not None:
        return without_whitening(descriptor)
    if spec.dim is not None and network.whitening is None:
        return learn_whitening(descriptor, _some(photos, seed), spec.dim, seed, quiet)
    if spec.dim is not None and descriptor.dim != spec.dim:
        return truncated(descriptor, spec.dim)
    return descriptor


def _some(photos: Sequence[Photo], seed: int) -> list[Photo]:
    """In their order; the first photos of a data set are often from one side of it, or one part of a city."""
    drawn = np.random.default_rng(seed).permutation(len(photos))[:WHITENING_PHOTOS]
    return [photos[i] for i in np.sort(drawn)]


def _opened(start: str) -> NetworkDescriptor:
    opened = open_descriptor(start)
    if isinstance(opened, Lite0NetVLAD):
        opened = in_torch(opened)
    if not isinstance(opened, NetworkDescriptor) or not isinstance(opened.network, PlaceNetwork):
        raise PlaceprintError(
            f"{start} is not a network that placeprint can train",
            "Start from a model folder, or give `architecture`",
        )
    return opened


def _built(
    spec: NetworkSpec, photos: Sequence[Photo], size_rule: str, seed: int, quiet: bool
) -> NetworkDescriptor:
    architecture = spec.architecture
    assert architecture is not None
    if architecture.whitening is not None:
        raise PlaceprintError("the architecture has a whitening", "Give `dim` instead")
    backbone = _backbone(architecture, spec)
    if architecture.pooling.name in ("netvlad", "gated-netvlad"):
        clusters = int(architecture.pooling.options.get("clusters", 64))
        version: Literal[1, 2] = 2 if architecture.pooling.options.get("bias") else 1
        layer = initialize_netvlad(
            backbone, backbone.preprocessing, photos, clusters, version, seed, size_rule, quiet
        )
        pooling: Pooling = layer
        if architecture.pooling.name == "gated-netvlad":
            hidden = int(architecture.pooling.options.get("hidden", HIDDEN))
            pooling = GatedNetVLAD.of(layer, hidden, seed)
        network = PlaceNetwork(backbone, pooling).eval()
    else:
        network = PlaceNetwork(backbone, architecture.pooling.build(backbone.channels)).eval()
    return descriptor_of(network, architecture, backbone.weights, size_rule, UNTRAINED)


def _backbone(architecture: Architecture, spec: NetworkSpec) -> Backbone:
    """With its published weights."""
    try:
        backbone = architecture.backbone.build()
    except ValueError as error:
        raise PlaceprintError(f"network.architecture.backbone: {error}", "Name one of its layers") from error
    if spec.backbone_weights is not None:
        path = Path(spec.backbone_weights).expanduser()
        if spec.weights_of == "openibl":
            return backbone.load(path, OPENIBL, prefix="")
        return backbone.load(path, TORCHVISION)
    if isinstance(backbone, EfficientNetLite0):
        return EfficientNetLite0.published(backbone.cut)
    if architecture.backbone.name == "transformers":
        return backbone
    raise PlaceprintError(
        f"{architecture.backbone.name} needs published weights to start from",
        "Give network.backbone_weights, a file from torchvision or OpenIBL; or `start`, a converted model",
    )
