"""Writing small ONNX models directly in the file format, so that the package `onnx` (31 MB) is not needed.

An ONNX file is one Protocol Buffers message: fields with a number and a kind, where kind 0 is an integer
with seven bits per byte and kind 2 a length followed by that many bytes. The numbers below are those of
`onnx.proto`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

IR_VERSION = 8
Shape = Sequence[int | str]

_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7, "float16": 10}


class OnnxGraph:
    """Nodes and constants in the order in which they are added; each value has a name."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._nodes = self._constants = 0

    def constant(self, array: NDArray[Any]) -> str:
        """Add a constant; returns its name."""
        name = f"c{self._constants}"
        self._constants += 1
        array = np.asarray(array)
        dims = b"".join(_integer(1, side) for side in array.shape)
        raw = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        tensor = dims + _integer(2, _TYPES[array.dtype.name]) + _bytes(8, name.encode()) + _bytes(9, raw)
        self._parts.append(_bytes(5, tensor))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str | None = None, **attributes: Any) -> str:
        """Add an operator with one output; returns the output's name. Attributes: int, ints or string."""
        name = output or f"v{self._nodes}"
        self._nodes += 1
        said = b"".join(_bytes(1, value.encode()) for value in inputs) + _bytes(2, name.encode())
        said += _bytes(4, kind.encode())
        said += b"".join(_bytes(5, _attribute(*item)) for item in sorted(attributes.items()))
        self._parts.append(_bytes(1, said))
        return name

    def model(
        self,
        name: str,
        inputs: Mapping[str, tuple[DTypeLike, Shape]],
        outputs: Mapping[str, tuple[DTypeLike, Shape]],
        opset: int,
    ) -> bytes:
        """The file; inputs and outputs have a type and a shape, whose sides are numbers or names."""
        graph = b"".join(self._parts) + _bytes(2, name.encode())
        graph += b"".join(_bytes(11, _value(key, *value)) for key, value in inputs.items())
        graph += b"".join(_bytes(12, _value(key, *value)) for key, value in outputs.items())
        version = _bytes(1, b"") + _integer(2, opset)
        return _integer(1, IR_VERSION) + _bytes(7, graph) + _bytes(8, version)


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # two's complement
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _integer(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(int(value))


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _attribute(name: str, value: int | str | Sequence[int]) -> bytes:
    said = _bytes(1, name.encode())
    if isinstance(value, str):
        return said + _bytes(4, value.encode()) + _integer(20, 3)
    if isinstance(value, int):
        return said + _integer(3, value) + _integer(20, 2)
    return said + b"".join(_integer(8, each) for each in value) + _integer(20, 7)


def _value(name: str, dtype: DTypeLike, shape: Shape) -> bytes:
    sides = b"".join(
        _bytes(1, _bytes(2, side.encode()) if isinstance(side, str) else _integer(1, side)) for side in shape
    )
    tensor = _integer(1, _TYPES[np.dtype(dtype).name]) + _bytes(2, sides)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, tensor))
