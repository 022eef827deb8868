"""Folders of photos with UTM in their names, as in the Deep Visual Geo-localization Benchmark.

`images/{train,val,test}/{database,queries}/@east@north@zone@letter@lat@lon@panorama@...@.jpg`
(Berton et al., CVPR 2022). Only the file name is parsed.
"""

import math
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.own.listed_photos import listing
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.photos import PhotoRecord
from placeprint.photos.metadata.coordinates import NoPositionError
from placeprint.photos.metadata.utm_name import has_utm_name, read_utm_name
from placeprint.photos.walk import EXTENSIONS

SPLITS = ("train", "val", "test")
DATABASES = ("database", "gallery")
LOOKED_AT = 8
_EAST, _NORTH, _PANORAMA, _STAMP = 1, 2, 7, 13


def _sides(folder: Path) -> dict[str, tuple[Path, Path]]:
    """{split: (database, queries)}; folders `queries_night` form a split `test_night`."""
    split_folders = [(split, base / split) for base in (folder / "images", folder) for split in SPLITS]
    name = folder.resolve().name
    sides: dict[str, tuple[Path, Path]] = {}
    for split, place in [*split_folders, (name if name in SPLITS else "all", folder)]:
        entries = listing(place)
        for database in (place / entry for entry in DATABASES if entry in entries):
            for entry in entries:
                if entry.startswith("queries") and (place / entry).is_dir() and _looks_so(database):
                    sides.setdefault(split + entry.removeprefix("queries"), (database, place / entry))
    return sides


def _paths_file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}_images_paths.txt")


def _looks_so(folder: Path) -> bool:
    try:
        if _paths_file(folder).is_file():
            with _paths_file(folder).open(encoding="utf-8", errors="replace") as file:
                return any(has_utm_name(Path(line.strip())) for line in islice(file, LOOKED_AT))
        return any(has_utm_name(Path(name)) for name in _first_names(folder))
    except OSError:
        return False


def _first_names(folder: str | Path, depth: int = 3) -> Iterator[str]:
    """A few names, including those in subfolders, without listing all of a large folder."""
    with os.scandir(folder) as entries:
        for entry in islice(entries, LOOKED_AT):
            if not entry.is_dir():
                yield entry.name
            elif depth:
                yield from _first_names(entry.path, depth - 1)


def _read(folder: Path, split: str) -> PlaceDataset:
    """Photos sorted by path as text, as in the benchmark, or in the order of `<folder>_images_paths.txt`
    beside the folder. Meters are the first two fields even if no zone is given; then there are no points. The
    column `stamps` exists if any name has a time stamp.
    """
    sides = _sides(folder)
    if split not in sides:
        raise PlaceprintError(f"{folder}: no split {split!r}", f"Its splits: {', '.join(sides) or 'none'}")
    notes: list[str] = []
    database, queries = (_side(place, notes) for place in sides[split])
    parts = reversed(folder.resolve().parts)
    name = next(part for part in parts if part not in (*SPLITS, "images"))
    return PlaceDataset(f"{name}/{split}", database, queries, notes=notes)


def _side(folder: Path, notes: list[str]) -> PhotoSet:
    photos, meters, stamps, left = [], [], [], []
    for path in _paths(folder):
        fields = path.name.split("@")
        place = _meters(fields)
        if place is None:
            left.append(path.name)
            continue
        photos.append(_record(path, fields))
        meters.append(place)
        stamps.append(fields[_STAMP].strip() if len(fields) > _STAMP + 1 else "")
    if left:
        notes.append(f"{len(left)} photos of {folder.name} left out: no UTM in the name, first {left[0]}")
    if not photos:
        raise PlaceprintError(f"{folder}: no photos named @east@north@...@.jpg", "Check the folder")
    return PhotoSet(photos, np.array(meters), stamps=np.array(stamps) if any(stamps) else None)


def _paths(folder: Path) -> list[Path]:
    if _paths_file(folder).is_file():
        lines = _paths_file(folder).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        return [folder / line for line in lines if line.strip()]
    found = []
    for here, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            os.path.join(here, name)  # noqa: PTH118 - sorted as text
            for name in names
            if not name.startswith(".") and Path(name).suffix.lower() in EXTENSIONS
        ]
    return [Path(path) for path in sorted(found)]


def _meters(fields: list[str]) -> tuple[float, float] | None:
    try:
        east, north = float(fields[_EAST]), float(fields[_NORTH])
    except (ValueError, IndexError):
        return None
    return (east, north) if math.isfinite(east) and math.isfinite(north) else None


def _record(path: Path, fields: list[str]) -> PhotoRecord:
    try:
        return read_utm_name(path)
    except NoPositionError:
        panorama = fields[_PANORAMA].strip() if len(fields) > _PANORAMA + 1 else ""
        return PhotoRecord(path, None, panorama=panorama or None)


LAYOUT = register(
    Layout(
        name="utm-folders",
        title="Folders with UTM in the photos' names",
        origin="Made by github.com/gmberton/VPR-datasets-downloader, or your own",
        splits=lambda folder: tuple(_sides(folder)),
        read=_read,
        guess=100,
    )
)
