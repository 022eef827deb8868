"""Rankings and vectors of other programs, as rows of a data set."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from os.path import commonpath
from pathlib import Path

import numpy as np

from placeprint.arrays import Float32, Int64
from placeprint.datasets import PhotoSet, PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.formats.hloc import feature_names, read_features, read_pairs
from placeprint.formats.photo_names import PathIndex, absolute
from placeprint.formats.prediction_folder import read_prediction_folder
from placeprint.formats.ranking_csv import read_ranking_csv
from placeprint.formats.row_numbers import read_row_numbers

MEND = "Check that the file was made for this data set, and the folder to which its names are relative"


def read_predictions(path: str | Path, dataset: PlaceDataset, root: Path | None = None) -> list[Int64]:
    """For each query the ranked database rows, from a folder of predictions, hloc pairs (`.txt`), a table
    (`.csv`) or row numbers (`.npy`, `.ivecs`).

    root: the folder to which names are relative; None: the deepest that holds all photos. A name that is
    no such path is matched by its end, at least by its file name. Row numbers count in the order of the
    data set.

    Raises `PlaceprintError` for anything else, as `rank_rows`, and what the reader of that form raises.
    """
    path = Path(path)
    if path.is_dir():
        return rank_rows(read_prediction_folder(path), dataset, root, path)
    if not path.exists():
        raise PlaceprintError(f"{path} does not exist", "Check the path")
    match path.suffix.lower():
        case ".txt":
            return rank_rows(read_pairs(path), dataset, root, path)
        case ".csv":
            return rank_rows(read_ranking_csv(path), dataset, root, path)
        case ".npy" | ".ivecs":
            return read_row_numbers(path, len(dataset.queries), len(dataset.database))
    raise PlaceprintError(
        f"{path} is not a ranking in a known format",
        "Give a folder of predictions, hloc pairs (.txt), a table (.csv) or row numbers (.npy, .ivecs)",
    )


def read_hloc_features(
    path: str | Path, dataset: PlaceDataset, root: Path | None = None
) -> tuple[Float32, Float32]:
    """(n, d) vectors of the database and (m, d) of the queries. Photos of no side are passed over.

    root: as for `read_predictions`. Raises `PlaceprintError` that lists the photos without a descriptor or
    with several names that fit, `MissingExtraError` without h5py.
    """
    path = Path(path)
    root = common_folder(dataset) if root is None else root
    names = feature_names(path)
    sides = dataset.database, dataset.queries
    chosen = _choose(names, list(dict.fromkeys(photo.path for side in sides for photo in side)), root, path)
    stored, asked = (read_features(path, [chosen[photo.path] for photo in side]) for side in sides)
    return stored, asked


def match_names(
    names: Collection[str], photos: PhotoSet, root: Path, source: Path, side: str
) -> dict[str, int]:
    """The row of each name. Raises `PlaceprintError` that lists the names that are of no photo, of more
    than one, or of a photo that another name has taken.
    """
    index = PathIndex([absolute(photo.path).parts for photo in photos], absolute(root).parts)
    found = {name: _find(index, name) for name in names}
    unknown = [name for name, rows in found.items() if not rows]
    if unknown:
        raise PlaceprintError(f"{source}: not a photo of the {side}: {_few(unknown)}", MEND)
    ambiguous = [name for name, rows in found.items() if len(rows) > 1]
    if ambiguous:
        raise PlaceprintError(
            f"{source}: more than one photo of the {side} may be meant by {_few(ambiguous)}", MEND
        )
    taken: dict[int, str] = {}
    for name, (row,) in found.items():
        if taken.setdefault(row, name) != name:
            raise PlaceprintError(
                f"{source}: {taken[row]!r} and {name!r} may both be {photos[row].path}", MEND
            )
    return {row_name: row for row, row_name in taken.items()}


def rank_rows(
    named: Mapping[str, Sequence[str]], dataset: PlaceDataset, root: Path | None, source: Path
) -> list[Int64]:
    """For each query of the data set the database rows of its references, best first.

    Raises `PlaceprintError` for an unknown or ambiguous name, a reference that is ranked twice, and
    queries that are missing.
    """
    root = common_folder(dataset) if root is None else root
    asked = match_names(named, dataset.queries, root, source, "queries")
    missing = sorted(set(range(len(dataset.queries))).difference(asked.values()))
    if missing:
        paths = [str(dataset.queries[row].path) for row in missing]
        raise PlaceprintError(f"{source}: no ranking of {len(missing)} queries: {_few(paths)}", MEND)
    references = dict.fromkeys(name for ranked in named.values() for name in ranked)
    stored = match_names(references, dataset.database, root, source, "database")
    result: list[Int64] = [np.zeros(0, np.int64)] * len(dataset.queries)
    for query, ranked in named.items():
        if len(set(ranked)) < len(ranked):
            raise PlaceprintError(f"{source}: a reference of {query!r} is ranked twice", MEND)
        result[asked[query]] = np.array([stored[name] for name in ranked], np.int64)
    return result


def common_folder(dataset: PlaceDataset) -> Path:
    """The deepest folder that holds all photos of both sides."""
    parents = {absolute(photo.path.parent) for photo in (*dataset.database, *dataset.queries)}
    return Path(commonpath(parents)) if parents else Path()


def _choose(names: list[str], photos: list[Path], root: Path, source: Path) -> dict[Path, str]:
    """For each photo the name that is its path below `root`, else the one that agrees with it most."""
    index, base = PathIndex([Path(name).parts for name in names]), absolute(root).parts
    found = []
    for photo in photos:
        whole = absolute(photo).parts
        rows, exact = index.find(whole[len(base) :] if whole[: len(base)] == base else whole)
        found.append(rows if exact else index.find(whole)[0])
    given = Counter(rows[0] for rows in found if len(rows) == 1)
    wrong = [
        str(photo) for photo, rows in zip(photos, found, strict=True) if len(rows) != 1 or given[rows[0]] > 1
    ]
    if wrong:
        raise PlaceprintError(f"{source}: no descriptor, or more than one, of {_few(wrong)}", MEND)
    return {photo: names[row] for photo, (row,) in zip(photos, found, strict=True)}


def _find(index: PathIndex, name: str) -> list[int]:
    rows = index.find(Path(name).parts)[0]
    if not rows and "\\" in name:  # a tool on Windows
        rows = index.find(Path(name.replace("\\", "/")).parts)[0]
    return rows


def _few(names: Sequence[str]) -> str:
    """The first five names, and how many more there are."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(map(repr, names[:5])) + more
