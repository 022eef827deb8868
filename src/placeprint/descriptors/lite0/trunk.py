"""The weights of EfficientNet-Lite0 up to a block, under their published names, without torch."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32
from placeprint.artifact import fingerprint
from placeprint.descriptors.lite0.state_dict_file import read_state_dict
from placeprint.networks.lite0_blocks import published_weights

Tensors = Mapping[str, NDArray[Any]]

IMAGENET = "14b9b4e033e2ca5a"
"""`trunk_digest` of the published ImageNet weights, up to the eleventh block."""


def trunk_weights(tensors: Tensors, blocks: int) -> dict[str, Float32]:
    """The tensors of the stem and the first `blocks` blocks that affect the output."""
    prefixes = ("_conv_stem.", "_bn0.", *(f"_blocks.{number}." for number in range(blocks)))
    return {
        name: np.ascontiguousarray(array, np.float32)
        for name, array in tensors.items()
        if name.startswith(prefixes) and not name.endswith("num_batches_tracked")
    }


def trunk_digest(weights: Tensors) -> str:
    """16 hex digits that change with any weight."""
    return fingerprint({}, weights)


@cache
def imagenet_trunk(blocks: int) -> Tensors:
    """The published ImageNet weights. Raises `MissingExtraError` if their package is not installed."""
    return trunk_weights(read_state_dict(published_weights()), blocks)
