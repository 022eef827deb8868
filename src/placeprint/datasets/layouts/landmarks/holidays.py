"""INRIA Holidays (Jégou et al., ECCV 2008): 500 groups of photos; also the set with upright photos."""

import re
from pathlib import Path

import numpy as np

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import require
from placeprint.datasets.layouts.own.photo_folder import first_file, locate
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.photos import PhotoRecord

PLACES = ("jpg", "images", ".")
FIRST = "100000"
NAME = re.compile(r"1\d{5}")


def _splits(folder: Path) -> tuple[str, ...]:
    return ("test",) if first_file(folder, PLACES, f"{FIRST}.jpg") else ()


def _read(folder: Path, split: str) -> PlaceDataset:
    """Photo 123402 belongs to group 1234, and 123400 is the group's query. The query is in the database too;
    the published mAP leaves it out of its own ranking.
    """
    require(split, _splits(folder), folder)
    found = locate(folder, PLACES, {FIRST})
    names = sorted(name for name in found if NAME.fullmatch(name))
    photos = PhotoSet(
        [PhotoRecord(found[name], None) for name in names], labels=np.array([name[:-2] for name in names])
    )
    queries = photos.take(np.array([row for row, name in enumerate(names) if name.endswith("00")]))
    return PlaceDataset(f"holidays/{split}", photos, queries)


LAYOUT = register(
    Layout(
        name="holidays",
        title="INRIA Holidays",
        origin="lear.inrialpes.fr/people/jegou/data.php: jpg1.tar.gz, jpg2.tar.gz",
        splits=_splits,
        read=_read,
        published={"test": (1_491, 500)},
        guess=160,
    )
)
