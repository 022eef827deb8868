"""Reading data sets by folder: the layout is recognized, then read."""

from pathlib import Path

from placeprint.datasets.checking import DatasetCheck, check_layout
from placeprint.datasets.layout import LAYOUTS, Layout
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import PlaceprintError


def recognize(folder: Path) -> Layout:
    """The layout of a folder. Raises PlaceprintError if it matches none."""
    if not folder.exists():
        raise PlaceprintError(f"{folder} does not exist", "Give the folder of a data set, or a table")
    guessed = [layout for layout in LAYOUTS.values() if layout.guess is not None]
    for layout in sorted(guessed, key=lambda layout: (layout.guess, layout.name)):
        try:
            if layout.splits(folder):
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
    chosen = recognize(folder) if layout is None else LAYOUTS.find(layout)
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
    return check_layout(folder, recognize(folder) if layout is None else LAYOUTS.find(layout), quiet)
