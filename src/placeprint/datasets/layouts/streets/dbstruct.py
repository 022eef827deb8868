"""dbStruct: the MATLAB structure NetVLAD's authors use to list a data set (Arandjelović et al., 2016)."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float64
from placeprint.errors import FormatError, PlaceprintError, needing

MEND = "Download the file again; a file of your own must contain a struct named dbStruct"
RESAVE = "In MATLAB: load it, then save(name, 'dbStruct', '-v7')"
NEEDED = ("dbImageFns", "utmDb", "qImageFns", "utmQ")


@dataclass(frozen=True, eq=False)
class DbStruct:
    """The content of a dbStruct, in its order.

    - `which_set` (whichSet): "train", "val", "test"; "" if not stated.
    - `database`, `queries` (dbImageFns, qImageFns): paths below the photo folders.
    - `database_utm`, `query_utm` (utmDb, utmQ), (n, 2): east and north in meters, as stored.
    - `positive_radius`, `positive_radius_squared` (posDistThr, posDistSqThr): a database photo at this
    distance or nearer answers a query.
    - `training_radius_squared` (nonTrivPosDistSqThr): the same for training.
    - `database_stamps`, `query_stamps` (dbTimeStamp, qTimeStamp): time stamps as text.

    numImages and numQueries are the lengths of the lists.
    """

    which_set: str
    database: Sequence[str]
    database_utm: Float64
    queries: Sequence[str]
    query_utm: Float64
    positive_radius: float | None = None
    positive_radius_squared: float | None = None
    training_radius_squared: float | None = None
    database_stamps: NDArray[np.str_] | None = None
    query_stamps: NDArray[np.str_] | None = None


def read_dbstruct(path: str | Path) -> DbStruct:
    """Read a `.mat` file of MATLAB version 5 to 7. Names and stamps may be cell arrays or padded rows of
    characters, positions 2 x n or n x 2 (2 x 2 is read as 2 x n).

    Raises FormatError, saying what is missing or does not match, and PlaceprintError for a file that cannot
    be read at all.
    """
    path = Path(path)
    fields = _load(path)
    missing = [name for name in NEEDED if name not in fields]
    if missing:
        raise FormatError(f"{path}: dbStruct has no {', '.join(missing)}", MEND)
    try:
        return _parse(fields)
    except ValueError as error:
        raise FormatError(f"{path}: {error}", MEND) from error


def _load(path: Path) -> Mapping[str, NDArray[Any]]:
    with needing("research", "Reading MATLAB files"):
        from scipy.io import loadmat

    try:
        content = path.read_bytes()
    except OSError as error:
        raise PlaceprintError(f"{path} cannot be read ({error.strerror})", "Check the path") from error
    try:
        struct = loadmat(io.BytesIO(content), variable_names=["dbStruct"]).get("dbStruct")
    except NotImplementedError as error:
        raise FormatError(f"{path} is a MATLAB file of version 7.3 (HDF5)", RESAVE) from error
    except Exception as error:  # a damaged file fails anywhere in the reader
        raise FormatError(f"{path} is damaged or not a MATLAB file ({error})", MEND) from error
    if struct is None or not struct.dtype.names or struct.size != 1:
        raise FormatError(f"{path} does not contain a struct dbStruct", MEND)
    return {name: struct.flat[0][name] for name in struct.dtype.names}


def _parse(fields: Mapping[str, NDArray[Any]]) -> DbStruct:
    database, queries = _names(fields, "dbImageFns"), _names(fields, "qImageFns")
    for name, listed in (("numImages", database), ("numQueries", queries)):
        said = _number(fields, name)
        if said is not None and said != len(listed):
            raise ValueError(f"{name} says {said:g}, the list has {len(listed)} names")
    radius, squared = _number(fields, "posDistThr"), _number(fields, "posDistSqThr")
    return DbStruct(
        which_set="".join(_texts(fields["whichSet"], "whichSet")) if "whichSet" in fields else "",
        database=database,
        database_utm=_utm(fields, "utmDb", len(database)),
        queries=queries,
        query_utm=_utm(fields, "utmQ", len(queries)),
        positive_radius=radius,
        positive_radius_squared=squared if squared is not None or radius is None else radius**2,
        training_radius_squared=_number(fields, "nonTrivPosDistSqThr"),
        database_stamps=_stamps(fields, "dbTimeStamp", len(database)),
        query_stamps=_stamps(fields, "qTimeStamp", len(queries)),
    )


def _names(fields: Mapping[str, NDArray[Any]], field: str) -> list[str]:
    names = [name.replace("\\", "/") for name in _texts(fields[field], field)]
    if "" in names:
        raise ValueError(f"{field}: row {names.index('') + 1} is empty")
    return names


def _texts(value: NDArray[Any], field: str, numbers: bool = False) -> list[str]:
    """Each element as text, in MATLAB's order; with `numbers`, also numbers, in their shortest form."""
    if value.dtype.kind == "O":
        cells = [_texts(np.asarray(cell), field, numbers) for cell in value.ravel(order="F")]
        if any(len(cell) > 1 for cell in cells):
            raise ValueError(f"{field}: a cell holds more than one value")
        return ["".join(cell) for cell in cells]
    if value.dtype.kind == "U":
        return [str(row).rstrip(" \0") for row in value.ravel()]
    if value.dtype.kind in "iuf" and numbers:
        return [f"{number:.17g}" for number in value.ravel(order="F").tolist()]
    raise ValueError(f"{field} is neither a cell array of text nor rows of characters (see cellstr)")


def _utm(fields: Mapping[str, NDArray[Any]], field: str, count: int) -> Float64:
    value = fields[field]
    fits = value.shape in ((2, count), (count, 2)) or value.size == count == 0
    if value.dtype.kind not in "iuf" or not fits:
        raise ValueError(f"{field}: {' x '.join(map(str, value.shape))} values, not numbers 2 x {count}")
    rows = value.T if value.shape == (2, count) else value.reshape(count, 2)
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise ValueError(f"{field}: row {int(np.argmin(finite)) + 1} is not a position")
    return np.ascontiguousarray(rows, np.float64)


def _stamps(fields: Mapping[str, NDArray[Any]], field: str, count: int) -> NDArray[np.str_] | None:
    if field not in fields:
        return None
    stamps = _texts(fields[field], field, numbers=True)
    if len(stamps) != count:
        raise ValueError(f"{field}: {len(stamps)} time stamps for {count} photos")
    return np.array(stamps, np.str_)


def _number(fields: Mapping[str, NDArray[Any]], field: str) -> float | None:
    value = fields.get(field)
    if value is None:
        return None
    if value.dtype.kind not in "iuf" or value.size != 1:
        raise ValueError(f"{field} is not one number")
    return float(value.item())
