"""SALAD (Izquierdo & Civera, CVPR 2024) and MegaLoc (Berton & Masone, 2025), both on DINOv2."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from placeprint.networks.architecture import PoolingSpec
from placeprint.networks.backbones import IMAGENET_PIXELS, PretrainedWeights
from placeprint.networks.published.dinov2 import INTERPOLATION, with_dinov2
from placeprint.networks.published.files.checkpoint import Checkpoint
from placeprint.networks.published.parts import linear
from placeprint.networks.published.published import Published, Source, read_as

SALAD = PretrainedWeights(
    "SALAD", "GPL-3.0 (code); DINOv2 is Apache-2.0, the data CC BY-NC-ND", IMAGENET_PIXELS
)
MEGALOC = PretrainedWeights("MegaLoc", "MIT; DINOv2 is Apache-2.0", IMAGENET_PIXELS)


def read_salad(path: Path) -> Published:
    """Read `dino_salad.ckpt` (extra `transformers`)."""
    return read_as(path, SOURCES[:1])


def read_megaloc(path: Path) -> Published:
    """Read `megaloc.torch` or the hub's `model.safetensors` (extra `transformers`): SALAD with 256 numbers
    per cluster, then a fully connected layer to 8448 dimensions.
    """
    return read_as(path, SOURCES[1:])


def convert_salad(checkpoint: Checkpoint) -> Published:
    """SALAD from its checkpoint."""
    pooling, layer = _pooling(checkpoint.below("aggregator."))
    network, architecture = with_dinov2(checkpoint, "backbone.model.", pooling, layer, SALAD)
    training = "GSV-Cities; multi-similarity loss"
    return Published(network, architecture, SALAD, "exact:322x322", training, (INTERPOLATION,))


def convert_megaloc(checkpoint: Checkpoint) -> Published:
    """MegaLoc from its checkpoint."""
    pooling, layer = _pooling(checkpoint.below("aggregator.agg."))
    layer |= linear(checkpoint.below("aggregator.linear."))
    network, architecture = with_dinov2(checkpoint, "backbone.model.", pooling, layer, MEGALOC)
    training = "GSV-Cities, SF-XL, MSLS, MegaScenes and ScanNet; multi-similarity loss"
    notes = ("the original rounds both sides to multiples of 14; so must you", INTERPOLATION)
    return Published(network, architecture, MEGALOC, "none", training, notes)


def _pooling(layer: Mapping[str, Tensor]) -> tuple[PoolingSpec, dict[str, Tensor]]:
    options = {
        "clusters": len(layer["score.3.weight"]),
        "cluster_dim": len(layer["cluster_features.3.weight"]),
        "token_dim": len(layer["token_features.2.weight"]),
    }
    return PoolingSpec(name="salad", options=options), {f"pooling.{name}": x for name, x in layer.items()}


def _marks(prefix: str) -> tuple[str, ...]:
    parts = ("score.3.weight", "cluster_features.3.weight", "token_features.2.weight", "dust_bin")
    return ("backbone.model.cls_token", *(f"{prefix}{part}" for part in parts))


SOURCES = (
    Source("SALAD", _marks("aggregator."), convert_salad),
    Source("MegaLoc", (*_marks("aggregator.agg."), "aggregator.linear.weight"), convert_megaloc),
)
