"""Rankings as arrays of row numbers: `.npy`, or the `.ivecs` of benchmarks of search."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Int64
from placeprint.errors import FormatError, PlaceprintError
from placeprint.formats.vector_files import read_vectors


def read_row_numbers(path: str | Path, queries: int, database: int) -> list[Int64]:
    """A `.npy` or `.ivecs` of (queries, k) rows of a database, nearest first, counted from 0.

    queries, database: how many there are. The rows are those of the tool that wrote them: its lists must be
    in the order in which they are read here. -1 at the end of a row, as written by faiss, means that
    nothing more was found. `numpy.save` and `write_vectors` write such files. Raises `FormatError` for
    another shape or type, rows that the database does not have, and rows that are ranked twice.
    """
    path = Path(path)
    rows = read_vectors(path) if path.suffix == ".ivecs" else _npy(path)
    if rows.ndim != 2 or rows.dtype.kind not in "iu" or len(rows) != queries:
        raise FormatError(
            f"{path}: {rows.dtype} {rows.shape} are not row numbers for {queries} queries",
            "Give integers (queries, k), in the order of the data set",
        )
    result = []
    for number, row in enumerate(rows):
        found = row[: np.flatnonzero(row != -1).max(initial=-1) + 1].astype(np.int64)
        if len(found) and not (found.min() >= 0 and found.max() < database):
            raise FormatError(
                f"{path}, query {number}: rows {found.min()} to {found.max()} of {database}",
                "Make it with the database of this data set",
            )
        if len(np.unique(found)) < len(found):
            raise FormatError(f"{path}, query {number}: a row is ranked twice", "Rank each row once")
        result.append(found)
    return result


def _npy(path: Path) -> NDArray[Any]:
    if not path.is_file():
        raise PlaceprintError(f"{path} does not exist", "Check the path")
    try:
        with path.open("rb") as file:
            return np.lib.format.read_array(file, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise FormatError(f"{path} is damaged or not a .npy array ({error})", "Write it again") from error
