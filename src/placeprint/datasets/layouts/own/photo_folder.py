"""Photos in a folder by name, for data sets whose lists have names instead of paths."""

from collections.abc import Collection, Sequence
from pathlib import Path

from placeprint.errors import PlaceprintError
from placeprint.photos.walk import walk


def by_stem(folder: Path) -> dict[str, Path]:
    """Photos, found recursively, by name without extension. Raises PlaceprintError if two share a name."""
    photos: dict[str, Path] = {}
    for path in walk(folder).paths:
        other = photos.setdefault(path.stem, path)
        if other is not path:
            raise PlaceprintError(
                f"{other} and {path} have the same name",
                "Remove the one that does not belong from the folder",
            )
    return photos


def locate(folder: Path, places: Sequence[str], wanted: Collection[str]) -> dict[str, Path]:
    """The photos of the first of these subfolders that contains one of the wanted names; {} if none does."""
    for place in places:
        photos = by_stem(folder / place)
        if not photos.keys().isdisjoint(wanted):
            return photos
    return {}


def is_file(path: Path) -> bool:
    """Also False if a folder on the way cannot be read; `Path.is_file` raises there."""
    try:
        return path.is_file()
    except OSError:
        return False


def first_file(folder: Path, places: Sequence[str], name: str) -> Path | None:
    """`name` in the first of these subfolders that has it."""
    return next((folder / place / name for place in places if is_file(folder / place / name)), None)
