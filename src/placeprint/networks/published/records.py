"""Objects of other packages in a checkpoint, as inert records: nothing of them is imported or run."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


class Record:
    """What a file says of an object: the arguments that would have made it, and its state."""

    arguments: tuple[Any, ...]
    state: Any

    def __new__(cls, *arguments: Any) -> Self:
        record = super().__new__(cls)
        record.arguments, record.state = arguments, None
        return record

    def __setstate__(self, state: Any) -> None:
        self.state = state


class ArrayRecord(Record):
    """A NumPy array; its state is (version, shape, type, column order, bytes)."""


class KindRecord(Record):
    """A NumPy type; its arguments begin with its code, its state with (version, byte order)."""


class PcaRecord(Record):
    """scikit-learn's PCA; its state has the attributes by name."""


RECORDS: list[tuple[type[Record], str]] = [
    (Record, "numpy.ndarray"),
    (KindRecord, "numpy.dtype"),
    *((ArrayRecord, f"numpy.{core}.multiarray._reconstruct") for core in ("core", "_core")),
    *((Record, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")),
    *((PcaRecord, f"sklearn.decomposition.{module}.PCA") for module in ("pca", "_pca")),
]
"""All that a published checkpoint may name besides tensors, and what stands for it."""


def as_array(value: Any) -> NDArray[np.floating[Any]]:
    """The numbers of an array of floats. Raises `ValueError` for anything else."""
    if not isinstance(value, ArrayRecord):
        raise ValueError(f"a {type(value).__name__} where an array should be")
    try:
        _, shape, kind, by_columns, data = value.state
        code, order = kind.arguments[0], kind.state[1]
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise ValueError("an array that is no array") from error
    if code not in ("f2", "f4", "f8") or order not in ("<", ">") or not isinstance(data, bytes):
        raise ValueError(f"an array of type {order}{code}")
    flat: NDArray[np.floating[Any]] = np.frombuffer(data, f"{order}{code}").astype(code)
    return flat.reshape(shape, order="F" if by_columns else "C")
