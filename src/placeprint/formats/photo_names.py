"""Photo names as used by other tools: paths below a folder, with forward slashes."""

import os
from collections.abc import Sequence
from pathlib import Path

from placeprint.arrays import Int64
from placeprint.errors import PlaceprintError


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


def encode(text: str) -> bytes:
    """UTF-8; a file name that is not valid UTF-8 keeps its bytes."""
    return text.encode("utf-8", "surrogateescape")
