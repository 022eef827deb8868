"""UKBench (Nistér and Stewénius, CVPR 2006): 2,550 objects, four photos of each."""

import re
from pathlib import Path

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import labeled, require
from placeprint.datasets.layouts.own.photo_folder import first_file, locate
from placeprint.datasets.place_dataset import PlaceDataset

PLACES = ("full", "images", "jpg", ".")
FIRST = "ukbench00000"
NAME = re.compile(r"ukbench\d{5}")


def _splits(folder: Path) -> tuple[str, ...]:
    return ("test",) if first_file(folder, PLACES, f"{FIRST}.jpg") else ()


def _read(folder: Path, split: str) -> PlaceDataset:
    """Every photo is a query. The N-S score counts the query itself as one of its four."""
    require(split, _splits(folder), folder)
    found = locate(folder, PLACES, {FIRST})
    names = sorted(name for name in found if NAME.fullmatch(name))
    objects = [str(int(name.removeprefix("ukbench")) // 4) for name in names]
    return labeled(f"ukbench/{split}", [found[name] for name in names], objects)


LAYOUT = register(
    Layout(
        name="ukbench",
        title="UKBench recognition benchmark",
        origin="vis.uky.edu/~stewe/ukbench: ukbench.zip",
        splits=_splits,
        read=_read,
        published={"test": (10_200, 10_200)},
        guess=170,
    )
)
