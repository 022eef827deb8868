"""Google Landmarks Dataset v2.1 (Weyand et al., CVPR 2020): retrieval, recognition, training sets."""

from collections.abc import Sequence
from itertools import repeat
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Int64
from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import require
from placeprint.datasets.layouts.own.photo_folder import first_file
from placeprint.datasets.layouts.own.text_list import AGAIN, csv_columns
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import FormatError, PlaceprintError
from placeprint.photos import PhotoRecord

PLACES = (".", "metadata", "meta", "ground_truth", "annotations", "train", "index", "test")
RETRIEVAL, RECOGNITION = "retrieval_solution_v2.1.csv", "recognition_solution_v2.1.csv"
NEEDED = {
    "retrieval-public": (RETRIEVAL, "index.csv"),
    "retrieval-private": (RETRIEVAL, "index.csv"),
    "recognition-public": (RECOGNITION, "train.csv"),
    "recognition-private": (RECOGNITION, "train.csv"),
    "train": ("train.csv",),
    "train-clean": ("train_clean.csv",),
}


class PhotosById(Sequence[PhotoRecord]):
    """`<folder>/a/b/c/abc....jpg` for each id: records are created on access, because there are millions."""

    def __init__(self, folder: Path, ids: NDArray[np.bytes_]) -> None:
        self.folder = folder
        self.ids = ids

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, index: int) -> PhotoRecord: ...
    @overload
    def __getitem__(self, index: slice) -> "PhotosById": ...
    def __getitem__(self, index: int | slice) -> "PhotoRecord | PhotosById":
        if isinstance(index, slice):
            return PhotosById(self.folder, self.ids[index])
        name = self.ids[index].decode()
        return PhotoRecord(self.folder / name[0] / name[1] / name[2] / f"{name}.jpg", None)


def _splits(folder: Path) -> tuple[str, ...]:
    return tuple(
        split for split, names in NEEDED.items() if all(first_file(folder, PLACES, name) for name in names)
    )


def _read(folder: Path, split: str) -> PlaceDataset:
    """- retrieval: the index set is the database; `listed["positive"]` is from the solution. Ignored photos
    are left out.
    - recognition: the training set is the database; a query without a landmark has the label "". If a query
    shows several landmarks, its label is the first, and `listed["positive"]` has the photos of all.
    - train, train-clean: every photo is both database and query.
    """
    require(split, _splits(folder), folder)
    name = f"google-landmarks-v2/{split}"
    task, _, usage = split.partition("-")
    if task == "retrieval":
        return _retrieval(folder, name, usage)
    if task == "recognition":
        return _recognition(folder, name, usage)
    photos = _clean(folder) if usage else _train(folder)
    return PlaceDataset(name, photos, photos)


def _retrieval(folder: Path, name: str, usage: str) -> PlaceDataset:
    index = [row[0] for row in csv_columns(_table(folder, "index.csv"), ("id",))]
    row_of = {id_: row for row, id_ in enumerate(index)}
    table = _table(folder, RETRIEVAL)
    asked, positive = [], []
    for id_, images, use in csv_columns(table, ("id", "images", "Usage")):
        if use.lower() != usage or images in ("", "None"):
            continue
        try:
            positive.append(np.unique([row_of[image] for image in images.split()]))
        except KeyError as error:
            raise FormatError(
                f"{table} names {error.args[0]}, which index.csv does not list", AGAIN
            ) from error
        asked.append(id_)
    return PlaceDataset(
        name, _photos(folder, "index", index), _photos(folder, "test", asked), {"positive": positive}
    )


def _recognition(folder: Path, name: str, usage: str) -> PlaceDataset:
    stored = _train(folder)
    asked, shown = [], []
    for id_, landmarks, use in csv_columns(_table(folder, RECOGNITION), ("id", "landmarks", "Usage")):
        if use.lower() == usage:
            asked.append(id_)
            shown.append(landmarks.split())
    labels = np.array([landmarks[0] if landmarks else "" for landmarks in shown], str)
    several = sum(len(landmarks) > 1 for landmarks in shown)
    notes = [f"{several} queries show several landmarks: their label is the first"] if several else []
    queries = _photos(folder, "test", asked, labels)
    return PlaceDataset(name, stored, queries, {"positive": _of_landmarks(stored, shown)}, notes)


def _of_landmarks(stored: PhotoSet, shown: list[list[str]]) -> list[Int64]:
    labels = stored.labels if stored.labels is not None else np.zeros(0, str)
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    none = np.zeros(0, np.int64)

    def rows(landmark: str) -> Int64:
        low, high = (int(np.searchsorted(ordered, landmark, side)) for side in ("left", "right"))
        return order[low:high]

    return [np.unique(np.concatenate([none, *map(rows, landmarks)])) for landmarks in shown]


def _train(folder: Path) -> PhotoSet:
    rows = list(csv_columns(_table(folder, "train.csv"), ("id", "landmark_id")))
    return _photos(folder, "train", [row[0] for row in rows], np.array([row[1] for row in rows], str))


def _clean(folder: Path) -> PhotoSet:
    ids: list[str] = []
    labels: list[str] = []
    for landmark, images in csv_columns(_table(folder, "train_clean.csv"), ("landmark_id", "images")):
        ids += images.split()
        labels += repeat(landmark, len(ids) - len(labels))
    return _photos(folder, "train", ids, np.array(labels, str))


def _photos(folder: Path, side: str, ids: list[str], labels: NDArray[np.str_] | None = None) -> PhotoSet:
    strange = next((id_ for id_ in ids if len(id_) < 3 or not id_.isascii() or not id_.isalnum()), None)
    if strange is not None:
        raise FormatError(f"{folder}: {strange!r} is not the id of a {side} photo", AGAIN)
    place = next((at for at in (folder / side, folder / "images" / side) if at.is_dir()), folder / side)
    return PhotoSet(PhotosById(place, np.array(ids, np.bytes_)), labels=labels)


def _table(folder: Path, name: str) -> Path:
    path = first_file(folder, PLACES, name)
    if path is None:
        raise PlaceprintError(f"{folder}: there is no {name}", AGAIN)
    return path


LAYOUT = register(
    Layout(
        name="google-landmarks-v2",
        title="Google Landmarks Dataset v2",
        origin="github.com/cvdfoundation/google-landmark",
        splits=_splits,
        read=_read,
        published={
            "retrieval-public": (761_757, 379),
            "retrieval-private": (761_757, 750),
            "train": (4_132_914, 4_132_914),
            "train-clean": (1_580_470, 1_580_470),
        },
        guess=180,
    )
)
