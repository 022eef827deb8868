"""Objects of third-party packages in a checkpoint, as inert records: nothing of theirs is imported or run."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


class Record:
    """What a file says about an object: the arguments that would have created it, and its state."""

    arguments: tuple[Any, ...]
    state: Any

    def __new__(cls, *arguments: Any) -> Self:
        """Keep the arguments instead of creating the object."""
        record = super().__new__(cls)
        record.arguments, record.state = arguments, None
        return record

    def __setstate__(self, state: Any) -> None:
        """Keep the pickled state as it is."""
        self.state = state


class ArrayRecord(Record):
    """A NumPy array; its state is (version, shape, type, column order, bytes)."""


class KindRecord(Record):
    """A NumPy type; its arguments begin with its code, its state with (version, byte order)."""


class PcaRecord(Record):
    """scikit-learn's PCA; its state holds the attributes by name."""


RECORDS: list[tuple[type[Record], str]] = [
    (Record, "numpy.ndarray"),
    (KindRecord, "numpy.dtype"),
    *((ArrayRecord, f"numpy.{core}.multiarray._reconstruct") for core in ("core", "_core")),
    *((Record, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")),
    *((PcaRecord, f"sklearn.decomposition.{module}.PCA") for module in ("pca", "_pca")),
]
"""Everything a published checkpoint may refer to besides tensors, and what replaces it."""


def as_array(value: Any) -> NDArray[np.floating[Any]]:
    """The numbers of an array of floats. Raises `ValueError` for anything else."""
    if not isinstance(value, ArrayRecord):
        raise ValueError(f"expected an array, not {type(value).__name__}")
    try:
        _, shape, kind, by_columns, data = value.state
        code, order = kind.arguments[0], kind.state[1]
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise ValueError("a malformed array") from error
    if code not in ("f2", "f4", "f8") or order not in ("<", ">") or not isinstance(data, bytes):
        raise ValueError(f"an array of type {order}{code}")
    flat: NDArray[np.floating[Any]] = np.frombuffer(data, f"{order}{code}").astype(code)
    return flat.reshape(shape, order="F" if by_columns else "C")
