"""Revisited Oxford and Paris (Radenović et al., CVPR 2018); also the original ground truth in this form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from placeprint.arrays import Int64
from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import require
from placeprint.datasets.layouts.own.photo_folder import is_file, locate
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.datasets.safe_pickle import load_pickle
from placeprint.errors import FormatError
from placeprint.photos import PhotoRecord

PLACES = ("jpg", "images", "oxbuild_images", "oxbuild_images-v1", "paris", ".")
REVISITED = ("easy", "hard", "junk")
OLD = ("ok", "junk")
ORIGIN = "cmp.felk.cvut.cz/revisitop/data/datasets/{0}/gnd_{0}.pkl; photos: robots.ox.ac.uk/~vgg/data"
OLD_ORIGIN = "cmp.felk.cvut.cz/cnnimageretrieval/data/test/{0}/gnd_{0}.pkl; photos: robots.ox.ac.uk/~vgg/data"


@dataclass(frozen=True)
class Pickled:
    """`gnd_<stem>.pkl`: names of database and queries, and for each query its box and graded rows.

    The original ground truth in this form has "good" and "ok" in one list, "ok"; "good" is then empty.
    """

    name: str
    stem: str
    grades: tuple[str, ...]

    def splits(self, folder: Path) -> tuple[str, ...]:
        """See `Layout`."""
        return ("test",) if is_file(folder / f"gnd_{self.stem}.pkl") else ()

    def read(self, folder: Path, split: str) -> PlaceDataset:
        """See `Layout`."""
        require(split, self.splits(folder), folder)
        path = folder / f"gnd_{self.stem}.pkl"
        content = load_pickle(path)
        stored, asked, truth = (_part(path, content, key) for key in ("imlist", "qimlist", "gnd"))
        if len(truth) != len(asked):
            raise _damaged(path, f"{len(truth)} ground truths do not match {len(asked)} queries")
        listed = {grade: [_rows(path, of, grade, len(stored)) for of in truth] for grade in self.grades}
        if self.grades == OLD:
            listed["good"] = [np.zeros(0, np.int64) for _ in truth]
        stored, asked = ([str(name).removesuffix(".jpg") for name in names] for names in (stored, asked))
        photos = locate(folder, PLACES, {*stored, *asked})
        absent = [name for name in (*stored, *asked) if name not in photos]
        said = f"{len(absent)} photos of the ground truth are missing, such as {absent[0]}" if absent else ""
        root = next(iter(photos.values())).parent if photos else folder / PLACES[0]

        def records(names: list[str]) -> list[PhotoRecord]:
            return [PhotoRecord(photos.get(name, root / f"{name}.jpg"), None) for name in names]

        return PlaceDataset(
            f"{self.stem}/{split}",
            PhotoSet(records(stored)),
            PhotoSet(records(asked), boxes=np.array([_box(path, of) for of in truth]).reshape(-1, 4)),
            listed,
            [said] if said else [],
        )


def _damaged(path: Path, why: str) -> FormatError:
    return FormatError(f"{path}: {why}", "Get the original file again")


def _part(path: Path, content: Any, key: str) -> Sequence[Any]:
    part = content.get(key) if isinstance(content, Mapping) else None
    if not isinstance(part, list | tuple | np.ndarray):
        raise _damaged(path, f"it has no list {key!r}")
    return list(part)


def _values(path: Path, of: Any, key: str) -> Any:
    if not isinstance(of, Mapping) or key not in of:
        raise _damaged(path, f"a query has no {key!r}")
    try:
        return np.asarray(of[key], float).reshape(-1)
    except (TypeError, ValueError) as error:
        raise _damaged(path, f"{key!r} of a query does not hold numbers") from error


def _rows(path: Path, of: Any, grade: str, stored: int) -> Int64:
    rows = _values(path, of, grade)
    if not np.all((rows >= 0) & (rows < stored) & (rows == np.floor(rows))):
        raise _damaged(path, f"{grade!r} of a query names rows that do not exist")
    return np.unique(rows.astype(np.int64))


def _box(path: Path, of: Any) -> Any:
    box = _values(path, of, "bbx")
    if box.shape != (4,) or not np.all(np.isfinite(box)):
        raise _damaged(path, "the box of a query is not four numbers")
    return box


def _layout(of: Pickled, title: str, origin: str, photos: int, queries: int) -> Layout:
    counts = {"test": (photos, queries)}
    layout = Layout(of.name, title, origin.format(of.stem), of.splits, of.read, counts, guess=140)
    return register(layout)


LAYOUTS = (
    _layout(Pickled("roxford5k", "roxford5k", REVISITED), "Revisited Oxford (ROxford5k)", ORIGIN, 4_993, 70),
    _layout(Pickled("rparis6k", "rparis6k", REVISITED), "Revisited Paris (RParis6k)", ORIGIN, 6_322, 70),
    _layout(
        Pickled("oxford5k-pickle", "oxford5k", OLD),
        "Oxford Buildings 5k: ground truth in a pickle",
        OLD_ORIGIN,
        5_063,
        55,
    ),
    _layout(
        Pickled("paris6k-pickle", "paris6k", OLD),
        "Paris 6k: ground truth in a pickle",
        OLD_ORIGIN,
        6_392,
        55,
    ),
)
