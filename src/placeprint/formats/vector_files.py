"""Vectors in the INRIA formats fvecs, ivecs and bvecs, and benchmark folders made of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Int32
from placeprint.artifact import replacing
from placeprint.errors import FormatError, PlaceprintError

VALUES: dict[str, np.dtype[Any]] = {
    ".fvecs": np.dtype("<f4"),
    ".ivecs": np.dtype("<i4"),
    ".bvecs": np.dtype("u1"),
}
BLOCK = 1 << 24  # bytes written at a time


@dataclass(frozen=True, eq=False)
class VectorBenchmark:
    """Vectors to search (n, d), queries (m, d) and training vectors, and the rows of the nearest base vectors
    of each query (m, k), nearest first. `base` and `learn` stay on disk.
    """

    name: str
    base: NDArray[Any]
    queries: NDArray[Any]
    learn: NDArray[Any] | None
    truth: Int32


def read_vectors(
    path: str | Path, start: int = 0, count: int | None = None, mmap: bool = False
) -> NDArray[Any]:
    """(n, d) float32 from `.fvecs`, int32 from `.ivecs`, uint8 from `.bvecs`: rows `start` to `start +
    count`.

    A row is its dimension as int32 and then its values, all little-endian (corpus-texmex.irisa.fr). Read a
    file larger than memory in parts, or with `mmap`, which gives a read-only view of the file. Raises
    `FormatError` if the size is not a whole number of rows, or if a row that is read has another dimension
    than the first; with `mmap` only the first and the last row are checked.
    """
    path = Path(path)
    if start < 0 or (count is not None and count < 0):
        raise ValueError(f"start {start} and count {count} must not be negative")
    record, dimension = _record(path)
    rows = np.memmap(path, record, "r")[start : None if count is None else start + count]
    dimensions = rows["dimension"][[0, -1]] if mmap and len(rows) else rows["dimension"]
    other = np.flatnonzero(dimensions != dimension)
    if len(other):
        raise FormatError(
            f"{path}: a row has dimension {dimensions[other[0]]}, the first one {dimension}",
            "Download the file again",
        )
    return rows["values"] if mmap else np.array(rows["values"])


def write_vectors(path: str | Path, vectors: NDArray[Any]) -> None:
    """Write the rows of (n, d), in the type named by the suffix. Writes a complete file or nothing.

    Raises `ValueError` if there are no values, or if an integer type cannot hold them exactly.
    """
    path = Path(path)
    values = _values(path)
    if vectors.ndim != 2 or not vectors.size:
        raise ValueError(f"vectors {vectors.shape} are not rows with values")
    record = _layout(values, vectors.shape[1])
    step = max(1, BLOCK // record.itemsize)
    with replacing(path) as temporary, temporary.open("wb") as file:
        for start in range(0, len(vectors), step):
            block = vectors[start : start + step]
            _check_fits(block, values)
            rows = np.empty(len(block), record)
            rows["dimension"], rows["values"] = vectors.shape[1], block
            file.write(rows.tobytes())


def read_vector_benchmark(folder: str | Path) -> VectorBenchmark:
    """A folder like SIFT1M: `sift_base.fvecs`, `sift_query.fvecs`, `sift_groundtruth.ivecs` and, if present,
    `sift_learn.fvecs`. The first part of the names is free; base vectors may be bvecs.

    Raises `PlaceprintError` for a missing file, `FormatError` if the files do not match each other.
    """
    folder = Path(folder)
    bases = sorted(path for path in folder.glob("*_base.?vecs") if path.suffix in VALUES)
    if len(bases) != 1:
        raise PlaceprintError(f"{folder}: {len(bases)} files NAME_base.fvecs or .bvecs", "One is needed")
    name, suffix = bases[0].name.removesuffix(f"_base{bases[0].suffix}"), bases[0].suffix
    learn = folder / f"{name}_learn{suffix}"
    base, queries = read_vectors(bases[0], mmap=True), read_vectors(folder / f"{name}_query{suffix}")
    truth = read_vectors(folder / f"{name}_groundtruth.ivecs")
    found = VectorBenchmark(
        name, base, queries, read_vectors(learn, mmap=True) if learn.is_file() else None, truth
    )
    dimensions = {part.shape[1] for part in (base, queries, found.learn) if part is not None}
    if len(dimensions) > 1:
        raise FormatError(f"{folder}: vectors of dimensions {sorted(dimensions)}", "Download the files again")
    if len(truth) != len(queries) or truth.min() < 0 or truth.max() >= len(base):
        raise FormatError(
            f"{folder}: ground truth {truth.shape} does not match {len(queries)} queries, {len(base)} rows",
            "Download the files again",
        )
    return found


def _values(path: Path) -> np.dtype[Any]:
    if path.suffix not in VALUES:
        raise PlaceprintError(f"{path} is not a vector file", f"Its name must end in {', '.join(VALUES)}")
    return VALUES[path.suffix]


def _layout(values: np.dtype[Any], dimension: int) -> np.dtype[Any]:
    return np.dtype([("dimension", "<i4"), ("values", values, (dimension,))])


def _record(path: Path) -> tuple[np.dtype[Any], int]:
    """The layout of a row and its dimension, from the first row and the size of the file."""
    values = _values(path)
    if not path.is_file():
        raise PlaceprintError(f"{path} does not exist", "Check the path")
    size = path.stat().st_size
    with path.open("rb") as file:
        dimension = int.from_bytes(file.read(4), "little", signed=True)
    length = 4 + dimension * values.itemsize
    if size < 4 or dimension < 1 or size % length:
        raise FormatError(
            f"{path}: {size} bytes are not rows of dimension {dimension}, {length} bytes each",
            "Download the file again",
        )
    return _layout(values, dimension), dimension


def _check_fits(block: NDArray[Any], values: np.dtype[Any]) -> None:
    if values.kind == "f":
        if block.dtype.kind not in "fiu":
            raise ValueError(f"{block.dtype} values are not numbers")
    elif (
        block.dtype.kind not in "iu"
        or block.min() < np.iinfo(values).min
        or block.max() > np.iinfo(values).max
    ):
        raise ValueError(f"{block.dtype} values do not fit in {values}")
