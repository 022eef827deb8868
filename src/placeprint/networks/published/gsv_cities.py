"""MixVPR (Ali-bey et al., WACV 2023) and Conv-AP (Neurocomputing 2022), trained on GSV-Cities."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from placeprint.errors import PlaceprintError
from placeprint.networks.architecture import PoolingSpec
from placeprint.networks.backbones import IMAGENET_PIXELS, PretrainedWeights
from placeprint.networks.published.files.checkpoint import Checkpoint
from placeprint.networks.published.parts import assemble, resnet
from placeprint.networks.published.published import Published, Source, read_as

WEIGHTS = PretrainedWeights("GSV-Cities", "not stated; the data is CC BY-NC-ND", IMAGENET_PIXELS)
TRAINING = "GSV-Cities; multi-similarity loss"


def read_mixvpr(path: Path) -> Published:
    """Read `resnet50_MixVPR_*.ckpt`. The map is assumed to be square: 20 × 20 positions, 320 × 320 pixels."""
    return read_as(path, SOURCES[:1])


def read_convap(path: Path) -> Published:
    """Read `resnet50_ConvAP_*_2x2.ckpt`. The file does not say the grid; all published ones have 2 × 2."""
    return read_as(path, SOURCES[1:])


def convert_mixvpr(checkpoint: Checkpoint) -> Published:
    """MixVPR from its checkpoint."""
    layer = checkpoint.below("aggregator.")
    hidden, positions = layer["mix.0.mix.1.weight"].shape
    side = math.isqrt(positions)
    if side**2 != positions:
        raise PlaceprintError(
            f"{checkpoint.path} is a MixVPR of {positions} positions, which is not a square number",
            "Only square maps are supported: the file does not tell rows from columns.",
        )
    options: dict[str, Any] = {
        "out_channels": len(layer["channel_proj.weight"]),
        "out_rows": len(layer["row_proj.weight"]),
        "depth": len({name.split(".")[1] for name in layer if name.startswith("mix.")}),
        "ratio": hidden / positions,
    }
    if side != 20:
        options["size"] = (side, side)
    pooling = PoolingSpec(name="mixvpr", options=options)
    published = _published(checkpoint, pooling, layer)
    pixels = side * published.network.backbone.stride
    note = "the original resizes bicubically"
    return replace(published, size_rule=f"exact:{pixels}x{pixels}", notes=(note,))


def convert_convap(checkpoint: Checkpoint) -> Published:
    """Conv-AP from its checkpoint."""
    layer = checkpoint.below("aggregator.")
    pooling = PoolingSpec(name="convap", options={"out_channels": len(layer["channel_pool.weight"])})
    return _published(checkpoint, pooling, layer)


def _published(checkpoint: Checkpoint, pooling: PoolingSpec, layer: Mapping[str, Tensor]) -> Published:
    backbone, tensors = resnet(checkpoint.below("backbone.model."), checkpoint.path)
    tensors |= {f"pooling.{name}": tensor for name, tensor in layer.items()}
    network, architecture = assemble(backbone, pooling, tensors, checkpoint.path, WEIGHTS)
    return Published(network, architecture, WEIGHTS, "exact:320x320", TRAINING)


SOURCES = (
    Source(
        "MixVPR",
        (
            "backbone.model.conv1.weight",
            "aggregator.mix.0.mix.1.weight",
            "aggregator.channel_proj.weight",
            "aggregator.row_proj.weight",
        ),
        convert_mixvpr,
    ),
    Source("Conv-AP", ("backbone.model.conv1.weight", "aggregator.channel_pool.weight"), convert_convap),
)
