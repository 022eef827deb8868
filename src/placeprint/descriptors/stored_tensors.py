"""Tensors of a safetensors file as float32 NumPy arrays, however few bits they were stored in."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.errors import FormatError

SCALE = ".scale"
"""Suffix of the name of the factors (n,) that multiply the rows (n, ...) of an int8 tensor."""

_TYPES = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16, "I8": np.int8, "I64": np.int64}


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """`{name: array}`: float16, bfloat16 and int8 with its scales become float32, int64 stays.

    Raises `FormatError` for a file that is damaged or holds other types.
    """
    import safetensors

    deserialize: Any = safetensors.deserialize
    try:
        stored = {name: _array(said) for name, said in deserialize(path.read_bytes())}
        arrays = {name: array for name, array in stored.items() if not name.endswith(SCALE)}
        for name, array in arrays.items():
            if array.dtype == np.int8:
                scale = stored[name + SCALE].reshape(-1, *(1,) * (array.ndim - 1))
                arrays[name] = array.astype(np.float32) * scale
    except (safetensors.SafetensorError, OSError, KeyError, ValueError, TypeError, MemoryError) as error:
        raise FormatError(f"{path} cannot be read ({error})", "Install placeprint again.") from error
    return arrays


def _array(said: dict[str, Any]) -> NDArray[Any]:
    array: NDArray[Any] = np.frombuffer(said["data"], _TYPES[said["dtype"]]).reshape(said["shape"])
    if said["dtype"] == "BF16":  # the upper half of a float32
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float32) if said["dtype"] == "F16" else array
