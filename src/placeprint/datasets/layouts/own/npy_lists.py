"""Lists of photos and right answers as .npy files: GSV-Cities, MixVPR, SALAD, BoQ and OpenVPRLab.

`<set>_dbImages.npy`, `<set>_qImages.npy` hold paths, `<set>_gt_25m.npy` (or `_gt`) the rows of the right
answers to each query. MSLS has `<set>_pIdx.npy` instead, for the queries in `<set>_qIdx.npy` only.
The earliest OpenVPRLab writes `_ref_image_names`, `_query_image_names`, `_ground_truth_25m`.
"""

from collections.abc import Sequence
from operator import index
from pathlib import Path
from typing import Any

import numpy as np

from placeprint.arrays import Int64
from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import require
from placeprint.datasets.layouts.own.listed_photos import holding, listing, present
from placeprint.datasets.layouts.own.text_list import AGAIN
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.datasets.safe_pickle import load_object_array
from placeprint.errors import FormatError
from placeprint.photos import PhotoRecord

DATABASE = ("_dbImages.npy", "_ref_image_names.npy")
QUERIES = ("_qImages.npy", "_query_image_names.npy")
CHOSEN = ("_qIdx.npy",)
TRUTH = ("_gt_25m.npy", "_ground_truth_25m.npy", "_gt.npy", "_pIdx.npy")


def rows_among(path: Path, what: str, values: Any, count: int) -> Int64:
    """`values` as ascending row numbers below `count`, without duplicates.

    Raises FormatError, naming the file and `what`, if one is not an integer or is out of range.
    """
    try:
        rows = np.unique(np.array([index(row) for row in np.ravel(np.asarray(values, object))], np.int64))
    except (TypeError, ValueError, OverflowError):
        raise FormatError(f"{path}: {what} are not row numbers", AGAIN) from None
    if len(rows) and not 0 <= rows[0] <= rows[-1] < count:
        raise FormatError(f"{path}: {what} range from {rows[0]} to {rows[-1]}, of {count} rows", AGAIN)
    return rows


def answer_rows(path: Path, answers: Sequence[Any], queries: int, photos: int) -> list[Int64]:
    """The database rows that answer each query. Raises FormatError if the number of lists differs from that
    of queries, and as `rows_among` does.
    """
    if len(answers) != queries:
        raise FormatError(f"{path}: answers for {len(answers)} queries, but there are {queries}", AGAIN)
    return [rows_among(path, f"answers to query {n}", rows, photos) for n, rows in enumerate(answers)]


def _splits(folder: Path) -> tuple[str, ...]:
    names = set(listing(folder))
    found = {name.removesuffix(end) for name in names for end in DATABASE if name.endswith(end)}
    return tuple(sorted(split for split in found if any(split + end in names for end in QUERIES)))


def _read(folder: Path, split: str) -> PlaceDataset:
    """Photos are in the folder, in one of its subfolders or beside it: the first place where a listed path
    exists. Grade "positive"; without a file of answers `listed` is empty, and `notes` say so.
    """
    require(split, _splits(folder), folder)
    stored, asked = (_names(_file(folder, split, ends)) for ends in (DATABASE, QUERIES))
    chosen, truth = _file(folder, split, CHOSEN), _file(folder, split, TRUTH)
    if chosen.is_file():
        order = np.ravel(load_object_array(chosen)).tolist()
        rows_among(chosen, "queries", order, len(asked))
        asked = [asked[row] for row in order]
    listed, notes = {}, []
    if truth.is_file():
        answers = np.atleast_1d(load_object_array(truth))
        listed["positive"] = answer_rows(truth, list(answers), len(asked), len(stored))
    else:
        notes.append(f"no ground truth: there is no {truth.name}")
    roots = [folder, *(folder / name for name in listing(folder) if (folder / name).is_dir()), folder.parent]
    sides = [PhotoSet(_records(roots, names)) for names in (stored, asked)]
    return PlaceDataset(f"npy/{split}", sides[0], sides[1], listed, notes)


def _file(folder: Path, split: str, ends: Sequence[str]) -> Path:
    """The first that exists, else the first."""
    paths = [folder / f"{split}{end}" for end in ends]
    return next((path for path in paths if path.is_file()), paths[0])


def _names(path: Path) -> list[str]:
    names = load_object_array(path)
    if names.ndim != 1 or not all(isinstance(name, str | bytes) for name in names.tolist()):
        raise FormatError(f"{path} is not a list of paths", AGAIN)
    return [name.decode() if isinstance(name, bytes) else name for name in names.tolist()]


def _records(roots: Sequence[Path], names: Sequence[str]) -> list[PhotoRecord]:
    below = [name if Path(name).is_file() else name.lstrip("/").removeprefix("./") for name in names]
    return [PhotoRecord(path, None) for path in present(holding(roots, below), below)]


LAYOUT = register(
    Layout(
        name="npy-lists",
        title="Lists as .npy files",
        origin="github.com/amaralibey/gsv-cities, OpenVPRLab, serizba/salad; photos: ask each set's authors",
        splits=_splits,
        read=_read,
        published={
            "msls_val": (18_871, 740),
            "pitts30k_val": (10_000, 7_608),
            "pitts30k_test": (10_000, 6_816),
            "pitts250k_test": (83_952, 8_280),
            "Nordland": (27_592, 2_760),
            "SPED": (607, 607),
        },
        guess=110,
    )
)
