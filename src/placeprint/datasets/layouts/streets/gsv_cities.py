"""GSV-Cities (Ali-bey et al., Neurocomputing 2022): training places with 4 to 20 photos each.

`Dataframes/<City>.csv` and `Images/<City>/<City>_<place>_<year>_<month>_<bearing>_<lat>_<lon>_<pano>.JPG`
(GSV-Cities, README: place 7 digits, year 4, month 2, bearing 3; .jpg in the copies on Kaggle).
"""

from datetime import datetime
from pathlib import Path

import numpy as np

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import require
from placeprint.datasets.layouts.own.listed_photos import listing, present
from placeprint.datasets.layouts.own.text_list import AGAIN, csv_columns
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import FormatError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord

COLUMNS = ("place_id", "year", "month", "northdeg", "city_id", "lat", "lon", "panoid")


def _cities(folder: Path) -> list[str]:
    return [name.removesuffix(".csv") for name in listing(folder / "Dataframes") if name.endswith(".csv")]


def _splits(folder: Path) -> tuple[str, ...]:
    cities = _cities(folder)
    return ("all", *cities) if cities else ()


def _read(folder: Path, split: str) -> PlaceDataset:
    """All photos are database, in the order of the tables, cities by name; there are no queries.

    Labels are `<city>_<place>`, unique across cities; regions are the cities. Bearings are taken modulo 360,
    because some exceed it; the time is the first of the month.
    """
    require(split, _splits(folder), folder)
    photos: list[PhotoRecord] = []
    labels: list[str] = []
    regions: list[str] = []
    for city in _cities(folder) if split == "all" else [split]:
        rows = _rows(folder / "Dataframes" / f"{city}.csv")
        paths = present(folder / "Images", [name for name, _, _ in rows])
        for path, (_, label, (point, heading, time, panorama)) in zip(paths, rows, strict=True):
            photos.append(PhotoRecord(path, point, heading, time, panorama))
            labels.append(label)
        regions += [city] * len(rows)
    stored = PhotoSet(photos, labels=np.array(labels, np.str_), regions=np.array(regions, np.str_))
    return PlaceDataset(f"gsv-cities/{split}", stored, PhotoSet())


Facts = tuple[GeoPoint, float, datetime, str]


def _rows(table: Path) -> list[tuple[str, str, Facts]]:
    """Path below `Images`, label, and the table's information on each photo."""
    rows = []
    for number, row in enumerate(csv_columns(table, COLUMNS), 1):
        place, year, month, bearing, city, lat, lon, panorama = row
        try:
            label = f"{city}_{int(place):07d}"
            name = f"{label}_{int(year):04d}_{int(month):02d}_{int(bearing):03d}_{float(lat)}_{float(lon)}"
            facts = (
                GeoPoint(float(lat), float(lon)),
                int(bearing) % 360.0,
                datetime(int(year), int(month), 1),
                panorama,
            )
        except ValueError as error:
            raise FormatError(f"{table}, photo {number}: {error}", AGAIN) from error
        rows.append((f"{city}/{name}_{panorama}.jpg", label, facts))
    return rows


LAYOUT = register(
    Layout(
        name="gsv-cities",
        title="GSV-Cities",
        origin="github.com/amaralibey/gsv-cities (on Kaggle), CC BY-NC-ND: not for commercial use",
        splits=_splits,
        read=_read,
        guess=80,
    )
)
