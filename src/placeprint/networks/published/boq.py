"""BoQ (Ali-bey et al., CVPR 2024) on ResNet-50 or DINOv2."""

from pathlib import Path

from torch import Tensor

from placeprint.networks.architecture import PoolingSpec
from placeprint.networks.backbones import IMAGENET_PIXELS, PretrainedWeights
from placeprint.networks.published.dinov2 import INTERPOLATION, with_dinov2
from placeprint.networks.published.files.checkpoint import Checkpoint
from placeprint.networks.published.parts import assemble, chain
from placeprint.networks.published.published import Published, Source, read_as

WEIGHTS = PretrainedWeights(
    "Bag-of-Queries", "MIT (code); DINOv2 is Apache-2.0, the data CC BY-NC-ND", IMAGENET_PIXELS
)
TRAINING = "GSV-Cities; multi-similarity loss"


def read_boq(path: Path) -> Published:
    """Read `resnet50_16384.pth`, or `dinov2_12288.pth` (extra `transformers`).

    The latter uses the map before the last norm.
    """
    return read_as(path, SOURCES)


def convert_resnet(checkpoint: Checkpoint) -> Published:
    """BoQ on ResNet-50 from its checkpoint."""
    backbone, tensors = chain(checkpoint.below("backbone.net."), checkpoint.path, last_relu=False)
    pooling, layer = _pooling(checkpoint)
    network, architecture = assemble(backbone, pooling, tensors | layer, checkpoint.path, WEIGHTS)
    return Published(network, architecture, WEIGHTS, "exact:384x384", TRAINING)


def convert_dinov2(checkpoint: Checkpoint) -> Published:
    """BoQ on DINOv2 from its checkpoint."""
    pooling, layer = _pooling(checkpoint)
    network, architecture = with_dinov2(
        checkpoint, "backbone.dino.", pooling, layer, WEIGHTS, last_norm=False
    )
    return Published(network, architecture, WEIGHTS, "exact:322x322", TRAINING, (INTERPOLATION,))


def _pooling(checkpoint: Checkpoint) -> tuple[PoolingSpec, dict[str, Tensor]]:
    layer = checkpoint.below("aggregator.")
    blocks = {name.split(".")[1] for name in layer if name.startswith("boqs.")}
    options = {
        "projected": len(layer["proj_c.weight"]),
        "queries": layer["boqs.0.queries"].shape[1],
        "blocks": len(blocks),
        "out_rows": len(layer["fc.weight"]),
    }
    return PoolingSpec(name="boq", options=options), {f"pooling.{name}": x for name, x in layer.items()}


_MARKS = ("aggregator.boqs.0.queries", "aggregator.proj_c.weight", "aggregator.fc.weight")
SOURCES = (
    Source("BoQ on ResNet-50", ("backbone.net.0.weight", *_MARKS), convert_resnet),
    Source("BoQ on DINOv2", ("backbone.dino.cls_token", *_MARKS), convert_dinov2),
)
