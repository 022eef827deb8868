"""Which photo of a data set another tool means by a name."""

from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile
from os.path import commonpath
from pathlib import Path

import numpy as np

from placeprint.arrays import Int64
from placeprint.datasets import PhotoSet, PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.formats.photo_names import absolute

Parts = tuple[str, ...]
MEND = "Check that the file was made for this data set, and the folder to which its names are relative"


class PathIndex:
    """Paths indexed by their names: as a whole, relative to the folder `base`, and by their ends."""

    def __init__(self, paths: Sequence[Parts], base: Parts = ()) -> None:
        self._paths = paths
        self._exact: dict[Parts, list[int]] = {}
        self._ends: dict[Parts, list[int]] = {}
        for row, path in enumerate(paths):
            self._exact.setdefault(path, []).append(row)
            if base and path[: len(base)] == base:
                self._exact.setdefault(path[len(base) :], []).append(row)
            for end in {path[-1:], path[-2:]}:
                self._ends.setdefault(end, []).append(row)

    def find(self, wanted: Parts) -> tuple[list[int], bool]:
        """Rows of the paths that `wanted` may mean, and whether it is exactly one of them.

        Otherwise, among the paths with its file name, those that agree with it in the most folders, counted
        from the end. One row: the path is known; none: it is unknown; more: the name is ambiguous.
        """
        if wanted in self._exact:
            return self._exact[wanted], True
        rows = self._ends.get(wanted[-2:]) or self._ends.get(wanted[-1:], [])
        shared = [_shared_end(self._paths[row], wanted) for row in rows]
        return [row for row, length in zip(rows, shared, strict=True) if length == max(shared)], False


def match_names(
    names: Collection[str], photos: PhotoSet, root: Path, source: Path, side: str
) -> dict[str, int]:
    """The row of each name. Raises `PlaceprintError`, listing the names that match no photo, more than one,
    or a photo already taken by another name.
    """
    index = PathIndex([absolute(photo.path).parts for photo in photos], absolute(root).parts)
    found = {name: _find(index, name) for name in names}
    unknown = [name for name, rows in found.items() if not rows]
    if unknown:
        raise PlaceprintError(f"{source}: not a photo of the {side}: {few(unknown)}", MEND)
    ambiguous = [name for name, rows in found.items() if len(rows) > 1]
    if ambiguous:
        raise PlaceprintError(f"{source}: more than one photo of the {side} matches {few(ambiguous)}", MEND)
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
    """For each query of the data set, the database rows of its references, best first.

    Raises `PlaceprintError` for an unknown or ambiguous name, a reference that is ranked twice, and missing
    queries.
    """
    root = common_folder(dataset) if root is None else root
    asked = match_names(named, dataset.queries, root, source, "queries")
    missing = sorted(set(range(len(dataset.queries))).difference(asked.values()))
    if missing:
        paths = [str(dataset.queries[row].path) for row in missing]
        raise PlaceprintError(f"{source}: no ranking of {len(missing)} queries: {few(paths)}", MEND)
    references = dict.fromkeys(name for ranked in named.values() for name in ranked)
    stored = match_names(references, dataset.database, root, source, "database")
    result: list[Int64] = [np.zeros(0, np.int64)] * len(dataset.queries)
    for query, ranked in named.items():
        if len(set(ranked)) < len(ranked):
            raise PlaceprintError(f"{source}: a reference of {query!r} is ranked twice", MEND)
        result[asked[query]] = np.array([stored[name] for name in ranked], np.int64)
    return result


def common_folder(dataset: PlaceDataset) -> Path:
    """The deepest folder that contains all photos of both sides."""
    parents = {absolute(photo.path.parent) for photo in (*dataset.database, *dataset.queries)}
    return Path(commonpath(parents)) if parents else Path()


def few(names: Sequence[str]) -> str:
    """The first five names, and how many more there are."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(map(repr, names[:5])) + more


def _find(index: PathIndex, name: str) -> list[int]:
    rows = index.find(Path(name).parts)[0]
    if not rows and "\\" in name:  # written by a tool on Windows
        rows = index.find(Path(name.replace("\\", "/")).parts)[0]
    return rows


def _shared_end(a: Parts, b: Parts) -> int:
    pairs = zip(reversed(a), reversed(b), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
