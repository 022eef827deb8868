"""VPR-Bench (Zaffar et al., IJCV 2021): numbered photos in `ref/` and `query/`, right answers in
`ground_truth_new.npy`, an object array with rows [query, list of reference rows].
"""

import re
from pathlib import Path

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import require
from placeprint.datasets.layouts.own.listed_photos import listing
from placeprint.datasets.layouts.own.npy_lists import answer_rows
from placeprint.datasets.layouts.own.text_list import AGAIN
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.datasets.safe_pickle import load_object_array
from placeprint.errors import FormatError, PlaceprintError
from placeprint.photos import PhotoRecord
from placeprint.photos.walk import EXTENSIONS

TRUTH = "ground_truth_new.npy"
_NUMBER = re.compile(r"\d+")


def frame_number(path: Path) -> int:
    """The last number in a photo's name, its extension aside. Raises PlaceprintError if there is none."""
    numbers = _NUMBER.findall(path.stem)
    if not numbers:
        raise PlaceprintError(f"{path}: no number in the name", "Remove it from the folder of frames")
    return int(numbers[-1])


def _splits(folder: Path) -> tuple[str, ...]:
    there = (folder / TRUTH).is_file() and (folder / "ref").is_dir() and (folder / "query").is_dir()
    return ("all",) if there else ()


def _read(folder: Path, split: str) -> PlaceDataset:
    """Photos in the order of their numbers; grade "positive". As in VPR-Bench's own code, the answers in row
    i belong to the i-th query, whatever the first column says.
    """
    require(split, _splits(folder), folder)
    database, queries = (PhotoSet(_frames(folder / side)) for side in ("ref", "query"))
    path = folder / TRUTH
    table = load_object_array(path)
    if table.ndim != 2 or table.shape[1] != 2:
        raise FormatError(f"{path}: a table of shape {table.shape}, not of two columns", AGAIN)
    listed = answer_rows(path, table[:, 1].tolist(), len(queries), len(database))
    other = sum(number != row for row, number in enumerate(table[:, 0].tolist()))
    notes = [f"{other} rows of {TRUTH} name a query other than their own"] if other else []
    name = f"vpr-bench/{folder.resolve().name.lower()}"
    return PlaceDataset(name, database, queries, {"positive": listed}, notes)


def _frames(folder: Path) -> list[PhotoRecord]:
    photos = [folder / name for name in listing(folder) if Path(name).suffix.lower() in EXTENSIONS]
    if not photos:
        raise PlaceprintError(f"{folder}: no photos", "Unpack the data set's archive into it")
    return [PhotoRecord(path, None) for path in sorted(photos, key=frame_number)]


LAYOUT = register(
    Layout(
        name="vpr-bench",
        title="VPR-Bench: ref, query and ground_truth_new.npy",
        origin="github.com/MubarizZaffar/VPR-Bench links them; cite each data set's own authors",
        splits=_splits,
        read=_read,
        guess=130,
    )
)
