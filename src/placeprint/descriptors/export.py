"""A descriptor as a single ONNX file, which runs without torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from placeprint.arrays import UInt8
from placeprint.descriptors.descriptor import Descriptor, Photo
from placeprint.descriptors.lite0.descriptor import Lite0NetVLAD
from placeprint.descriptors.network.descriptor import NetworkDescriptor
from placeprint.descriptors.runtimes.choose import USUAL, label_of
from placeprint.descriptors.runtimes.torch_device import need_torch
from placeprint.errors import PlaceprintError

if TYPE_CHECKING:
    from placeprint.networks.onnx.export import GraphPrecision, OnnxExport

CALIBRATION = 32
"""How many photos int8 learns its value ranges from, spread evenly over those given."""


def export_graph(
    descriptor: Descriptor,
    path: Path,
    *,
    size: tuple[int, int] | None = None,
    precision: "GraphPrecision" = "float32",
    photos: Sequence[Photo] = (),
) -> "OnnxExport":
    """Write the network of a descriptor, with its preprocessing, as a graph that `onnx:FILE` opens.

    `size` (width, height) is that of its photos if the graph supports only one size: by default what the
    resize rule makes of 640x480. `photos` are for int8. See `placeprint.networks.onnx.export.export_onnx`.
    Raises `PlaceprintError` for a descriptor that is not a torch network.
    """
    need_torch("Exporting to ONNX")
    from placeprint.networks.onnx.export import export_onnx
    from placeprint.photos.resize import target_size

    made = _in_torch(descriptor)
    card = made.card
    calibration = _spread(photos) if precision == "int8" else []
    return export_onnx(
        made.network,
        Path(path),
        card.preprocessing,
        target_size(size or USUAL, "none" if size else card.size_rule, card.step),
        label=label_of(card, made.fingerprint),
        precision=precision,
        calibration=[_pixels(photo, made) for photo in calibration],
    )


def _in_torch(descriptor: Descriptor) -> NetworkDescriptor:
    if isinstance(descriptor, Lite0NetVLAD):
        from placeprint.descriptors.lite0.in_torch import in_torch

        return in_torch(descriptor)
    if not isinstance(descriptor, NetworkDescriptor):
        raise PlaceprintError(
            f"{descriptor.name} is not a torch network", "Export a model folder or a third-party network."
        )
    return descriptor


def _pixels(photo: Photo, descriptor: NetworkDescriptor) -> UInt8:
    from placeprint.photos import load, resize

    return resize(load(photo), descriptor.card.size_rule, descriptor.card.step)[None]


def _spread(photos: Sequence[Photo]) -> list[Photo]:
    rows = np.linspace(0, len(photos) - 1, min(CALIBRATION, len(photos))).astype(int)
    return [photos[row] for row in rows]
