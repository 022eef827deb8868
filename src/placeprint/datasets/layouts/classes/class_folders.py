"""A folder with one subfolder for each class; several such folders side by side are splits."""

import os
from itertools import islice
from pathlib import Path

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import labeled, require
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.photos.walk import EXTENSIONS, walk

SIDES = frozenset(
    {"database", "db", "gallery", "index", "queries", "query", "queries_real", "ref", "reference"}
)
"""Folders with these names are the two sides of a search, not classes."""


def _splits(folder: Path) -> tuple[str, ...]:
    """ "all" if at least two subfolders contain photos, else the subfolders that are such folders."""
    if _has_classes(folder):
        return ("all",)
    return tuple(name for name in _below(folder) if _has_classes(folder / name))


def _read(folder: Path, split: str) -> PlaceDataset:
    """The label of a photo is the name of the subfolder, however deep the photo lies in it."""
    require(split, _splits(folder), folder)
    root = folder if split == "all" and _has_classes(folder) else folder / split
    paths = [path for path in walk(root).paths if path.parent != root]
    labels = [path.relative_to(root).parts[0] for path in paths]
    return labeled(f"{folder.resolve().name}/{split}", paths, labels)


def _has_classes(folder: Path) -> bool:
    classes = _below(folder)
    if SIDES.intersection(name.lower() for name in classes):
        return False
    return len(list(islice((name for name in classes if _has_photo(folder / name)), 2))) == 2


def _below(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.name[0] != "." and entry.is_dir())
    except OSError:
        return []


def _has_photo(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(Path(entry.name).suffix.lower() in EXTENSIONS for entry in entries)
    except OSError:
        return False


LAYOUT = register(
    Layout(
        name="class-folders",
        title="One sub-folder for each class",
        origin="Your own: <class>/<photo>, or <split>/<class>/<photo>",
        splits=_splits,
        read=_read,
        guess=None,
    )
)
