"""A folder with a table: columns path, lat, lon, heading, panorama, split, role."""

import csv
from collections.abc import Sequence
from pathlib import Path

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.photos import PhotoRecord, find

NEEDED = {"path", "split", "role"}
NAMES = ("photos.csv", "truth.csv")
"""File names of the table; the second is that of the synthetic town."""


def from_table(
    table: str | Path, split: str | Sequence[str] | None = None, name: str | None = None
) -> PlaceDataset:
    """From the rows of `split` (None: all), those with the roles `database` and `query`; every other role
    (`extra`, `elsewhere`) is left out (see `training_photos`). Raises PlaceprintError if nothing is left.
    """
    table = Path(table)
    records = _roles(table, split)
    database = [record for role, record in records if role == "database"]
    queries = [record for role, record in records if role == "query"]
    if not database or not queries:
        raise PlaceprintError(
            f"{table}: {len(database)} database photos and {len(queries)} queries in split {split!r}",
            "Check the split's name and that the photos are there",
        )
    return PlaceDataset(
        name or f"{table.parent.resolve().name}/{split or 'all'}", PhotoSet(database), PhotoSet(queries)
    )


def training_photos(table: str | Path, split: str | Sequence[str] | None = None) -> PhotoSet:
    """All photos of `split` (None: all), whatever their role, in table order.

    Photos of role `extra` would make an evaluation too easy, but are as good as any for training. Raises
    PlaceprintError if there are none.
    """
    table = Path(table)
    records = [record for role, record in _roles(table, split) if role is not None]
    if not records:
        raise PlaceprintError(
            f"{table}: no photos in split {split!r}", "Check the split's name and that the photos are there"
        )
    return PhotoSet(records)


def _roles(table: Path, split: str | Sequence[str] | None) -> list[tuple[str | None, PhotoRecord]]:
    """Every photo of the table with its role in these splits; None if it belongs to another split."""
    splits = None if split is None else {split} if isinstance(split, str) else set(split)
    roles = {}
    with table.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        missing = NEEDED - set(rows.fieldnames or ())
        if missing:
            raise PlaceprintError(
                f"{table}: no column {', '.join(sorted(missing))}", "See the columns in docs/evaluation.md"
            )
        for row in rows:
            if splits is None or row["split"] in splits:
                roles[(table.parent / row["path"]).resolve()] = row["role"]
    return [(roles.get(record.path.resolve()), record) for record in find(table).photos]


def _table(folder: Path) -> Path:
    """The folder's table, or the table itself."""
    named = [folder / name for name in NAMES if (folder / name).is_file()]
    return named[0] if named else folder


def _splits(folder: Path) -> tuple[str, ...]:
    table = _table(folder)
    if table.suffix.lower() != ".csv" or not table.is_file():
        return ()
    with table.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        rows = csv.DictReader(file)
        if not set(rows.fieldnames or ()) >= NEEDED:
            return ()
        return tuple(sorted({row["split"] for row in rows if row["split"]}))


LAYOUT = register(
    Layout(
        name="table",
        title="Table of photos: a .csv file, or a folder with photos.csv",
        origin="Your own: columns path, lat, lon, heading, panorama, split, role",
        splits=_splits,
        read=lambda folder, split: from_table(_table(folder), split),
        guess=240,
    )
)
