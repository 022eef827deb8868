"""The metadata of an exported ONNX file."""

import json
from dataclasses import dataclass
from typing import Any

from placeprint.networks.backbones import Preprocessing


@dataclass(frozen=True)
class GraphLabel:
    """How photos are resized for a graph, and where it comes from.

    `fingerprint` is the fingerprint of the torch descriptor.
    """

    name: str = "network"
    size_rule: str = "area:480"
    divisor: int = 16
    training: str = "not stated"
    license: str = "unknown: ask its authors"
    fingerprint: str = ""


def write_label(
    model: Any, label: GraphLabel, preprocessing: Preprocessing, size: tuple[int, int] | None
) -> None:
    """Write the metadata; a graph with a fixed `size` (width, height) says `exact:WxH`.

    The key `placeprint` is what `onnx:FILE` reads; the other keys are for people.
    """
    card = {
        "name": label.name,
        "layout": "nhwc",
        "dtype": "uint8",
        "size": label.size_rule if size is None else f"exact:{size[0]}x{size[1]}",
        "divisor": label.divisor,
        "training": label.training,
        "license": label.license,
    }
    pixels = preprocessing
    said = {name: str(value) for name, value in card.items()}
    said["placeprint"] = json.dumps(card)
    said["dim"] = str(model.graph.output[0].type.tensor_type.shape.dim[1].dim_value)
    said["fingerprint"] = label.fingerprint
    said["pixels"] = f"in the graph: ({pixels.order} / {pixels.scale:g} - {pixels.mean}) / {pixels.std}"
    for key, value in said.items():
        model.metadata_props.add(key=key, value=value)
