"""A torch network as one ONNX file, photos to unit vectors, checked against torch before it is written."""

import warnings
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from placeprint.artifact import replace_file
from placeprint.errors import MissingExtraError, PlaceprintError
from placeprint.networks.backbones import Preprocessing
from placeprint.networks.onnx.check import (
    Batch,
    Comparison,
    DifferentVectorsError,
    compare,
    noise,
    sizes_to_check,
)
from placeprint.networks.onnx.forms import onnx_form, why_fixed
from placeprint.networks.onnx.label import GraphLabel, write_label
from placeprint.networks.onnx.precision import float16_weights, quantized
from placeprint.networks.onnx.quiet_logs import quiet_logs
from placeprint.networks.pooling.unit_vectors import unit

GraphPrecision = Literal["float32", "float16", "int8"]
INPUT, OUTPUT = "photos", "descriptors"
OPSET = 18
TOLERANCE = 1e-4
"""Largest allowed length of the difference between the graph's and torch's vectors."""

LEAST_COSINE = {"float16": 0.999, "int8": 0.95}
LARGEST = 2**31 - 2**20
"""Bytes of weights; a protobuf file cannot exceed 2 GiB."""


@dataclass(frozen=True)
class OnnxExport:
    """`size` (width, height) is the only size the graph accepts, or None for any; `why_fixed` says why."""

    path: Path
    size: tuple[int, int] | None
    why_fixed: str
    comparison: Comparison


class PhotosToVectors(nn.Module):
    """RGB photos (n, height, width, 3), uint8, to unit vectors (n, dim): a network with its preprocessing."""

    def __init__(self, network: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network, self.preprocessing = network, preprocessing

    def forward(self, photos: Tensor) -> Tensor:
        """Unit vectors (n, dim); of several outputs, the first."""
        out = self.network(self.preprocessing(photos))
        return unit(out[0] if isinstance(out, tuple | list) else out)


def export_onnx(
    network: nn.Module,
    path: Path,
    preprocessing: Preprocessing,
    size: tuple[int, int],
    *,
    label: GraphLabel | None = None,
    precision: GraphPrecision = "float32",
    calibration: Sequence[Batch] = (),
) -> OnnxExport:
    """Write a graph from RGB photos (n, height, width, 3), uint8, to unit vectors (n, dim), float32.

    `size` (width, height) is the usual size. The graph accepts any n, and any height and width if the layers
    allow it; otherwise only this size, and its label says `exact:WxH`. Before it is written, it is compared
    with torch on noise of several sizes: vectors farther apart than `TOLERANCE` are an error.

    `float16` halves the file: weights are stored in half precision and widened on loading. `int8` also
    quantizes the convolutions, with value ranges learned from `calibration`, batches of photos as the network
    receives them, which are also used for the comparison. Both give slightly different vectors from float32,
    within `LEAST_COSINE`.

    Raises `MissingExtraError` without onnxscript, and `PlaceprintError` if the network cannot be exported at
    all, or not in this precision.
    """
    if find_spec("onnxscript") is None:
        raise MissingExtraError("Exporting to ONNX", "torch")
    if precision == "int8" and not calibration:
        raise PlaceprintError("int8 is learned from photos", "Give some photos like those to be described.")
    truth = PhotosToVectors(deepcopy(network).cpu().float(), preprocessing).eval()
    if sum(x.nbytes for x in truth.state_dict().values() if isinstance(x, Tensor)) > LARGEST:
        raise PlaceprintError("the network is larger than an ONNX file can be, 2 GiB", "Run it in torch.")
    model, why, comparison = _checked_graph(truth, size, (label or GraphLabel()).divisor)
    write_label(model, label or GraphLabel(), preprocessing, size if why else None)
    if precision != "float32":
        model, comparison = _smaller(model, truth, precision, size, calibration)
    replace_file(path, model.SerializeToString())
    return OnnxExport(path, size if why else None, why, comparison)


def _checked_graph(
    truth: PhotosToVectors, size: tuple[int, int], divisor: int
) -> tuple[Any, str, Comparison]:
    width, height = size
    one, many = [(1, height, width), (3, height, width)], sizes_to_check(size, divisor)
    why = why_fixed(truth)
    failed: Exception | None = None
    # Non-strict export is faster; strict export handles some third-party networks better.
    attempts = [(False, False), (False, True)]
    for any_size, strict in attempts if why else [(True, False), (True, True), *attempts]:
        try:
            model, comparison = _graph_that_agrees(truth, many if any_size else one, any_size, strict)
        except DifferentVectorsError as error:
            why, failed = why or str(error), error
        else:
            return model, "" if any_size else why, comparison
    raise PlaceprintError(
        f"this network cannot be exported to ONNX: {failed}", "Run it in torch."
    ) from failed


def _graph_that_agrees(
    truth: PhotosToVectors, shapes: Sequence[tuple[int, int, int]], any_size: bool, strict: bool
) -> tuple[Any, Comparison]:
    photos = noise(shapes)
    try:
        model = _graph(truth, photos[0], any_size, strict)
    except Exception as error:  # a third-party network may raise anything
        cause = " ".join(str(error.__cause__ or error).split())[:200]
        raise DifferentVectorsError(f"a layer cannot be exported ({cause})") from error
    comparison = compare(model.SerializeToString(), truth, photos)
    if comparison.difference > TOLERANCE:
        raise DifferentVectorsError(f"its vectors differ from torch's by {comparison.difference:.1g}")
    return model, comparison


def _graph(truth: PhotosToVectors, photos: Batch, any_size: bool, strict: bool) -> Any:
    """torch.export's graph: unlike tracing, it keeps every number that depends on the size."""
    names = ("n", "height", "width") if any_size else ("n",)
    example = torch.from_numpy(photos.repeat(2, axis=0))  # a batch size of 1 would become a constant
    with warnings.catch_warnings(), quiet_logs(), torch.no_grad():
        warnings.simplefilter("ignore")
        free = (dict.fromkeys(range(len(names)), torch.export.Dim.DYNAMIC),)
        program = torch.export.export(onnx_form(truth), (example,), dynamic_shapes=free, strict=strict)
        made: Any = torch.onnx.export(
            program,
            (),
            dynamo=True,
            input_names=[INPUT],
            output_names=[OUTPUT],
            opset_version=OPSET,
            verbose=False,
        )
    model = made.model_proto
    del model.graph.value_info[:]  # it uses torch's own names for the axes
    for axis, name in enumerate(names):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = name
    model.graph.output[0].type.tensor_type.shape.dim[0].dim_param = "n"
    return model


def _smaller(
    model: Any, truth: PhotosToVectors, precision: str, size: tuple[int, int], calibration: Sequence[Batch]
) -> tuple[Any, Comparison]:
    width, height = size
    photos = calibration if precision == "int8" else noise([(1, height, width), (3, height, width)])
    made = quantized(model, calibration) if precision == "int8" else float16_weights(model)
    try:
        comparison = compare(made.SerializeToString(), truth, photos)
    except DifferentVectorsError as error:
        raise PlaceprintError(f"in {precision} {error}", "Use float32.") from error
    if comparison.cosine < LEAST_COSINE[precision]:
        raise PlaceprintError(
            f"in {precision} its vectors are too far from float32's: cosine {comparison.cosine:.4f}",
            "Use float32, or give more photos, and more varied ones.",
        )
    return made, comparison
