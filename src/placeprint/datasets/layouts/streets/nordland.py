"""Nordland: the same railway in spring, summer, fall and winter, as folders of numbered frames.

The frames may be in one folder per season, or split as by Olid et al. (2018):
`{train,test}/<season>_images_{train,test}/section<n>/<number>.png`. The same number is the same place.
"""

from itertools import permutations
from pathlib import Path

import numpy as np

from placeprint.arrays import Int64
from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import require
from placeprint.datasets.layouts.own.listed_photos import listing
from placeprint.datasets.layouts.own.text_list import read_text
from placeprint.datasets.layouts.streets.vpr_bench import frame_number
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.photos import PhotoRecord
from placeprint.photos.walk import walk

SEASONS = ("spring", "summer", "fall", "autumn", "winter")
KEPT = "cleanImageNames.txt"


def from_traverses(queries: Path, database: Path, name: str = "traverses") -> PlaceDataset:
    """Two traverses of one route, in the order of the numbers in the names, searched recursively.

    The column `frames` holds those numbers. If `cleanImageNames.txt` is beside the traverses (the 27,592
    frames that are neither in stations nor in tunnels), only the photos it names are used, and frames are
    their places in that list, as in the benchmarks that use it. Raises PlaceprintError for a folder without
    photos, a name without a number, and a number that occurs twice.
    """
    notes: list[str] = []
    stored, asked = (_traverse(folder, notes) for folder in (database, queries))
    return PlaceDataset(name, stored, asked, notes=notes)


def _traverse(folder: Path, notes: list[str]) -> PhotoSet:
    paths = sorted(walk(folder).paths, key=frame_number)
    frames = [frame_number(path) for path in paths]
    twice = next((row for row in range(1, len(paths)) if frames[row - 1] == frames[row]), None)
    if twice is not None:
        raise PlaceprintError(
            f"{paths[twice - 1]} and {paths[twice]} have the same number", "Number the frames consecutively"
        )
    places = _kept(folder.parent / KEPT)
    if places:
        listed = [path for path in paths if path.stem in places]
        notes.append(f"{len(listed)} of {len(paths)} frames of {folder.name} are in {KEPT}")
        paths, frames = listed, [places[path.stem] for path in listed]
    if not paths:
        raise PlaceprintError(f"{folder}: no frames", "Unpack the traverse's photos into it")
    numbers: Int64 = np.array(frames, np.int64)
    return PhotoSet([PhotoRecord(path, None) for path in paths], frames=numbers)


def _kept(path: Path) -> dict[str, int]:
    """{name without extension: its place in the order of the numbers}; empty if there is no such list."""
    if not path.is_file():
        return {}
    names = {Path(line.strip()) for line in read_text(path).splitlines() if line.strip()}
    return {name.stem: place for place, name in enumerate(sorted(names, key=frame_number))}


def _sides(folder: Path) -> dict[str, tuple[Path, Path]]:
    """{split: (queries, database)}."""
    sides = {}
    for part in ("", "test", "train"):
        seasons = _seasons(folder / part)
        for asked, stored in permutations(seasons, 2):
            split = f"{part}-{asked}-{stored}".removeprefix("-")
            sides[split] = (seasons[asked], seasons[stored])
    return sides


def _seasons(folder: Path) -> dict[str, Path]:
    """{season: folder}, including names that end with `_images_test` or the like."""
    found: dict[str, Path] = {}
    for name in listing(folder):
        season, _, rest = name.lower().partition("_")
        if season in SEASONS and rest in ("", "images_test", "images_train") and (folder / name).is_dir():
            found.setdefault(season, folder / name)
    return found


def _read(folder: Path, split: str) -> PlaceDataset:
    """Split "winter-summer": queries in winter, database in summer; "test-winter-summer" if the folder
    contains `test` and `train`. Any two subfolders can be named like this, whatever they are called.
    """
    sides = _sides(folder)
    if split not in sides:
        words = split.split("-")
        cuts = [("-".join(words[:n]), "-".join(words[n:])) for n in range(1, len(words))]
        for asked, stored in cuts:
            if (folder / asked).is_dir() and (folder / stored).is_dir():
                sides[split] = folder / asked, folder / stored
    require(split, tuple(sides), folder)
    return from_traverses(*sides[split], name=f"nordland/{split}")


LAYOUT = register(
    Layout(
        name="nordland",
        title="Nordland, or two traverses of your own",
        origin="nrkbeta.no (NRK); parted by Olid et al.: webdiis.unizar.es/~jmfacil/pr-nordland",
        splits=lambda folder: tuple(_sides(folder)),
        read=_read,
        published={"winter-summer": (27_592, 27_592), "test-winter-summer": (3_450, 3_450)},
        guess=90,
    )
)
