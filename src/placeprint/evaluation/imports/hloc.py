"""Pairs and global features of hloc."""

from collections import Counter
from pathlib import Path

from placeprint.arrays import Float32, Int64
from placeprint.datasets import PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.evaluation.imports.photo_names import MEND, PathIndex, common_folder, few, rank_rows
from placeprint.formats.hloc import feature_names, read_features, read_pairs
from placeprint.formats.photo_names import absolute


def read_hloc_pairs(path: str | Path, dataset: PlaceDataset, root: Path | None = None) -> list[Int64]:
    """For each query, its references in the order of the lines `query reference`.

    root: the folder to which names are relative; None: the deepest that contains all photos. A name that is
    not such a path is matched by its end, at least by its file name. Raises `PlaceprintError` as `rank_rows`
    does.
    """
    return rank_rows(read_pairs(Path(path)), dataset, root, Path(path))


def read_hloc_features(
    path: str | Path, dataset: PlaceDataset, root: Path | None = None
) -> tuple[Float32, Float32]:
    """(n, d) vectors of the database and (m, d) of the queries. Photos of neither side are ignored.

    root: as in `read_hloc_pairs`. Raises `PlaceprintError`, listing the photos without a descriptor or with
    several matching names, `MissingExtraError` without h5py.
    """
    path = Path(path)
    root = common_folder(dataset) if root is None else root
    names = feature_names(path)
    sides = dataset.database, dataset.queries
    chosen = _choose(names, list(dict.fromkeys(photo.path for side in sides for photo in side)), root, path)
    stored, asked = (read_features(path, [chosen[photo.path] for photo in side]) for side in sides)
    return stored, asked


def _choose(names: list[str], photos: list[Path], root: Path, source: Path) -> dict[Path, str]:
    """For each photo, the name that is its path below `root`, else the one that agrees with it most."""
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
        raise PlaceprintError(f"{source}: no descriptor, or more than one, of {few(wrong)}", MEND)
    return {photo: names[row] for photo, (row,) in zip(photos, found, strict=True)}
