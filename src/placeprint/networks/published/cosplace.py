"""CosPlace (Berton et al., CVPR 2022) and EigenPlaces (ICCV 2023): networks of the same form."""

from pathlib import Path

from placeprint.networks.architecture import PoolingSpec
from placeprint.networks.backbones import IMAGENET_PIXELS, PretrainedWeights
from placeprint.networks.published.files.checkpoint import Checkpoint
from placeprint.networks.published.parts import assemble, chain
from placeprint.networks.published.published import Published, Source, read_as

WEIGHTS = PretrainedWeights("CosPlace or EigenPlaces, as the file's name says", "MIT (code)", IMAGENET_PIXELS)
TRAINING = "San Francisco XL; large margin cosine loss over classes of place and view"


def read_cosplace(path: Path) -> Published:
    """Read a file `*_cosplace.pth` or `*_eigenplaces.pth`: VGG16 or a ResNet of 18, 50, 101 or 152 layers,
    with 32 to 2048 dimensions.
    """
    return read_as(path, SOURCES)


def convert(checkpoint: Checkpoint) -> Published:
    """The network of a checkpoint."""
    backbone, tensors = chain(checkpoint.below("backbone."), checkpoint.path, last_relu=False)
    tensors |= {f"pooling.{name}": x for name, x in checkpoint.below("aggregation.").items()}
    pooling = PoolingSpec(name="cosplace", options={"out_dim": len(checkpoint["aggregation.3.weight"])})
    network, architecture = assemble(backbone, pooling, tensors, checkpoint.path, WEIGHTS)
    notes = ("trained on 512 × 512 pixels; the authors test photos as they are",)
    return Published(network, architecture, WEIGHTS, "none", TRAINING, notes)


SOURCES = (
    Source(
        "CosPlace or EigenPlaces",
        ("backbone.0.weight", "aggregation.1.p", "aggregation.3.weight", "aggregation.3.bias"),
        convert,
    ),
)
