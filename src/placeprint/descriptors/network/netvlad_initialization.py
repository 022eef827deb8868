"""Initializing NetVLAD's clusters from photos, for any backbone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from placeprint.arrays import Float32, UInt8
from placeprint.descriptors.descriptor import Photo
from placeprint.errors import PlaceprintError
from placeprint.parallel import bounded_map, cores
from placeprint.progress import track

if TYPE_CHECKING:
    from placeprint.networks.backbones import Backbone, Preprocessing
    from placeprint.networks.pooling import NetVLAD

PHOTOS, POSITIONS = 500, 100


def initialize_netvlad(
    backbone: "Backbone",
    preprocessing: "Preprocessing",
    photos: Sequence[Photo],
    clusters: int = 64,
    version: Literal[1, 2] = 1,
    seed: int = 43,
    size_rule: str = "area:480",
    quiet: bool = False,
) -> "NetVLAD":
    """The layer with k-means centers and the paper's alpha (Arandjelović et al., CVPR 2016).

    100 positions from each of 500 photos drawn by `seed`, 50,000 local descriptors in total; with fewer
    photos, more positions from each, as far as they have them. Version 1 is the paper's (no bias, assignment
    by normalized centers), version 2 that of its later code, see `NetVLAD.init_from_descriptors`. The
    authors' code uses the first 500 photos instead of random ones. The backbone runs on its current device,
    in evaluation mode. Raises `PhotoError` for a broken photo, `PlaceprintError` for photos that show too
    little.
    """
    from placeprint.networks.pooling import NetVLAD

    if not photos:
        raise PlaceprintError("NetVLAD cannot be initialized without photos", "Give some photos.")
    rng = np.random.default_rng(seed)
    sample = [photos[i] for i in np.sort(rng.permutation(len(photos))[:PHOTOS])]
    wanted = -(-PHOTOS * POSITIONS // len(sample))
    parts = []
    step = 1 if size_rule.startswith(("exact:", "none")) else backbone.divisor
    images = bounded_map(lambda photo: _pixels(photo, size_rule, step), sample, cores())
    for image in track(images, "Learning clusters", len(sample), quiet=quiet):
        positions = _local_descriptors(backbone, preprocessing, image)
        parts.append(positions[np.sort(rng.permutation(len(positions))[:wanted])])
    return NetVLAD.init_from_descriptors(np.concatenate(parts), clusters, seed, bias=version == 2)


def _pixels(photo: Photo, rule: str, step: int) -> UInt8:
    from placeprint.photos import load, resize

    return resize(load(photo), rule, step)


def _local_descriptors(backbone: "Backbone", preprocessing: "Preprocessing", image: UInt8) -> Float32:
    """(positions, channels)"""
    import torch

    from placeprint.descriptors.runtimes.torch_device import inference

    device = next((parameter.device for parameter in backbone.parameters()), torch.device("cpu"))
    with inference(backbone, device, "float32"):
        features = backbone(preprocessing(torch.from_numpy(image[None]).to(device)))[0]
    found: Float32 = features.flatten(1).T.cpu().numpy()
    return found
