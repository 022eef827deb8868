"""Photo names as used by other tools: paths below a folder, with forward slashes."""

import os
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from placeprint.arrays import Int64
from placeprint.errors import PlaceprintError

Parts = tuple[str, ...]


class PathIndex:
    """Paths by what they are called: as a whole, relative to the folder `base`, by their ends."""

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
        """Rows of the paths that `wanted` may mean, and whether it is one of them exactly.

        Else those of its file name, of which the paths that agree with it in the most folders from the
        end. One row: the path is known; none: it is unknown; more: the name is ambiguous.
        """
        if wanted in self._exact:
            return self._exact[wanted], True
        rows = self._ends.get(wanted[-2:]) or self._ends.get(wanted[-1:], [])
        shared = [_shared_end(self._paths[row], wanted) for row in rows]
        return [row for row, length in zip(rows, shared, strict=True) if length == max(shared)], False


def absolute(path: Path) -> Path:
    """The path from the root of the file system, without `..`; links are not followed."""
    return Path(os.path.normpath(path.absolute()))


def names_below(paths: Sequence[Path], root: Path) -> list[str]:
    """The paths relative to `root`; links are not followed. Raises `PlaceprintError` for one outside."""
    base = absolute(root)
    names = []
    for path in paths:
        try:
            names.append(absolute(path).relative_to(base).as_posix())
        except ValueError as error:
            raise PlaceprintError(
                f"{path} is not below {root}", "Give a folder that contains all photos"
            ) from error
    return names


def check_rows(rows: Sequence[Int64], queries: int, database: int) -> None:
    """Raise `ValueError` unless there is one list per query, of rows that the database has."""
    if len(rows) != queries:
        raise ValueError(f"{len(rows)} lists do not match {queries} queries")
    for ids in rows:
        if len(ids) and not (ids.min() >= 0 and ids.max() < database):
            raise ValueError(f"rows {ids.min()} to {ids.max()} are not all in a database of {database}")


def check_lines(names: Sequence[str]) -> None:
    """Raise `PlaceprintError` for a name that a line of text would not keep."""
    for name in names:
        if name.splitlines() != [name] or name != name.strip():
            raise PlaceprintError(f"{name!r} does not fit on one line", "Rename that photo")


def check_words(names: Sequence[str], where: str) -> None:
    """Raise `PlaceprintError` for a name with white space, at which the reader of `where` would cut it."""
    for name in names:
        if len(name.split()) != 1:
            raise PlaceprintError(f"{name!r}: {where} allow no spaces in names", "Rename that photo")


def encode(text: str) -> bytes:
    """UTF-8; a file name that is not valid UTF-8 keeps its bytes."""
    return text.encode("utf-8", "surrogateescape")


def _shared_end(a: Parts, b: Parts) -> int:
    pairs = zip(reversed(a), reversed(b), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
