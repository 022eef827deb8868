"""How photos become the input of an ONNX model: stated settings, what the model says, defaults."""

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from placeprint.arrays import UInt8
from placeprint.descriptors.sources import LICENSE_KEYS
from placeprint.errors import FormatError, needing

Channels = tuple[float, float, float]
METADATA = "placeprint"


class OnnxCard(BaseModel):
    """x = (pixel / scale - mean) / std as `dtype` in `layout`; the defaults are those of ImageNet.

    A uint8 input gets the pixels unchanged. `size` is a rule of `photos.resize`, with sides that are
    multiples of `divisor` unless it is `exact` or `none`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    layout: Literal["nchw", "nhwc"] = "nchw"
    dtype: Literal["float32", "float16", "uint8"] = "float32"
    size: str = "area:480"
    divisor: int = Field(16, ge=1)
    scale: float = 255.0
    mean: Channels = (0.485, 0.456, 0.406)
    std: Channels = (0.229, 0.224, 0.225)
    order: Literal["RGB", "BGR"] = "RGB"
    training: str = "not stated"
    license: str = Field("unknown: ask its authors", validation_alias=AliasChoices(*LICENSE_KEYS))

    @property
    def step(self) -> int:
        """The multiple that sides are rounded to."""
        return 1 if self.size.startswith(("exact:", "none")) else self.divisor

    def recipe(self) -> dict[str, Any]:
        """JSON of everything that changes the vectors, other than the model."""
        pixels: Any = self.order
        if self.dtype != "uint8":
            pixels = {
                "scale": self.scale,
                "mean": list(self.mean),
                "std": list(self.std),
                "order": self.order,
            }
        said = {"input": self.size, "divisor": self.step, "pixels": pixels}
        return said | {"layout": self.layout, "dtype": self.dtype}

    def input_of(self, image: UInt8) -> NDArray[Any]:
        """RGB (height, width, 3) as the model expects it, without the batch axis."""
        ordered = image[:, :, ::-1] if self.order == "BGR" else image
        if self.dtype == "uint8":
            x: NDArray[Any] = ordered
        else:
            mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
            x = ((ordered.astype(np.float32) / np.float32(self.scale) - mean) / std).astype(self.dtype)
        return np.ascontiguousarray(x.transpose(2, 0, 1) if self.layout == "nchw" else x)


def read_model(path: Path) -> bytes:
    """The model in a file, including weights in separate files beside it.

    Raises `FormatError`, and `MissingExtraError` without the package onnx.
    """
    with needing("onnx", "Reading ONNX files"):
        import onnx
        from onnx.external_data_helper import uses_external_data

    if not path.is_file():
        raise FormatError(f"{path} is not a file", "Check the path.")
    content = path.read_bytes()
    try:
        model = onnx.load_from_string(content)
        if any(uses_external_data(tensor) for tensor in model.graph.initializer):
            content = onnx.load(path).SerializeToString()
    except Exception as error:  # from protobuf, or for a missing file of weights
        raise FormatError(
            f"{path} is not a complete ONNX model ({error})", "Export or download it again."
        ) from error
    return content


def read_card(path: Path, model: bytes) -> OnnxCard:
    """Read `NAME.json` beside the file, else the model's metadata `placeprint` (JSON too).

    What neither states is taken from the model's input: layout, dtype, and the size if it is fixed. Raises
    `FormatError` for invalid JSON or unknown fields and values.
    """
    with needing("onnx", "Reading ONNX files"):
        import onnx

    parsed = onnx.load_from_string(model)
    origin, text = path.with_suffix(".json"), "{}"
    if origin.is_file():
        text = origin.read_text("utf-8", errors="replace")
    else:
        origin, text = path, next((p.value for p in parsed.metadata_props if p.key == METADATA), "{}")
    try:
        return OnnxCard.model_validate({"name": path.stem} | _told(parsed) | json.loads(text))
    except (ValidationError, ValueError, TypeError) as error:
        said = " ".join(str(error).split())[:200]
        fields = ", ".join(OnnxCard.model_fields)
        raise FormatError(
            f"{origin} does not say how photos are read ({said})", f"Fields: {fields}."
        ) from error


def _told(model: Any) -> dict[str, Any]:
    from onnx import TensorProto

    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value.type.tensor_type for value in model.graph.input if value.name not in weights]
    if len(inputs) != 1 or len(inputs[0].shape.dim) != 4:
        raise ValueError(
            f"the model has {len(inputs)} inputs, or not four axes: it needs one input, a batch of photos"
        )
    sides = [dim.dim_value for dim in inputs[0].shape.dim]  # 0 if the side is free
    told: dict[str, Any] = {"layout": "nhwc" if sides[3] == 3 and sides[1] != 3 else "nchw"}
    height, width = sides[1:3] if told["layout"] == "nhwc" else sides[2:4]
    if height and width:
        told["size"] = f"exact:{width}x{height}"
    kinds = {TensorProto.FLOAT16: "float16", TensorProto.UINT8: "uint8"}
    return told | {"dtype": kinds.get(inputs[0].elem_type, "float32")}
