"""A descriptor as one ONNX file, which runs without torch."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from placeprint.descriptors.descriptor import Descriptor, Photo
from placeprint.descriptors.lite0_netvlad import Lite0NetVLAD
from placeprint.descriptors.network_descriptor import NetworkDescriptor
from placeprint.descriptors.torch_running import need_torch
from placeprint.errors import PlaceprintError

if TYPE_CHECKING:
    from placeprint.descriptors.runtime import Runtime
    from placeprint.networks.onnx_export import GraphPrecision, OnnxExport
    from placeprint.networks.onnx_label import GraphLabel

USUAL = (640, 480)
CALIBRATION = 32
"""Photos from which int8 learns the ranges of numbers, spread evenly over those that are given."""


def export_graph(
    descriptor: Descriptor,
    path: Path,
    *,
    size: tuple[int, int] | None = None,
    precision: "GraphPrecision" = "float32",
    photos: Sequence[Photo] = (),
) -> "OnnxExport":
    """Write the network of a descriptor, with its preprocessing, as a graph that `onnx:FILE` opens.

    `size` (width, height) is that of its photos, where the graph can take one size alone: by default what the
    resize rule makes of 640x480. `photos` are for int8. See `placeprint.networks.onnx_export.export_onnx`.
    Raises `PlaceprintError` for a descriptor that is no network in torch.
    """
    need_torch("Exporting to ONNX")
    from placeprint.networks.onnx_export import export_onnx
    from placeprint.photos.resize import target_size

    made = _in_torch(descriptor)
    card = made.card
    calibration = _spread(photos) if precision == "int8" else []
    return export_onnx(
        made.network,
        Path(path),
        card.preprocessing,
        target_size(size or USUAL, "none" if size else card.size_rule, card.step),
        label=_label(made),
        precision=precision,
        calibration=[_pixels(photo, made) for photo in calibration],
    )


def quicker_runtime(descriptor: NetworkDescriptor) -> "Runtime | None":
    """Another way than eager torch to run a network of ours on the processor, where one that is installed
    gives the same vectors; what is taken, and why not the others, is said on standard error."""
    from placeprint.descriptors.choose_runtime import choose_runtime
    from placeprint.photos.resize import target_size

    card = descriptor.card
    if card.architecture is None:
        return None
    size = target_size(USUAL, card.size_rule, card.step)
    choice = choose_runtime(
        descriptor.network,
        card.preprocessing,
        size,
        precision=card.precision,
        device="cpu",
        label=_label(descriptor),
    )
    print(f"{card.name}: {choice.said}", file=sys.stderr)
    return None if choice.runtime.name.startswith("torch") else choice.runtime


def _label(descriptor: NetworkDescriptor) -> "GraphLabel":
    from placeprint.networks.onnx_label import GraphLabel

    card = descriptor.card
    return GraphLabel(
        card.name, card.size_rule, card.divisor, card.training, card.licence, descriptor.fingerprint
    )


def _in_torch(descriptor: Descriptor) -> NetworkDescriptor:
    if isinstance(descriptor, Lite0NetVLAD):
        from placeprint.descriptors.lite0_in_torch import in_torch

        return in_torch(descriptor)
    if not isinstance(descriptor, NetworkDescriptor):
        raise PlaceprintError(
            f"{descriptor.name} is no network in torch", "Export a model folder or a network of others."
        )
    return descriptor


def _pixels(photo: Photo, descriptor: NetworkDescriptor) -> NDArray[np.uint8]:
    from placeprint.photos import load, resize

    return resize(load(photo), descriptor.card.size_rule, descriptor.card.step)[None]


def _spread(photos: Sequence[Photo]) -> list[Photo]:
    rows = np.linspace(0, len(photos) - 1, min(CALIBRATION, len(photos))).astype(int)
    return [photos[row] for row in rows]
