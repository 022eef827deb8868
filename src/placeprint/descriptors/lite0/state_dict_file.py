"""Reading a published PyTorch state dict without PyTorch.

The file of the default trunk is in PyTorch's first format (before 1.6): three small pickles
(magic number, protocol, system), the pickled dictionary whose tensors name their storages, the
pickled list of storage names, then each storage as a 64-bit count and raw little-endian numbers.

A pickle can run any code. This reader accepts exactly the five names such a dictionary needs and
rejects every other one.
"""

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.errors import FormatError

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001


@dataclass(frozen=True)
class _Storage:
    key: str
    dtype: np.dtype[Any]
    count: int


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def view(self, numbers: NDArray[Any]) -> NDArray[Any]:
        last = self.offset + sum((n - 1) * s for n, s in zip(self.size, self.stride, strict=True))
        if min((self.offset, *self.size, *self.stride), default=0) < 0 or last >= max(len(numbers), 1):
            raise ValueError("a tensor reaches beyond its storage")
        strides = [s * numbers.itemsize for s in self.stride]
        return np.lib.stride_tricks.as_strided(numbers[self.offset :], self.size, strides).copy()


def _tensor(
    storage: _Storage, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *rest: object
) -> _Tensor:
    return _Tensor(storage, offset, size, stride)


ALLOWED = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch", "FloatStorage"): np.dtype("<f4"),
    ("torch", "HalfStorage"): np.dtype("<f2"),
    ("torch", "LongStorage"): np.dtype("<i8"),
}


class _StateDictUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _location, count, view = pid
        if kind != "storage" or view is not None or not isinstance(dtype, np.dtype):
            raise pickle.UnpicklingError("it holds something that is not a plain storage")
        return _Storage(str(key), dtype, int(count))


def read_state_dict(path: Path) -> dict[str, NDArray[Any]]:
    """Read `{name: array}` from a `.pth` file in PyTorch's first format.

    Raises `FormatError` if the file is missing, cut short, in another format, or contains anything but
    tensors of float32, float16 or int64.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({error.strerror})", "Check the path.") from error
    if content[:2] == b"PK":
        raise FormatError(
            f"{path} is in PyTorch's zip format",
            "Save it with torch.save(state, path, _use_new_zipfile_serialization=False).",
        )
    try:
        return _read(BytesIO(content))
    except (pickle.UnpicklingError, ArithmeticError, AttributeError, EOFError, ImportError) as error:
        raise FormatError(f"{path} is not a plain PyTorch state dict ({error})") from error
    except (LookupError, MemoryError, TypeError, ValueError) as error:
        raise FormatError(f"{path} is damaged ({error})", "Install its package again.") from error


def _read(file: BytesIO) -> dict[str, NDArray[Any]]:
    if _load(file) != MAGIC or _load(file) != PROTOCOL:
        raise ValueError("wrong magic number")
    system = _load(file)
    if system["little_endian"] is not True:
        raise ValueError("it was written on a big-endian machine")
    tensors = _load(file)
    if not isinstance(tensors, dict) or not all(isinstance(t, _Tensor) for t in tensors.values()):
        raise ValueError("it is not a dictionary of tensors")
    storages = {t.storage.key: t.storage for t in tensors.values()}
    numbers = {key: _storage(file, storages[key]) for key in _load(file)}
    return {str(name): t.view(numbers[t.storage.key]) for name, t in tensors.items()}


def _load(file: BytesIO) -> Any:
    return _StateDictUnpickler(file).load()


def _storage(file: BytesIO, storage: _Storage) -> NDArray[Any]:
    count = int.from_bytes(file.read(8), "little")
    raw = file.read(storage.count * storage.dtype.itemsize)
    if count != storage.count or len(raw) != count * storage.dtype.itemsize:
        raise ValueError("a storage is cut short")
    return np.frombuffer(raw, storage.dtype)
