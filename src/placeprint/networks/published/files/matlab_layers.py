"""The layers of a MatConvNet SimpleNN in a MATLAB file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.errors import FormatError, PlaceprintError, needing

AS_STRUCTS = (
    "In MATLAB, with the authors' code on the path: for i=1:numel(net.layers), "
    "net.layers{i}=struct(net.layers{i}); end; save('net.mat','net','-v7')"
)
SESSION = ("netID", "sessionID", "epoch")
MANGLED = (AttributeError, LookupError, TypeError, ValueError)
Arrays = list[NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Layer:
    """`kind`: conv, relu, pool, normalize or custom; `fields`: MATLAB's arrays as they are."""

    kind: str
    name: str
    fields: Mapping[str, Any]

    @property
    def weights(self) -> Arrays:
        """The cells of `weights`; before MatConvNet beta17 `filters` and `biases`. Both: `ValueError`."""
        cells = self.fields.get("weights", np.empty(0, object))
        if cells.dtype != object:
            raise ValueError(f"layer {self.name} has weights that are not cells")
        old = [self.fields[name] for name in ("filters", "biases") if name in self.fields]
        if cells.size and old:
            raise ValueError(f"layer {self.name} has both weights and filters or biases")
        return list(cells.ravel()) or old

    def check_weightless(self) -> None:
        """Raise `ValueError` if there are weights, since nothing would use them."""
        if self.weights:
            raise ValueError(f"layer {self.name} is a {self.kind} layer with weights")

    def check(self, **expected: float) -> None:
        """Raise `ValueError` if a field holds any other number than this; fields may be missing."""
        for name, value in expected.items():
            found = np.asarray(self.fields.get(name, value), float)
            if not (found == value).all():
                raise ValueError(f"layer {self.name} has {name} {found.ravel().tolist()}, not {value}")


@dataclass(frozen=True, eq=False)
class SimpleNN:
    """`average_color` is the mean that is subtracted from the pixels; `session` names the training run."""

    layers: list[Layer]
    average_color: tuple[float, float, float]
    session: dict[str, str]


def read_simplenn(path: Path) -> SimpleNN:
    """The variable `net` of the file.

    Raises `FormatError` for a file without it, `PlaceprintError` for one of version 7.3 or with layers
    that are class objects, which only MATLAB reads.
    """
    with needing("research", "Reading MATLAB files"):
        from scipy.io import loadmat

    try:
        variables = loadmat(path, struct_as_record=False, variable_names=["net"])
    except NotImplementedError as error:
        raise PlaceprintError(f"{path} is a MATLAB file of version 7.3", AS_STRUCTS) from error
    except Exception as error:  # a damaged file may raise anything
        raise FormatError(f"{path} is not a MATLAB file ({error})", "Get the original file again.") from error
    if "net" not in variables:
        raise FormatError(f"{path} has no variable `net`", "Get the network, not its results.")
    try:
        net = _fields(variables["net"])
        meta = _fields(net["meta"]) if "meta" in net else net
        average = _fields(meta["normalization"])["averageImage"]
        layers = list(net["layers"].ravel())
        session = {name: _text(meta[name]) for name in SESSION if name in meta and meta[name].size}
        color = _color(average)
    except MANGLED as error:
        raise FormatError(
            f"{path} does not hold a MatConvNet network ({error})", "Get the original file."
        ) from error
    return SimpleNN([_layer(layer, number, path) for number, layer in enumerate(layers, 1)], color, session)


def _layer(layer: Any, number: int, path: Path) -> Layer:
    try:
        fields = _fields(layer)
        return Layer(_text(fields["type"]), _text(fields.get("name", np.array(""))), fields)
    except MANGLED as error:
        raise PlaceprintError(f"{path}: layer {number} is a MATLAB class object", AS_STRUCTS) from error


def _fields(struct: NDArray[Any]) -> dict[str, Any]:
    item = struct.item()
    return {name: getattr(item, name) for name in item._fieldnames}


def _text(value: NDArray[Any]) -> str:
    return str(value.item()) if value.size else ""


def _color(average: NDArray[Any]) -> tuple[float, float, float]:
    """The mean over the pixels of a 1 × 1 × 3 or larger image."""
    r, g, b = np.asarray(average, float).reshape(-1, 3).mean(axis=0)
    return float(r), float(g), float(b)
