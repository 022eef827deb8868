"""Pickles and numpy object arrays of plain data, read without running anything they refer to.

Ground truth is distributed in these files, and a pickle may name any function to be called. Here the names
that numpy arrays need map to functions in this module, and every other name is rejected. Even numpy's own
`dtype.__setstate__` is not reached: it accepts flags that make raw bytes pass for objects.
"""

import pickle
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

from placeprint.errors import FormatError, PlaceprintError

_PLAIN = re.compile(r"[|<>=]?(b1|[iu][1248]|f[248]|c8|c16|[SU]\d+|O8?|\?)")


class PickledArray(np.ndarray[Any, np.dtype[Any]]):
    """An array from a pickle; an ordinary array except for how its state is set."""

    def __setstate__(self, state: Any, /) -> None:
        _, shape, kind, fortran, data = state
        plain: Any = (1, shape, kind.dtype, bool(fortran), data)
        super().__setstate__(plain)

    def __reduce__(self) -> Any:
        return self.view(np.ndarray).__reduce__()


class _Kind:
    """Replaces a dtype: only the byte order is taken from its state."""

    def __init__(self, code: str | bytes) -> None:
        text = code.decode("ascii") if isinstance(code, bytes) else code
        if not _PLAIN.fullmatch(text):
            raise ValueError(f"arrays of type {text!r}")
        self.dtype = np.dtype(text)

    def __setstate__(self, state: Any) -> None:
        if state[1] in ("<", b"<"):
            self.dtype = self.dtype.newbyteorder("<")
        elif state[1] in (">", b">"):
            self.dtype = self.dtype.newbyteorder(">")


def _kind(code: str | bytes, align: object = False, copy: object = False) -> _Kind:
    return _Kind(code)


def _empty(of: object, shape: object, code: object) -> PickledArray:
    return PickledArray(0)


def _scalar(kind: _Kind, data: str | bytes) -> Any:
    return _from_bytes(data.encode("latin1") if isinstance(data, str) else data, kind, (1,), "C")[0]


def _from_bytes(
    data: bytes, kind: _Kind, shape: tuple[int, ...], order: Any, axes: tuple[int, ...] | None = None
) -> NDArray[Any]:
    """`numpy._core.numeric._frombuffer`, of pickle protocol 5."""
    flat = np.frombuffer(data, kind.dtype)
    if order == "K" and axes is not None:
        return flat.reshape(shape).transpose(axes)
    return flat.reshape(shape, order=order)


def _encoded(text: str, encoding: str) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise ValueError(f"bytes encoded as {encoding!r}")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """How protocols 0 to 2 write b"" as a call."""
    return b""


_ARRAY_CLASS = object()
_NUMPY: dict[str, object] = {
    "multiarray._reconstruct": _empty,
    "multiarray.scalar": _scalar,
    "numeric._frombuffer": _from_bytes,
}
_ALLOWED: dict[str, object] = {
    "numpy.ndarray": _ARRAY_CLASS,
    "numpy.dtype": _kind,
    "_codecs.encode": _encoded,
    "__builtin__.bytes": _no_bytes,
    "collections.OrderedDict": OrderedDict,
    **{f"numpy.{core}.{name}": thing for core in ("core", "_core") for name, thing in _NUMPY.items()},
}


class _RefusedError(Exception):
    pass


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str, /) -> Any:
        try:
            return _ALLOWED[f"{module}.{name}"]
        except KeyError:
            raise _RefusedError(f"{module}.{name}") from None


def load_pickle(path: Path) -> Any:
    """The content of a pickle: lists, tuples, dicts, text, numbers and numpy arrays of plain types.

    Python 2's text is read as Latin-1. Raises FormatError for a file that names anything else (which is
    neither imported nor called) or is damaged, PlaceprintError if there is no such file.
    """
    with _reading(path) as file:
        return _Unpickler(file, encoding="latin1").load()


def load_object_array(path: Path) -> NDArray[Any]:
    """The array in a .npy file, even one of Python objects. Raises as `load_pickle` does."""
    with _reading(path) as file:
        readers: dict[tuple[int, int], Callable[..., Any]] = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        read_header = readers.get(np.lib.format.read_magic(file))
        shape, _, dtype = read_header(file) if read_header else (None, None, np.dtype(float))
        if dtype != np.dtype(object):
            file.seek(0)
            return np.asarray(np.lib.format.read_array(file, allow_pickle=False))
        array = _Unpickler(file, encoding="latin1").load()
        if not isinstance(array, np.ndarray) or array.shape != shape:
            raise ValueError("its content does not match its header")
        return array.view(np.ndarray)


@contextmanager
def _reading(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except _RefusedError as error:
        _refuse(path, f"names {error}, which plain data never needs", error)
    except OSError as error:
        raise PlaceprintError(f"{path} cannot be read ({error.strerror})", "Check the path.") from error
    except Exception as error:  # a damaged pickle may raise anything
        _refuse(path, f"is damaged, or holds more than plain data ({error})", error)


def _refuse(path: Path, why: str, error: Exception) -> NoReturn:
    raise FormatError(f"{path} {why}", "No code in it was run. Get the original file again.") from error
