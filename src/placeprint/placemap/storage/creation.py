"""Create the files of an empty map. `map.json` comes last: without it there is no map."""

from pathlib import Path
from typing import Any

from placeprint.errors import FormatError, PlaceprintError
from placeprint.placemap.storage.database import create_database
from placeprint.placemap.storage.manifest import DATABASE, MANIFEST, RESTORE, SEGMENTS, write_manifest
from placeprint.placemap.storage.segments import numbers

UNFINISHED = (DATABASE, SEGMENTS, "map.lock", "descriptor.npz", f".{MANIFEST}.", ".descriptor.npz.")
"""Prefixes of files that may already be there: a learned descriptor, leftovers of a killed creation."""


def check_is_free(path: Path) -> None:
    """Raises `PlaceprintError` if there is already a map, or anything that is not placeprint's."""
    if path.exists() and not path.is_dir():
        raise PlaceprintError(f"{path} is a file", "Name a new folder for the map.")
    if (path / MANIFEST).exists():
        raise PlaceprintError(
            f"{path} already exists", "Add to it with `placeprint add`, or name another folder."
        )
    for name in sorted(p.name for p in path.iterdir()) if path.exists() else ():
        if not name.startswith(UNFINISHED):
            raise PlaceprintError(
                f"{path} is not a place map and not empty: it contains {name}",
                "Name a new folder for the map.",
            )
    if (path / SEGMENTS).is_dir() and numbers(path / SEGMENTS):
        raise FormatError(f"{path}/{MANIFEST} is missing, but there are photos in {path}/{SEGMENTS}", RESTORE)


def create_files(path: Path, config: dict[str, Any]) -> None:
    """Create an empty map in a folder that passed `check_is_free`."""
    (path / SEGMENTS).mkdir(exist_ok=True)
    create_database(path / DATABASE)
    write_manifest(path, config)
