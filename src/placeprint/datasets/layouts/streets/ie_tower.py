"""IE Tower: frames of indoor videos on 25 floors, with dataset.csv; labels are floors or areas."""

from pathlib import Path

import numpy as np

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import labeled, require
from placeprint.datasets.layouts.own.text_list import AGAIN, csv_columns
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import FormatError, PlaceprintError
from placeprint.photos import PhotoRecord

COLUMNS = ("image_path", "label", "split", "area", "section")
SIDES = ("gallery", "query")
PREFIX = "processed_frames/"
CLASSES = ("areas", "floor-areas")


def _splits(folder: Path) -> tuple[str, ...]:
    """ "all", each area that has both gallery and queries, and `CLASSES`."""
    try:
        rows = _rows(folder)
    except PlaceprintError:
        return ()
    areas = [{row[3] for row in rows if row[2] == side} for side in SIDES]
    return ("all", *sorted(areas[0] & areas[1] - {"", "all", *CLASSES}), *CLASSES) if rows else ()


def _read(folder: Path, split: str) -> PlaceDataset:
    """With an area (hallway, stairs, ...) as split, that area is searched by itself. `regions` are the areas,
    so that a protocol can search all of them at once, each query within its own: which floor is this hallway
    on?

    For metric learning, "areas" and "floor-areas" have all frames in one list, each a query against all
    others: the label is the area on any floor, or the area of one floor.

    Gallery and queries are frames of the same videos.
    """
    rows = _rows(folder)
    require(split, _splits(folder), folder)
    root = folder / PREFIX if (folder / PREFIX).is_dir() else folder
    if split in CLASSES:
        known = [row for row in rows if row[3]]
        paths = [root / row[0].removeprefix(PREFIX) for row in known]
        labels = [row[3] if split == "areas" else f"{row[1]}/{row[3]}" for row in known]
        return labeled(f"ie-tower/{split}", paths, labels)
    database, queries = (
        _side(root, [row for row in rows if row[2] == side and split in ("all", row[3])]) for side in SIDES
    )
    return PlaceDataset(f"ie-tower/{split}", database, queries)


def _rows(folder: Path) -> list[list[str]]:
    file = folder / "dataset.csv"
    rows = list(csv_columns(file, COLUMNS))
    strange = next((row for row in rows if row[2] not in SIDES or not row[0] or not row[1]), None)
    if strange:
        raise FormatError(
            f"{file}: {','.join(strange)!r} is not a frame of gallery or query with a label", AGAIN
        )
    return rows


def _side(root: Path, rows: list[list[str]]) -> PhotoSet:
    return PhotoSet(
        [PhotoRecord(root / row[0].removeprefix(PREFIX), None) for row in rows],
        labels=np.array([row[1] for row in rows], str),
        regions=np.array([row[3] for row in rows], str),
    )


LAYOUT = register(
    Layout(
        name="ie-tower",
        title="IE Tower indoor frames",
        origin="github.com/JSebastianIEU/ie-tower-visual-place-recognition",
        splits=_splits,
        read=_read,
        published={"all": (2_373, 504), "areas": (2_877, 2_877), "floor-areas": (2_877, 2_877)},
        guess=230,
    )
)
