"""Reading data sets by folder: the layout is recognized, then read."""

from pathlib import Path

from placeprint.datasets.checking import DatasetCheck, check_layout
from placeprint.datasets.layout import Layout
from placeprint.datasets.layouts.classes import cars196, class_folders, cub200, online_products
from placeprint.datasets.layouts.landmarks import (
    google_landmarks,
    holidays,
    landmarks,
    oxford,
    revisited,
    ukbench,
)
from placeprint.datasets.layouts.own import colmap, hloc, npy_lists, table
from placeprint.datasets.layouts.streets import (
    dbstruct_folder,
    gsv_cities,
    ie_tower,
    msls,
    nordland,
    openibl_json,
    pittsburgh,
    san_francisco,
    sf_xl,
    tokyo247,
    tokyo_tm,
    utm_folders,
    vpr_bench,
)
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import PlaceprintError

LAYOUTS: tuple[Layout, ...] = (
    *pittsburgh.LAYOUTS,
    tokyo247.LAYOUT,
    tokyo_tm.LAYOUT,
    *san_francisco.LAYOUTS,
    dbstruct_folder.LAYOUT,
    sf_xl.LAYOUT,
    msls.LAYOUT,
    gsv_cities.LAYOUT,
    nordland.LAYOUT,
    utm_folders.LAYOUT,
    npy_lists.LAYOUT,
    openibl_json.LAYOUT,
    vpr_bench.LAYOUT,
    *revisited.LAYOUTS,
    *oxford.LAYOUTS,
    holidays.LAYOUT,
    ukbench.LAYOUT,
    google_landmarks.LAYOUT,
    landmarks.LAYOUT,
    cub200.LAYOUT,
    cars196.LAYOUT,
    online_products.LAYOUT,
    ie_tower.LAYOUT,
    table.LAYOUT,
    colmap.LAYOUT,
    hloc.LAYOUT,
    class_folders.LAYOUT,
)
"""Every layout that can be read; if a folder matches several, the first one is used."""

NEVER_GUESSED = (class_folders.LAYOUT,)
"""Layouts that almost any folder matches: they must be requested by name."""


def recognize(folder: Path) -> Layout:
    """The layout of a folder. Raises PlaceprintError if it matches none."""
    if not folder.exists():
        raise PlaceprintError(f"{folder} does not exist", "Give the folder of a data set, or a table")
    for layout in LAYOUTS:
        try:
            if layout not in NEVER_GUESSED and layout.splits(folder):
                return layout
        except OSError:  # it contains a folder that cannot be read
            continue
    raise PlaceprintError(
        f"{folder} does not have the layout of any known data set",
        "See `placeprint dataset list`; for your own photos write a photos.csv: path, lat, lon, split, role",
    )


def read_dataset(folder: str | Path, split: str | None = None, layout: str | None = None) -> PlaceDataset:
    """Read one split of a data set; if there is only one, its name may be omitted.

    `layout`: a name from `LAYOUTS`, for a folder that matches several. Raises PlaceprintError for an unknown
    layout or split, and as the layout's reader does.
    """
    folder = Path(folder)
    chosen = recognize(folder) if layout is None else _named(layout)
    splits = chosen.splits(folder)
    if split is None and len(splits) == 1:
        split = splits[0]
    if split is None or split not in splits:
        there = ", ".join(splits) or "none"
        raise PlaceprintError(
            f"{folder} ({chosen.title}) has no split {split!r}" if split else f"{folder} has several splits",
            f"Choose one: {there}",
        )
    return chosen.read(folder, split)


def check_dataset(folder: str | Path, layout: str | None = None, quiet: bool = False) -> DatasetCheck:
    """Recognize, read and count a data set, and compare it with what is published; see `DatasetCheck`."""
    folder = Path(folder)
    return check_layout(folder, recognize(folder) if layout is None else _named(layout), quiet)


def _named(name: str) -> Layout:
    for layout in LAYOUTS:
        if layout.name == name:
            return layout
    raise PlaceprintError(
        f"there is no layout {name!r}", f"Choose one of: {', '.join(each.name for each in LAYOUTS)}"
    )
