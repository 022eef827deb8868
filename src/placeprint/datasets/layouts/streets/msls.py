"""Mapillary Street-Level Sequences (Warburg et al., CVPR 2020): photos of 30 cities over nine years.

`{train_val,test}/<city>/{query,database}/{postprocessed,raw,seq_info,subtask_index}.csv`, photos in
`images/<key>.jpg`. Cities and rules are those of the authors' code (mapillary_sls).
"""

import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from placeprint.arrays import Bool, Float64
from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import require
from placeprint.datasets.layouts.own.text_list import AGAIN, csv_columns
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import FormatError
from placeprint.geo import GeoPoint
from placeprint.geo.nearby import within_planar
from placeprint.photos import PhotoRecord

CITIES = {
    "train": (
        "trondheim", "london", "boston", "melbourne", "amsterdam", "helsinki", "tokyo", "toronto", "saopaulo",
        "moscow", "zurich", "paris", "bangkok", "budapest", "austin", "berlin", "ottawa", "phoenix", "goa",
        "amman", "nairobi", "manila",
    ),
    "val": ("cph", "sf"),
    "test": ("miami", "athens", "buenosaires", "stockholm", "bengaluru", "kampala"),
}  # fmt: skip
NEAR = 25.0


def _city(folder: Path, city: str) -> Path:
    return folder / ("test" if city in CITIES["test"] else "train_val") / city


def _splits(folder: Path) -> tuple[str, ...]:
    there = {
        city for cities in CITIES.values() for city in cities if (_city(folder, city) / "database").is_dir()
    }
    named = [split for split, cities in CITIES.items() if there.issuperset(cities)]
    official = ["val-740"] if "val" in named else []
    return (*named, *official, *(city for cities in CITIES.values() for city in cities if city in there))


def _read(folder: Path, split: str) -> PlaceDataset:
    """The rows of the authors' tables, cities in the authors' order. Panoramas are left out, as in the
    authors' code, and `notes` say so.

    - Splits "train", "val", "test" (if all their cities are present), or a city: all photos.
    - "val-740": the authors' own validation (evaluate.py, task im2im): only rows of subtask `all`, and only
    queries with a database photo within 25 m in their city. 750 queries belong to that subtask, 3 of them
    panoramas and 7 without a photo that near.

    Meters are UTM in each city's zone; regions are the cities, because a query is searched in its own city
    only. Test cities as first published have no positions, and then neither meters nor points.
    """
    require(split, _splits(folder), folder)
    official = split == "val-740"
    notes: list[str] = []
    stored: list[PhotoSet] = []
    asked: list[PhotoSet] = []
    for city in CITIES.get("val" if official else split, (split,)):
        place = _city(folder, city)
        database, queries = (_side(place / side, official, notes) for side in ("database", "query"))
        if official:
            queries = _answered(database, queries, city, notes)
        stored.append(database)
        asked.append(queries)
    return PlaceDataset(f"msls/{split}", _joined(stored), _joined(asked), notes=notes)


def _side(folder: Path, official: bool, notes: list[str]) -> PhotoSet:
    """One side of a city."""
    city, name = folder.parent.name, folder.name
    table = folder / "postprocessed.csv"
    known = table.is_file() or city not in CITIES["test"]
    keys = [key for (key,) in csv_columns(table if known else folder / "seq_info.csv", ("key",))]
    photos = [PhotoRecord(folder / "images" / f"{key}.jpg", None) for key in keys]
    meters, panoramas = None, np.zeros(len(keys), bool)
    if known:
        meters = _meters(table)
        photos, panoramas = _described(folder / "raw.csv", keys, photos)
    else:
        notes.append(f"{city}, {name}: no positions are published")
    taken = ~panoramas
    if panoramas.any():
        notes.append(f"{city}, {name}: {panoramas.sum()} panoramas left out")
    if official:
        taken &= _of_subtask(folder / "subtask_index.csv", len(keys))
    return PhotoSet(photos, meters, regions=np.full(len(keys), city)).take(np.flatnonzero(taken))


def _meters(table: Path) -> Float64:
    rows = list(csv_columns(table, ("easting", "northing")))
    try:
        meters = np.array(rows, np.float64).reshape(-1, 2)
    except ValueError as error:
        raise FormatError(f"{table}: easting and northing are not numbers ({error})", AGAIN) from error
    if not np.isfinite(meters).all():
        raise FormatError(f"{table}: a photo has no easting or northing", AGAIN)
    return meters


def _described(
    table: Path, keys: Sequence[str], photos: Sequence[PhotoRecord]
) -> tuple[list[PhotoRecord], Bool]:
    """The photos with the information from `raw.csv`, and which of them are panoramas."""
    rows = list(csv_columns(table, ("key", "lon", "lat", "ca", "captured_at", "pano")))
    if [row[0] for row in rows] != list(keys):
        raise FormatError(f"{table} and postprocessed.csv list different photos", AGAIN)
    described = []
    for photo, (key, lon, lat, ca, captured, _) in zip(photos, rows, strict=True):
        try:
            point, heading = GeoPoint(float(lat), float(lon)), _heading(ca)
        except ValueError as error:
            raise FormatError(f"{table}, photo {key}: {error}", AGAIN) from error
        described.append(PhotoRecord(photo.path, point, heading, _time(captured)))
    return described, np.array([row[5].strip().lower() == "true" for row in rows], bool)


def _heading(text: str) -> float | None:
    degrees = float(text or "nan")
    return degrees % 360.0 if math.isfinite(degrees) else None


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _of_subtask(table: Path, photos: int) -> Bool:
    rows = [text.strip().lower() == "true" for (text,) in csv_columns(table, ("all",))]
    if len(rows) != photos:
        raise FormatError(f"{table}: {len(rows)} rows do not match {photos} photos", AGAIN)
    return np.array(rows, bool)


def _answered(database: PhotoSet, queries: PhotoSet, city: str, notes: list[str]) -> PhotoSet:
    assert database.meters is not None  # validation cities have them
    assert queries.meters is not None
    near = within_planar(database.meters, queries.meters, NEAR)
    rows = np.array([row for row, found in enumerate(near) if len(found)], np.int64)
    if len(rows) < len(queries):
        notes.append(f"{city}: {len(queries) - len(rows)} queries left out, no photo within {NEAR:g} m")
    return queries.take(rows)


def _joined(sides: Sequence[PhotoSet]) -> PhotoSet:
    meters = [side.meters for side in sides if side.meters is not None]
    return PhotoSet(
        [photo for side in sides for photo in side],
        np.concatenate(meters) if len(meters) == len(sides) else None,
        regions=np.concatenate([side.columns()["regions"] for side in sides]),
    )


LAYOUT = register(
    Layout(
        name="msls",
        title="Mapillary Street-Level Sequences",
        origin="www.mapillary.com/dataset/places: sign in and accept the terms (for research)",
        splits=_splits,
        read=_read,
        published={"val": (18_871, 11_084), "val-740": (18_871, 740)},
        guess=70,
    )
)
